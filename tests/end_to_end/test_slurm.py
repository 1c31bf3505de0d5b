"""Deploys whose builds are jobs of a real Slurm: two nodes on the loopback, a controller, munge."""

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from end_to_end.small import Small, site_text
from lmodforge.apply.system import Completed, RealSystem
from lmodforge.commands.deploy import BuildOptions
from lmodforge.commands.verify import Reports, verify_site
from lmodforge.errors import SiteError
from me import ME
from offline import make_mirror
from slurm import wait_for

LMODFORGE = str(Path(sys.executable).with_name("lmodforge"))
PATIENCE = 60.0


class Site(Small):
    """A site whose builds are jobs, and what Slurm knows of these."""

    def __init__(self, folder: Path, slurm) -> None:
        super().__init__(folder)
        self.slurm, self.scratch, self.before = slurm, folder / "scratch", set(_all(slurm))
        self.scratch.mkdir()
        self.said, self.deploys = folder / "said", []
        self.layer = self.state / "cache/layer"

    def describe(self, job=None, **commands: str) -> None:
        """Environments of one package each, with a command that their checks run."""
        document = site_text(**{name: ["six"] for name in commands})
        for name, command in commands.items():
            document["environments"][name]["check"]["run"] = [command]
        asked = {"cores": "1", "memory": "300 MB", "time": "00:10:00", **(job or {})}
        document["builds"] = {"on": "slurm", "job": asked, "scratch": str(self.scratch)}
        self.write(document)

    def start(self, *words: str) -> subprocess.Popen:
        """Deploy in a process of its own, which can be killed; what it says goes to the file `said`."""
        argv = [LMODFORGE, "deploy", "--site", str(self.file), "--root", str(self.root), *words]
        with self.said.open("w") as said:
            self.deploys.append(subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=said))
        return self.deploys[-1]

    def ended(self, deploy: subprocess.Popen) -> tuple[int, str]:
        """Wait for the end of a deploy; return its exit code and what it said."""
        return deploy.wait(150), self.said.read_text()

    def fail(self) -> list[str]:
        with pytest.raises(SiteError) as raised:
            self.deploy()
        return [mistake.message for mistake in raised.value.mistakes]

    @property
    def jobs(self) -> list[tuple[str, str]]:
        """Number and state of each task of this site's jobs, as they were submitted."""
        return [task for task in sorted(_all(self.slurm).items()) if task[0] not in self.before]

    def checking(self, count: int = 1) -> list[str]:
        """Wait until that many builds are at their checks; return the numbers of all that run."""

        def there() -> bool:
            logs = (self.state / "logs").glob("*/slurm-*.out")
            return sum("checking" in log.read_text() for log in logs) >= count

        wait_for(there, "the checks", PATIENCE)
        return [number for number, state in self.jobs if state == "RUNNING"]


def _all(slurm) -> dict[str, str]:
    said = slurm.run("squeue", "-h", "-r", "-t", "all", "-o", "%F_%K %T")
    return dict(line.split() for line in said.splitlines())


def states(site) -> list[str]:
    return [state for _, state in site.jobs]


@pytest.fixture
def site(tmp_path, slurm, monkeypatch):
    for name, value in slurm.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("lmodforge.apply.executors.slurm_follow.POLL", 0.2)
    site = Site(tmp_path, slurm)
    yield site
    for deploy in site.deploys:
        deploy.kill()
        deploy.wait()
    site.slurm.run("scancel", "--quiet", "--user", ME)
    assert list(site.scratch.iterdir()) == [], "a job left its cache"
    assert set(states(site)).isdisjoint({"RUNNING", "PENDING"}), "a job was left"


def test_each_build_is_a_job_and_this_host_publishes(site):
    site.describe(one="true", two="true")
    done = site.deploy()
    assert (done.outcome.installed, done.outcome.released, done.settled) == (1, 2, True)
    assert site.current == "generations/0001"
    assert states(site) == ["COMPLETED"] * 3
    assert list((site.state / "jobs").iterdir()) == []


def test_more_jobs_than_a_command_can_name_are_found_among_all_of_ours(site, monkeypatch):
    monkeypatch.setattr("lmodforge.apply.executors.slurm_client._LONGEST_ARGUMENT", 0)
    site.slurm.submit("--output=/dev/null", "--wrap=true", "--job-name=a|b", cwd=site.root.parent)
    site.describe(one="true")
    assert site.deploy().settled


def test_each_job_has_a_package_cache_of_its_own(site):
    site.describe(one="true", two="true")
    site.deploy()
    logs = "".join(path.read_text() for path in (site.state / "logs").glob("*/environment-*.log"))
    caches = set(re.findall(r"--cache-dir (\S+)", logs)) - {f"{site.state}/cache/uv"}
    assert {Path(cache).parent.parent for cache in caches} == {site.scratch}
    assert len(caches) == 2


def test_a_build_uses_the_cores_of_its_job(site):
    site.describe({"cores": "2"}, one="sh -c 'test $UV_CONCURRENT_INSTALLS$PYTHON_CPU_COUNT = 22'")
    assert site.deploy().settled


def test_a_check_that_fails_says_what_it_says_on_a_host_and_the_next_deploy_does_the_rest(site):
    site.describe(good="true", bad="sh -c 'echo no luck >&2; exit 3'")
    [message] = site.fail()
    assert message.splitlines() == ["environment bad: exit code 3 from sh -c echo no luck >&2; exit 3", "    no luck"]
    assert site.current is None
    site.describe(good="true", bad="true")
    done = site.deploy()
    assert [release.environment for release in done.plan.releases] == ["bad"]
    assert site.current == "generations/0001"


def test_what_stands_on_a_distribution_that_fails_does_not_begin(site):
    """Nodes take no jobs until the interpreter is broken, so that planning sees a good one and the job does not."""
    interpreter = site.root.parent / "python"
    interpreter.symlink_to(sys.executable)
    site.describe(one="true", two="true")
    site.write(yaml_with(site.file, interpreter))
    drain = [f"nodename={','.join(site.slurm.nodes)}", "reason=test"]
    site.slurm.run("scontrol", "update", *drain, "state=drain")
    try:
        deploy = site.start()
        wait_for(lambda: len(site.jobs) == 3, "the jobs", PATIENCE)
        interpreter.unlink()
    finally:
        site.slurm.run("scontrol", "update", *drain, "state=resume")
    code, said = site.ended(deploy)
    assert code == 1
    assert "environment one: FAILED: not begun: its distribution failed" in said
    assert [line for line in said.splitlines() if line.startswith(("distribution", "environment"))] == [
        line for line in said.splitlines() if line.startswith("distribution standard: exit code")
    ]
    assert states(site) == ["FAILED", "CANCELLED", "CANCELLED"]
    assert site.current is None


def yaml_with(file: Path, interpreter: Path):
    document = yaml.safe_load(file.read_text())
    document["distributions"]["standard"]["interpreter"] = str(interpreter)
    return document


def test_slurms_reason_and_the_last_lines_are_told_and_the_others_go_on(site):
    site.describe(late="sleep 60071", cancelled="sleep 60072", killed="sleep 60073", good="true")
    deploy = site.start()
    site.checking(2)
    numbers = {}
    for name, seconds in (("late", 60071), ("cancelled", 60072), ("killed", 60073)):
        numbers[name] = wait_for(lambda seconds=seconds: task_of(seconds), name, PATIENCE)
        if name == "late":
            site.slurm.run("scontrol", "update", f"jobid={numbers[name]}", "endtime=now")
        if name == "cancelled":
            site.slurm.run("scancel", numbers[name])
        if name == "killed":
            os.kill(job_process(60073), signal.SIGKILL)  # and it leaves its cache, and here its check, too
            end_processes(60073)
    code, said = site.ended(deploy)
    assert code == 1
    assert f"environment late: job {numbers['late']} ended as TIMEOUT on n" in said
    assert "hint: give it more `time`" in said
    assert f"environment cancelled: job {numbers['cancelled']} ended as CANCELLED" in said
    assert f"environment killed: job {numbers['killed']} ended as FAILED" in said
    assert re.search(r"^    \[ +[\d.]+ s\] environment killed: checking$", said, re.MULTILINE)
    assert "environment good: ready" in said
    assert site.current is None
    [cache] = site.scratch.iterdir()
    shutil.rmtree(cache)


def processes(seconds: int) -> list[int]:
    argv = f"sleep\0{seconds}\0".encode()
    found = [path for path in Path("/proc").glob("[0-9]*/cmdline") if reads(path) == argv]
    return [int(path.parent.name) for path in found]


def end_processes(seconds: int) -> None:
    for process in processes(seconds):
        os.kill(process, signal.SIGKILL)


def reads(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def job_process(seconds: int) -> int:
    """Return the program of the job, the parent of its check."""
    [process] = processes(seconds)
    return parent(process)


def parent(process: int) -> int:
    return int(re.search(r"^PPid:\s*(\d+)", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)[1])


def task_of(seconds: int) -> str:
    if not processes(seconds):
        return ""
    environment = Path(f"/proc/{job_process(seconds)}/environ").read_bytes().decode().split("\0")
    given = dict(each.partition("=")[::2] for each in environment)
    return f"{given['SLURM_ARRAY_JOB_ID']}_{given['SLURM_ARRAY_TASK_ID']}"


def test_a_job_that_slurm_starts_again_begins_anew(site):
    go = site.root.parent / "go"
    site.describe(one=f"sh -c 'test -e {go} || exec sleep 60077'")
    deploy = site.start()
    [number] = site.checking()
    wait_for(lambda: processes(60077), "its first run", PATIENCE)
    keeper = parent(job_process(60077))
    site.slurm.run("scontrol", "requeue", number)
    # What Slurm hears of the first run after the second has begun, it takes for the second's.
    wait_for(lambda: not Path(f"/proc/{keeper}").exists(), "its first run to end", PATIENCE)
    end_processes(60077)
    go.touch()
    # Slurm would wait for two minutes before it begins again.
    wait_for(lambda: dict(site.jobs)[number] == "PENDING" and site.slurm.is_idle(), "the job to be requeued", PATIENCE)
    site.slurm.run("scontrol", "update", f"jobid={number}", "starttime=now")
    code, said = site.ended(deploy)
    assert code == 0, said
    assert " Restarts=1 " in site.slurm.run("scontrol", "-o", "show", "job", number)
    assert site.current == "generations/0001"


def test_a_node_that_is_lost_takes_its_job_along_and_nothing_is_published(site):
    site.describe({"options": ["--no-requeue"]}, one="sleep 60076")
    deploy = site.start()
    [number] = site.checking()
    node = site.slurm.run("squeue", "-h", "-r", "-j", number, "-o", "%N").strip()
    # A node that answers comes back by itself.
    site.slurm.run("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    code, said = site.ended(deploy)
    assert code == 1
    assert f"environment one: job {number} ended as NODE_FAIL" in said
    assert site.current is None
    # It may have been killed outright; and without control groups Slurm loses sight of what a job has started.
    end_processes(60076)
    shutil.rmtree(site.scratch)
    site.scratch.mkdir()


def test_a_build_that_gives_way_to_more_urgent_work_says_so(site):
    site.describe({"options": ["--no-requeue"]}, one="sleep 60079")
    deploy = site.start()
    [number] = site.checking()
    [node] = site.slurm.run("squeue", "-h", "-r", "-j", number, "-o", "%N").split()
    urgent = ("--partition=urgent", "--exclusive", f"--nodelist={node}", "--output=/dev/null", "--wrap=true")
    site.slurm.submit(*urgent, cwd=site.root.parent)
    code, said = site.ended(deploy)
    assert code == 1
    assert f"environment one: job {number} ended as PREEMPTED on {node}" in said
    assert "hint: deploy again: what has its receipt stays" in said
    assert site.current is None


def test_a_build_that_needs_more_memory_than_it_was_given_says_so(site):
    site.describe(one=f"{sys.executable} -c 'import time; held = bytearray(400 << 20); time.sleep(60)'")
    code, said = site.ended(site.start())
    assert code == 1
    assert "slurmstepd" in said
    assert "exceeded memory limit" in said
    assert "hint: give it more `memory` in `builds.job`, or in `job` of the environment" in said
    assert site.current is None
    shutil.rmtree(site.scratch)  # it was killed outright
    site.scratch.mkdir()


class ControlGroups(RealSystem):
    """Slurm's answer where control groups have noticed that the kernel killed a program of a job."""

    def run(self, argv, **options):
        done = super().run(argv, **options)
        return replace(done, stdout=done.stdout.replace("|FAILED|", "|OUT_OF_MEMORY|"))


def test_a_program_that_is_killed_for_want_of_memory_is_told_apart_from_one_that_fails(site):
    site.describe(one="sh -c 'kill -9 $$'")
    with pytest.raises(SiteError) as raised:
        site.deploy(ControlGroups())
    [killed, why] = raised.value.mistakes
    assert killed.message == "environment one: exit code 137 from sh -c kill -9 $$"
    assert re.match(r"environment one: job \d+_0 ended as OUT_OF_MEMORY on n\d", why.message)
    assert why.hint == "give it more `memory` in `builds.job`, or in `job` of the environment"


def test_interrupted_it_cancels_what_it_submitted(site):
    site.describe(one="sleep 60074")
    deploy = site.start()
    site.checking()
    deploy.send_signal(signal.SIGINT)
    assert site.ended(deploy)[0] == 130
    assert states(site) == ["COMPLETED", "CANCELLED"]
    assert processes(60074) == []


@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGKILL])
def test_jobs_that_were_left_are_taken_up_by_the_next_deploy(site, signalled):
    site.describe(one="sh -c 'while test ! -e go; do sleep 0.1; done'".replace("go", str(site.scratch.parent / "go")))
    deploy = site.start("--leave-jobs")
    site.checking()
    deploy.send_signal(signalled)
    assert site.ended(deploy)[0] == {signal.SIGINT: 130, signal.SIGKILL: -9}[signalled]
    assert site.layer.exists(), "the jobs build from it"
    again = site.start()
    wait_for(lambda: "environment one: taken up" in site.said.read_text(), "the next deploy", PATIENCE)
    (site.scratch.parent / "go").touch()
    assert site.ended(again)[0] == 0
    assert not site.layer.exists()
    assert states(site) == ["COMPLETED", "COMPLETED"]
    assert site.current == "generations/0001"


class Late(RealSystem):
    """Asks its first question when the jobs of an earlier deploy have just ended."""

    def __init__(self, go: Path, site: Site) -> None:
        super().__init__()
        self.go, self.site = go, site

    def run(self, argv, **options):
        if argv[0] == "squeue" and not self.go.exists():
            self.go.touch()
            wait_for(lambda: states(self.site) == ["COMPLETED", "COMPLETED"], "the jobs", PATIENCE)
        return super().run(argv, **options)


def test_what_a_job_finishes_after_the_plan_was_made_is_not_made_again(site):
    go = site.scratch.parent / "go"
    site.describe(one=f"sh -c 'while test ! -e {go}; do sleep 0.1; done'")
    deploy = site.start()
    site.checking()
    deploy.kill()
    site.ended(deploy)
    done = site.deploy(Late(go, site))
    assert (len(done.plan.releases), done.settled) == (1, True)
    assert states(site) == ["COMPLETED", "COMPLETED"]


def test_jobs_that_nobody_wants_any_more_are_ended_when_there_is_nothing_else_to_do(site):
    site.describe(one="true")
    assert site.deploy().settled
    site.describe(one="true", two="sleep 60078")
    deploy = site.start()
    site.checking(2)
    deploy.kill()
    site.ended(deploy)
    site.describe(one="true")
    assert site.ended(site.start())[0] == 0
    assert states(site) == ["COMPLETED", "COMPLETED", "CANCELLED"]
    assert list((site.state / "jobs").iterdir()) == []


def test_a_deploy_on_the_host_ends_the_jobs_of_one_that_was_lost(site):
    site.describe(one="sleep 60075")
    deploy = site.start()
    site.checking()
    deploy.kill()
    site.ended(deploy)
    site.describe(one="true")
    assert site.deploy(builds=BuildOptions(on="host")).settled
    assert states(site) == ["COMPLETED", "CANCELLED"]
    assert not site.layer.exists()
    assert list((site.state / "jobs").iterdir()) == []


def test_a_controller_that_is_restarted_is_waited_for(site):
    site.describe(one="sleep 5")
    deploy = site.start()
    site.checking()
    site.slurm.restart_controller()
    code, said = site.ended(deploy)
    assert code == 0, said


class Deaf(RealSystem):
    """Hears nothing of the controller for its first questions."""

    def __init__(self, questions: int) -> None:
        super().__init__()
        self.left = questions

    def run(self, argv, **options):
        self.left -= argv[0] == "squeue"
        if argv[0] == "squeue" and self.left >= 0:
            return Completed(1, "", "slurm_load_jobs error: Unable to contact slurm controller (connect failure)")
        return super().run(argv, **options)


def test_a_controller_that_does_not_answer_stops_no_deploy_until_it_is_away_for_long(site, monkeypatch):
    site.describe(one="true")
    assert site.deploy(Deaf(questions=5)).settled
    site.describe(one="true", two="true")
    monkeypatch.setattr("lmodforge.apply.executors.slurm_follow.SILENT", 0.5)
    with pytest.raises(SiteError, match=r"squeue: .*Unable to contact slurm controller"):
        site.deploy(Deaf(questions=1000))
    # Its jobs could not even be cancelled: the next deploy takes them up, or finds what they have built.
    assert site.deploy().settled
    assert states(site) == ["COMPLETED"] * 3


def test_what_slurm_does_not_grant_is_said_with_the_key_to_change(site):
    site.describe({"partition": "nowhere"}, one="true")
    [message] = site.fail()
    assert re.fullmatch(r"sbatch: .*invalid partition specified: nowhere.*", message)
    assert site.jobs == []
    assert list((site.state / "jobs").iterdir()) == []


def test_modules_are_verified_in_jobs_on_each_partition(site):
    site.describe(one="true")
    document = yaml.safe_load(site.file.read_text())
    document["scheduler"] = {"kind": "slurm", "partitions": {"main": {}, "short": {}}}
    site.write(document)
    site.deploy()
    found = verify_site(str(site.file), str(site.root), shells="bash", on="slurm", reports=Reports(str(site.said)))
    assert found.failures == 0
    assert [each["place"] for each in found.json["places"]] == ["srun --partition=main", "srun --partition=short"]
    suites = ElementTree.parse(site.said).getroot()
    assert [suite.get("name").partition(",")[0] for suite in suites] == [
        "small: srun --partition=main",
        "small: srun --partition=short",
    ]


def test_jobs_build_from_a_mirror_and_ask_nothing_of_the_network(site):
    site.describe(one="true")
    mirror = site.root.parent / "mirror"
    make_mirror(site.file, site.root, mirror)
    code, said = site.ended(site.start("--offline", str(mirror)))
    assert code == 0, said
    assert states(site) == ["COMPLETED"] * 2
    [log] = (site.state / "logs").glob("*/environment-one.log")
    asked = [line for line in log.read_text().splitlines() if line.startswith("$ ") and "pip" in line]
    assert asked
    assert all("--offline" in line for line in asked)


def test_what_is_built_from_source_uses_the_network_from_its_job(site):
    site.describe({"memory": "1 GB"}, one="true")
    document = yaml.safe_load(site.file.read_text())
    document["environments"]["one"] |= {"pypi": ["docopt"], "build": ["docopt"], "check": {"import": ["docopt"]}}
    site.write(document)
    code, said = site.ended(site.start())
    assert code == 0, said
    assert "] environment one: its job uses the network: not all that it needs can be shared" in said
    asked = {
        name: any("--offline" in line for line in log.read_text().splitlines())
        for name in ("distribution-standard", "environment-one")
        for log in (site.state / "logs").glob(f"*/{name}.log")
    }
    assert asked == {"distribution-standard": True, "environment-one": False}
