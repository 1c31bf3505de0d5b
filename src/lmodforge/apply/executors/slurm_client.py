"""Slurm's own commands: submit, look, cancel; one call for all jobs, whatever their number."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lmodforge.apply.surroundings import clean_environment
from lmodforge.apply.system import System
from lmodforge.errors import StepFailed

_FORMAT = "%j|%F|%K|%T|%N|%r"
_TIMEOUT = 60.0
"""Seconds that a command of Slurm's may take: a busy controller answers late."""
_LONGEST = 1001
"""Slurm's own `MaxArraySize` where it does not say."""
_LONGEST_ARGUMENT = 100_000
"""Bytes; Linux takes 128 KiB. Beyond that we ask for all jobs of ours, and choose."""

ENDED = frozenset({
    *("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED"),
    *("REVOKED", "TIMEOUT", "LAUNCH_FAILED", "RECONFIG_FAIL", "SPECIAL_EXIT"),
})  # fmt: skip
"""States from which a job does not go on by itself (`man squeue`, JOB STATE CODES)."""


class SlurmSilent(StepFailed):
    """The controller does not answer."""


@dataclass(frozen=True)
class Task:
    """A task of an array, as the controller sees it."""

    name: str
    """Of the job."""
    job: str
    index: int
    state: str
    node: str
    reason: str


@dataclass(frozen=True)
class Slurm:
    """The cluster that this host belongs to."""

    system: System

    def submit(self, name: str, script: str, *, tasks: int, options: Sequence[str], after: str = "") -> str:
        """Submit an array; return its number. It is cancelled when `after` fails."""
        waits = [f"--dependency=afterok:{after}", "--kill-on-invalid-dep=yes"] if after else []
        array = ["--parsable", f"--job-name={name}", f"--array=0-{tasks - 1}", "--open-mode=append", "--requeue"]
        said = self._call(["sbatch", *array, *waits, *options], stdin=script)
        return said.strip().partition(";")[0]

    def tasks(self, names: Sequence[str]) -> list[Task]:
        """Return all tasks of the jobs with these names that the controller still knows."""
        if not names:
            return []
        named = f"--name={','.join(names)}"
        whose = [f"--user={os.geteuid()}", *([named] if len(named) < _LONGEST_ARGUMENT else [])]
        said = self._call(["squeue", "--noheader", "--array", "--states=all", *whose, f"--format={_FORMAT}"])
        lines = (line.split("|", 5) for line in said.splitlines())
        ours = frozenset(names)
        return [
            Task(name, job, int(index), *rest)
            for name, job, index, *rest in lines
            if name in ours and index.isdecimal()
        ]

    def cancel(self, jobs: Sequence[str]) -> None:
        """Cancel; what has ended already is fine."""
        if jobs:
            self._call(["scancel", *jobs])

    def longest_array(self) -> int:
        """Return how many tasks an array may have."""
        found = re.search(r"^MaxArraySize\s*=\s*(\d+)", self._call(["scontrol", "show", "config"]), re.MULTILINE)
        return int(found[1]) if found else _LONGEST

    def _call(self, argv: Sequence[str], stdin: str = "") -> str:
        done = self.system.run(argv, env=_environment(), cwd="/", stdin=stdin, timeout=_TIMEOUT)
        if done.code == 127:
            raise StepFailed(f"{argv[0]} is not on this host", "deploy where jobs are submitted, or `--on host`")
        if done.code:
            why = " ".join(done.stderr.split()) or f"exit code {done.code}"
            kind = SlurmSilent if argv[0] == "squeue" or "Unable to contact" in why else StepFailed
            raise kind(f"{argv[0]}: {why}", _HINTS.get(argv[0]))
        return done.stdout


_HINTS = {
    "squeue": "jobs that were submitted go on: deploy again when Slurm answers",
    "sbatch": "what jobs ask for stands in `builds.job`, and in `job` of an environment or of a node type",
}


def _environment() -> dict[str, str]:
    """Return the environment of Slurm's commands; jobs inherit it."""
    configured = {"SLURM_CONF": os.environ["SLURM_CONF"]} if "SLURM_CONF" in os.environ else {}
    return clean_environment("/") | configured
