"""Follow jobs to their ends: one question to the controller at a time, and the job's own word before Slurm's."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from lmodforge.apply.executors.slurm_client import ENDED, Slurm, SlurmSilent, Task
from lmodforge.apply.executors.slurm_work import Work
from lmodforge.apply.workshop import LAST_LINES, Workshop
from lmodforge.errors import StepFailed
from lmodforge.plan.actions import PackRelease
from lmodforge.plan.jobs import Step

POLL = 2.0
"""Seconds between two questions: 30 a minute, whatever the number of jobs."""
LATE = 60.0
"""Seconds until a file that a job wrote must be seen here: NFS shows it when its attributes are asked for again."""
SILENT = 900.0
"""Seconds that a controller may be away, for a restart or a failover."""

_HINTS = {
    "TIMEOUT": "give it more `time` in `builds.job`, or in `job` of the environment or of its node type",
    "OUT_OF_MEMORY": "give it more `memory` in `builds.job`, or in `job` of the environment or of its node type",
    "NODE_FAIL": "deploy again: what has its receipt stays",
    "PREEMPTED": "deploy again: what has its receipt stays",
}
_NO_MEMORY = re.compile(r"slurmstepd.*(exceeded .*memory limit|oom.kill)", re.IGNORECASE)
"""How Slurm's own step daemon says it, where the state of the job does not."""
_OURS = re.compile(r"\[ *[\d.]+ s\] [^:]+: (.*)")
"""A line of `report.progress.PlainProgress`, which a job writes into its output: it says what the job is doing."""


@dataclass(frozen=True)
class Followed:
    """A step, and the task of an array that carries it out."""

    step: Step
    work: Work
    batch: int
    index: int
    job: str
    logs: str

    @property
    def id(self) -> str:
        """What Slurm calls it."""
        return f"{self.job}_{self.index}"

    @property
    def task(self) -> str:
        """What the work's files call it."""
        return f"{self.batch}-{self.index}"

    @property
    def output(self) -> str:
        """Where everything goes that it says."""
        return f"{self.logs}/slurm-{self.task}.out"


def follow(followed: Sequence[Followed], workshop: Workshop, slurm: Slurm) -> list[StepFailed]:
    """Wait until all have ended; return what went wrong. Raises SlurmSilent when the controller stays away."""
    follower = _Follower(workshop, slurm, {each.id: each for each in followed})
    while follower.open:
        follower.look()
        if follower.open:
            time.sleep(POLL)
    return follower.failures


@dataclass
class _Follower:
    workshop: Workshop
    slurm: Slurm
    open: dict[str, Followed]
    failures: list[StepFailed] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    """Paths that were not made."""
    late: dict[str, float] = field(default_factory=dict)
    silent: float | None = None

    def look(self) -> None:
        """Ask once, and see for each what has become of it."""
        try:
            tasks = self._ask()
        except SlurmSilent:
            self.silent = self.silent or time.monotonic()
            if time.monotonic() - self.silent > SILENT:
                raise
            for each in self.open.values():
                self.workshop.progress.state(each.step.subject, "Slurm does not answer; jobs go on")
            return
        self.silent = None
        # After the question: what Slurm knows to have ended has said so by now.
        ended = {work: work.ended() for work in {each.work for each in self.open.values()}}
        for id_, each in list(self.open.items()):
            self._see(each, tasks.get(id_), said=each.task in ended[each.work])

    def _ask(self) -> dict[str, Task]:
        names = sorted({each.work.job_name(each.batch) for each in self.open.values()})
        return {f"{task.job}_{task.index}": task for task in self.slurm.tasks(names)}

    def _see(self, each: Followed, task: Task | None, *, said: bool) -> None:
        if task and task.state not in ENDED:
            self.late.pop(each.id, None)
            self.workshop.progress.state(each.step.subject, self._state(each, task))
            return
        failures = each.work.failures(each.task) if said else None
        if failures and task and task.state == "OUT_OF_MEMORY":
            # The kernel killed a program of the job's and not the job, which so does not know why.
            failures.append(self._ended_by_slurm(each, task))
        if failures is not None:
            self._end(each, failures)
        elif task is None or task.state == "COMPLETED":
            if time.monotonic() - self.late.setdefault(each.id, time.monotonic()) > LATE:
                self._end(each, [self._lost(each, task)])
        elif task.state == "CANCELLED" and each.step.needs in self.failed:
            needed = "environment" if isinstance(each.step.action, PackRelease) else "distribution"
            self.workshop.progress.failed(each.step.subject, f"not begun: its {needed} failed")
            self._close(each)
        else:
            self._end(each, [self._ended_by_slurm(each, task)])

    def _state(self, each: Followed, task: Task) -> str:
        if task.state != "RUNNING":
            reason = f" ({task.reason})" if task.reason not in ("None", "") else ""
            return f"{task.state.lower()}{reason}"
        said = [found[1] for line in self._said(each) if (found := _OURS.fullmatch(line))]
        return f"{said[-1] if said else 'begun'} on {task.node}"

    def _end(self, each: Followed, failures: Sequence[StepFailed]) -> None:
        if failures:
            self.workshop.progress.failed(each.step.subject, "failed; nothing is published")
            self.failures += failures
        else:
            self.workshop.progress.done(each.step.subject, "ready")
        self._close(each, failed=bool(failures))

    def _close(self, each: Followed, *, failed: bool = True) -> None:
        del self.open[each.id]
        if failed:
            self.failed.add(each.step.path)

    def _ended_by_slurm(self, each: Followed, task: Task) -> StepFailed:
        where = f" on {task.node}" if task.node else ""
        reason = f" ({task.reason})" if task.reason not in ("None", "") else ""
        killed = any(_NO_MEMORY.search(line) for line in self._said(each))
        hint = _HINTS.get("OUT_OF_MEMORY" if killed else task.state)
        return self._failure(each, f"job {each.id} ended as {task.state}{where}{reason}", hint)

    def _lost(self, each: Followed, task: Task | None) -> StepFailed:
        what = "ended without a receipt" if task else "is not known to Slurm any more, and has left no receipt"
        return self._failure(each, f"job {each.id} {what}", "deploy again")

    def _failure(self, each: Followed, message: str, hint: str | None) -> StepFailed:
        lines = [f"    {line}" for line in self._said(each)[-LAST_LINES:]]
        return StepFailed(
            "\n".join([f"{each.step.subject}: {message}", *lines]), hint or f"its output is in {each.output}"
        )

    def _said(self, each: Followed) -> list[str]:
        content = self.workshop.system.read(each.output) or b""
        return [line for line in content.decode(errors="replace").splitlines() if line.strip()]
