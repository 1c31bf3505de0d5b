"""Archives as jobs of a real Slurm: each waits for the build that it packs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from slurm import wait_for

LMODFORGE = str(Path(sys.executable).with_name("lmodforge"))
PATIENCE = 60.0


@pytest.fixture
def jobs(centre, slurm, tmp_path, monkeypatch):
    """A centre whose builds are jobs, and a look at those that are new."""
    for name, value in slurm.environment.items():
        monkeypatch.setenv(name, value)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    asked = {"cores": "1", "memory": "300 MB", "time": "00:10:00"}
    centre.site["builds"] = {"on": "slurm", "job": asked, "scratch": str(scratch)}
    centre.sci["archives"] = ["tar.zst", "squashfs"]
    centre.small.open()
    before = set(seen(slurm))
    return lambda: {number: line for number, line in seen(slurm).items() if number not in before}


def seen(slurm) -> dict[str, list[str]]:
    """Name of each job, state and what it waits for, by number."""
    said = slurm.run("squeue", "-h", "-r", "-t", "all", "-o", "%F_%K %j %T %E")
    return {line.split()[0]: line.split()[1:] for line in said.splitlines()}


def test_an_archive_waits_for_its_build_and_is_published_with_it(centre, jobs, slurm):
    drain = [f"nodename={','.join(slurm.nodes)}", "reason=test"]
    argv = [LMODFORGE, "deploy", "--site", str(centre.small.file), "--root", str(centre.small.root), "--json"]
    slurm.run("scontrol", "update", *drain, "state=drain")
    try:
        deploy = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        waiting = wait_for(lambda: len(found := jobs()) == 4 and found, "the jobs", PATIENCE)
    finally:
        slurm.run("scontrol", "update", *drain, "state=resume")
    base, release, *archives = sorted(waiting, key=lambda number: int(number.partition("_")[0]))
    needed = [re.sub(r"\(.*", "", waiting[number][2]) for number in (base, release, *archives)]
    assert needed == ["", f"afterok:{base}", f"afterok:{release}", f"afterok:{release}"]
    _, said = deploy.communicate(timeout=150)
    assert deploy.returncode == 0, said
    assert "archive sci-1.tar.zst: ready" in said
    assert [line[1] for line in jobs().values()] == ["COMPLETED"] * 4
    links = {path.name: path.resolve() for path in (centre.small.root / "software/archives").iterdir()}
    assert links["sci-1.squashfs"].stat().st_mode & 0o777 == 0o444
    assert links["sci-1.tar.zst"].name == f"{centre.release.name}.tar.zst"


def test_an_archive_of_a_build_that_fails_never_begins_and_nothing_is_published(centre, jobs):
    centre.sci["check"] = {"run": ["sh -c 'echo no luck >&2; exit 3'"]}
    centre.small.open()
    argv = [LMODFORGE, "deploy", "--site", str(centre.small.file), "--root", str(centre.small.root)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=150)
    assert done.returncode == 1
    assert "archive sci-1.tar.zst: FAILED: not begun: its environment failed" in done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith(("environment", "archive"))] == [
        line for line in done.stderr.splitlines() if line.startswith("environment sci: exit code 3 from sh -c")
    ]
    assert sorted(line[1] for line in jobs().values()) == ["CANCELLED", "CANCELLED", "COMPLETED", "FAILED"]
    assert not (centre.small.modulefiles / "current").is_symlink()
    assert list((centre.small.root / "software/archives").iterdir()) == []
