"""How long work is followed from outside: each subject passes through states, and ends well or badly."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told by several threads at once."""

    def state(self, subject: str, state: str) -> None:
        """Say what is being done for a subject: `environment sci` is `resolving`."""
        ...

    def done(self, subject: str, summary: str) -> None:
        """Say that a subject is finished."""
        ...

    def failed(self, subject: str, summary: str) -> None:
        """Say that a subject failed."""
        ...


class Silent:
    """For programs that do not look."""

    def state(self, subject: str, state: str) -> None:
        """Keep quiet."""

    def done(self, subject: str, summary: str) -> None:
        """Keep quiet."""

    def failed(self, subject: str, summary: str) -> None:
        """Keep quiet."""
