"""What a look at a host or at a module found: what is wrong, and the command that mends it or shows it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

Status = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing about a host; a `problem` keeps a deploy from working, a `warning` does not."""

    name: str
    status: Status
    message: str
    remedy: str | None = None


@dataclass(frozen=True)
class Failure:
    """One thing that a module does wrong, and how to see it again."""

    module: str
    shell: str
    check: str
    expected: str
    found: str
    repeat: str
    given: str = ""
    """What was set before the load, such as `USE_UV_CACHE=0`; empty when that makes no difference."""

    def __str__(self) -> str:
        where = f"{self.shell}, {self.given}" if self.given else self.shell
        return (
            f"{self.module} [{where}] {self.check}\n"
            f"  expected: {self.expected}\n"
            f"  found:    {self.found}\n"
            f"  repeat:   {self.repeat}"
        )


@dataclass(frozen=True)
class Verified:
    """What was tried where, and what is wrong."""

    place: str
    lmod: str
    """The version there."""
    modules: tuple[str, ...]
    shells: tuple[str, ...]
    failures: tuple[Failure, ...]
    loads: int
    """Times that a module was loaded and unloaded."""
    seconds: float
    node: str = ""
    """The name of the node, where modules choose by it."""
    releases: Mapping[str, str] = field(default_factory=dict)
    """The type of nodes whose release a module must give there; empty: it refuses."""
    lmod_here: str = ""
    """The version on this host, where the place is another one and this host has one."""

    @property
    def versions(self) -> str:
        """Both, where they differ: what fails there and not here may be Lmod's doing."""
        here = f" (this host has {self.lmod_here})" if self.lmod_here not in ("", self.lmod) else ""
        return f"Lmod {self.lmod}{here}"

    def of(self, module: str) -> tuple[Failure, ...]:
        """Return what is wrong with one module."""
        return tuple(failure for failure in self.failures if failure.module == module)


@dataclass(frozen=True)
class WrongBlock:
    """A block of a page that does not do what the page says."""

    page: str
    line: int
    command: str
    expected: str
    found: str

    def __str__(self) -> str:
        return (
            f"{self.page}:{self.line}: {self.command}\n"
            f"  expected: {_below(self.expected)}\n"
            f"  found:    {_below(self.found) or 'nothing'}"
        )


@dataclass(frozen=True)
class UntriedBlock:
    """A block of a page that nobody can run here, and why."""

    page: str
    line: int
    reason: str


@dataclass(frozen=True)
class CheckedPages:
    """What was tried of the documentation, as whom, and what is wrong with it."""

    place: str
    pages: tuple[str, ...]
    ran: int
    promises: int
    """Of the blocks that ran: those whose output was compared."""
    untried: tuple[UntriedBlock, ...]
    wrong: tuple[WrongBlock, ...]
    seconds: float


def _below(text: str) -> str:
    """Set several lines below the first one."""
    return text.strip("\n").replace("\n", "\n            ")


def folded(failures: Iterable[Failure], settings: Sequence[str]) -> list[Failure]:
    """Tell once what is wrong in several shells, and leave out a setting where it is wrong with each of them."""
    groups: dict[tuple[str, ...], list[Failure]] = {}
    for one in failures:
        groups.setdefault((one.module, one.check, one.expected, one.found), []).append(one)
    return [_together(group, settings) for group in groups.values()]


def _together(group: Sequence[Failure], settings: Sequence[str]) -> Failure:
    shells = ", ".join(dict.fromkeys(one.shell for one in group))
    given = [*dict.fromkeys(one.given for one in group)]
    everywhere = set(settings) <= {*given} or "" in given
    return replace(group[0], shell=shells, given="" if everywhere else " or ".join(given))
