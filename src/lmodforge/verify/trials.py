"""Run trials in shells, many in one shell; one that fails in company is tried again alone before it is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lmodforge.apply.system import Completed
from lmodforge.finding import Failure
from lmodforge.verify.follow import SYSTEM_PATH
from lmodforge.verify.place import Place
from lmodforge.verify.shells import Shell, Stage, Step, read_record

_MOST_IN_ONE_SHELL = 200  # bounds a script, and what one hanging module delays
_PATIENCE = 30.0  # seconds for a shell to start
_FOR_A_STEP = 1.0  # seconds


@dataclass(frozen=True)
class Bench:
    """A shell at a place, with what a user has set before the load and nothing else."""

    place: Place
    shell: Shell
    modulepath: str
    given: Mapping[str, str]
    hidden: frozenset[str] = frozenset({"TMPDIR"})
    """What is not shown to people, because it is ours."""

    @property
    def environment(self) -> dict[str, str]:
        """All that the shell starts with."""
        return {"PATH": SYSTEM_PATH, "LC_ALL": "C", **self.given, "MODULEPATH": self.modulepath}

    def run(self, steps: Sequence[Step], patience: float) -> Completed:
        """Run the steps."""
        script = self.shell.script(self.place.lmod, steps)
        return self.place.run(self.shell.command(), env=self.environment, stdin=script, timeout=patience)

    def by_hand(self, commands: str) -> str:
        """Return the line that shows it again."""
        lasting = {name: value for name, value in self.environment.items() if name not in self.hidden}
        lasting = {"HOME": "/nonexistent", **lasting}
        return self.place.by_hand(self.shell.by_hand(self.place.lmod, lasting, commands))


@dataclass(frozen=True)
class Ran:
    """What a trial did: the shell before it, then a stage for each step that it ended."""

    bench: Bench
    before: Stage
    stages: tuple[Stage, ...]
    end: Completed
    """Of the shell, for what it said when it ended before its time."""


@dataclass(frozen=True)
class Trial:
    """Steps that belong together, and the judge of what they did."""

    steps: tuple[Step, ...]
    judge: Callable[[Ran], Iterator[Failure]]
    patience: float = 0.0
    """Seconds more than its steps get anyway."""


def run_trials(work: Sequence[tuple[Bench, Sequence[Trial]]], jobs: int) -> list[Failure]:
    """Try everything, `jobs` shells at a time; return what is wrong, in the order of the work."""
    total = sum(len(trials) for _, trials in work)
    size = min(_MOST_IN_ONE_SHELL, max(-(-total // jobs), 1))
    chunks = [(bench, trials[start : start + size]) for bench, trials in work for start in range(0, len(trials), size)]
    with ThreadPoolExecutor(jobs) as pool:
        found = pool.map(lambda chunk: _try(*chunk), chunks)
        return [failure for failures in found for failure in failures]


def _try(bench: Bench, trials: Sequence[Trial]) -> list[Failure]:
    failures: list[Failure] = []
    while trials:
        steps = [step for trial in trials for step in trial.steps]
        done = bench.run(steps, _PATIENCE + _FOR_A_STEP * len(steps) + sum(trial.patience for trial in trials))
        ran = _divided(bench, trials, done)
        for trial, one in zip(trials, ran, strict=False):
            found = list(trial.judge(one))
            failures += _try(bench, [trial]) if found and len(trials) > 1 else found
        trials = trials[len(ran) :]
    return failures


def _divided(bench: Bench, trials: Sequence[Trial], done: Completed) -> list[Ran]:
    """Give each trial its stages; the last one is that in which the shell ended, if it ended early."""
    stages = read_record(done)
    nothing = Stage(done.code or 96, done.stdout, done.stderr, {})
    before, at, found = stages[0] if stages else nothing, 1, []
    for trial in trials:
        own = tuple(stages[at : at + len(trial.steps)])
        found.append(Ran(bench, before, own, done))
        if len(own) < len(trial.steps):
            break
        before, at = own[-1], at + len(own)
    return found
