"""A site whose builds are jobs of a real Slurm, and what is seen of these from outside."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from end_to_end.small import Small, site_text
from lmodforge.errors import SiteError
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
        tasks = sorted(_all(self.slurm).items(), key=lambda task: [*map(int, task[0].split("_"))])
        return [task for task in tasks if task[0] not in self.before]

    def checking(self, count: int = 1) -> list[str]:
        """Wait until that many builds are at their checks; return the numbers of all that run."""

        def there() -> bool:
            logs = (self.state / "logs").glob("*/slurm-*.out")
            return sum("checking" in log.read_text() for log in logs) >= count

        wait_for(there, "the checks", PATIENCE)
        return [number for number, state in self.jobs if state == "RUNNING"]


def _all(slurm) -> dict[str, str]:
    """Return the states of all tasks of arrays; builds are nothing else, and other tests submit what is."""
    said = slurm.run("squeue", "-h", "-r", "-t", "all", "-o", "%F_%K %T")
    return {number: state for number, state in map(str.split, said.splitlines()) if not number.endswith("_N/A")}


def states(site) -> list[str]:
    return [state for _, state in site.jobs]


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
