"""What can go wrong for a user: where, what, then a hint; each kind with the exit code that a script can rely on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True, order=True)
class Where:
    """A place in a file that somebody wrote; `line` and `column` count from 1, 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong with what somebody wrote."""

    message: str
    hint: str | None = None
    where: Where | None = None

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{place}{self.message}{hint}"


class SiteError(Exception):
    """A mistake or a failure that lmodforge explains; never shown as a traceback."""

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None, where: Where | None = None) -> None:
        self.mistakes: tuple[Mistake, ...] = (Mistake(message, hint, where),)
        super().__init__(str(self.mistakes[0]))

    @classmethod
    def together(cls, errors: Sequence[SiteError]) -> Self:
        """Make one error of several."""
        joined = cls("")
        joined.mistakes = tuple(mistake for error in errors for mistake in error.mistakes)
        joined.args = ("\n".join(map(str, joined.mistakes)),)
        return joined


class InvalidSite(SiteError):
    """A site file that cannot be used; carries every mistake that was found, in the order of the file."""

    exit_code = 3

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        Exception.__init__(self, "\n".join(map(str, self.mistakes)))


class WorldChanged(SiteError):
    """A saved plan no longer fits what is on disk or in the site file."""


class StepFailed(SiteError):
    """A step of a plan failed; what users see has not changed."""
