"""Time two things in turns, so that whatever else the machine does falls on both; the medians count."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

ROUNDS = 15


@dataclass(frozen=True)
class Row:
    """One figure: what it is, what it may be at most or at least, and what one should know to believe it."""

    name: str
    figure: float
    unit: str
    limit: float
    how: str
    bound_by: str
    at_least: bool = False

    @property
    def ok(self) -> bool:
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit

    def document(self) -> dict[str, object]:
        return {**asdict(self), "ok": self.ok}


@dataclass(frozen=True)
class Pair:
    """The medians of two things that took turns, in seconds."""

    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs


def take_turns(ours: Callable[[], object], theirs: Callable[[], object], rounds: int = ROUNDS) -> Pair:
    """Time both once unseen, to warm them up, then `rounds` times each, in turns."""
    ours()
    theirs()
    times: list[tuple[float, float]] = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    return Pair(median(one for one, _ in times), median(other for _, other in times))


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def command(argv: Sequence[str], cwd: Path, *, expected: int = 0) -> Callable[[], str]:
    """Make an action of a command; one that fails would give a figure without a meaning, and ends the benchmark."""

    def run() -> str:
        done = subprocess.run(argv, check=False, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != expected:
            sys.exit(f"{' '.join(argv)} exited {done.returncode}:\n{done.stderr or done.stdout}")
        return done.stdout

    return run


def in_milliseconds(pair: Pair) -> str:
    return f"{1000 * pair.ours:.0f} ms against {1000 * pair.theirs:.0f} ms"
