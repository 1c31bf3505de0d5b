"""Job scripts, as they are rendered, submitted to a Slurm and run by it."""

import re
import stat
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from kits.example import ODD, ODD_SLURM, SCI, SLURM, site_with
from lmodforge.kits.render import starter_kits
from lmodforge.modulefile.render import Templates
from slurm import wait_for

SCRIPT = """\
import os, sys
print(sys.argv[1:], os.path.basename(sys.prefix), os.environ["OMP_NUM_THREADS"])
sys.exit(len(sys.argv) - 1)
"""


def written(folder: Path, scheduler: dict, jupyter: str = "jupyterlab") -> list[str]:
    """Write the kits of `sci` where a user is, and return the files' names."""
    subject = replace(SCI, packages=frozenset({jupyter}))
    kits = starter_kits(site_with(folder, scheduler), subject, Templates())
    for kit in kits:
        (folder / kit.file).write_text(kit.text)
    (folder / "my_script.py").write_text(SCRIPT)
    return [kit.file for kit in kits]


def test_a_batch_script_runs_the_users_script_in_the_environment(slurm, user):
    batch, _ = written(user.home, SLURM)
    job = slurm.ended(slurm.submit(batch, cwd=user.home, env=user.environment))
    assert (job.state, job.code, job.said) == ("COMPLETED", 0, "[] sci-3f2a9c1d 1\n")
    assert job.output == user.home / f"sci-{job.number}.out"


def test_what_follows_the_batch_script_goes_to_the_users_and_its_exit_code_is_the_jobs(slurm, user):
    batch, _ = written(user.home, SLURM)
    words = ("--cpus-per-task=2", batch, "a b", "$HOME")
    job = slurm.ended(slurm.submit(*words, cwd=user.home, env=user.environment))
    assert (job.state, job.code) == ("FAILED", 2)
    assert "['a b', '$HOME'] sci-3f2a9c1d 2" in job.said.splitlines()  # srun has its say, sooner or later


def test_a_module_that_is_not_there_ends_the_job(slurm, user):
    batch, _ = written(user.home, SLURM)
    text = (user.home / batch).read_text()
    (user.home / batch).write_text(text.replace("sci/2026.11", "sci/1999"))
    job = slurm.ended(slurm.submit(batch, cwd=user.home, env=user.environment))
    assert (job.state, job.code) == ("FAILED", 1)
    assert "sci-3f2a9c1d" not in job.said


def test_slurm_reads_odd_values_as_they_were_written(slurm, user):
    batch, _ = written(user.home, ODD_SLURM)
    number = slurm.submit(batch, cwd=user.home, env=user.environment)
    about = slurm.run("scontrol", "show", "job", number)
    one_line = " ".join(ODD.split())
    assert re.search(r"Account=(.*) QOS=", about)[1] == one_line.lower()  # as all accounts of Slurm
    assert re.search(r"Comment=(.*)", about)[1].rstrip() == one_line
    assert slurm.ended(number).state == "COMPLETED"


@pytest.fixture(params=["through the login host", "through the node"])
def jupyter(request, slurm, user):
    """A Jupyter job that has said how to connect: its number, its output, and the directory with its token."""
    scheduler = SLURM if request.param == "through the login host" else SLURM | {"ssh_to_nodes": "true"}
    _, script = written(user.home, scheduler, "jupyter-server")
    number = slurm.submit(script, cwd=user.home, env=user.environment | {"USER": "alice"})
    private = user.home / f".jupyter-job-{number}"

    def connected() -> str:
        job = slurm.job(number)
        return job.said if job.state == "RUNNING" and job.output.exists() and "is running at" in job.said else ""

    def check() -> None:
        job = slurm.job(number)
        assert job.state in ("PENDING", "CONFIGURING", "RUNNING"), job.said

    yield number, wait_for(connected, "Jupyter", 60, check), private
    slurm.run("scancel", "--quiet", number)  # it would keep its node from other tests for hours
    slurm.ended(number)


def answer_of(url: str) -> int:
    """Return the status of an answer; 0: nobody listens."""
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code
    except urllib.error.URLError:
        return 0


def test_jupyter_answers_through_the_tunnel_and_to_nobody_without_the_token(slurm, user, jupyter):
    number, said, private = jupyter
    url = (private / "url").read_text().strip()
    local, address, port = re.search(r"ssh -N .*-L (\d+):([^ :]+):(\d+) alice@", said).groups()
    found = re.fullmatch(rf"http://127\.0\.0\.1:{local}/\?token=([0-9a-f]{{48}})", url)
    # The tunnel's far end stands for its near one: this host is the login host, too.
    status = f"http://{address}:{port}/api/status"
    # Jupyter says that it is running a moment before it listens.
    assert wait_for(lambda: answer_of(f"{status}?token={found[1]}"), "an answer", 60) == 200
    assert answer_of(status) == 403
    assert found[1] not in slurm.job(number).said
    assert [stat.S_IMODE(path.stat().st_mode) for path in (private, user.home)] == [0o700, 0o755]
    assert f"cat .jupyter-job-{number}/url" in said


def test_a_jupyter_job_that_is_cancelled_leaves_no_token(slurm, jupyter):
    number, _, private = jupyter
    assert private.is_dir()
    slurm.run("scancel", number)
    job = slurm.ended(number)
    assert (job.state, private.exists()) == ("CANCELLED", False)
