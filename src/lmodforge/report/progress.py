"""Show work while it goes on: a line per subject that is rewritten on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID
    from typing_extensions import Self


class PlainProgress:
    """A line on stderr whenever something changes: for logs and CI."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._lock = threading.Lock()
        self._last: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def state(self, subject: str, state: str) -> None:
        """Print what is being done."""
        self._say(subject, state)

    def done(self, subject: str, summary: str) -> None:
        """Print how it ended."""
        self._say(subject, summary)

    def failed(self, subject: str, summary: str) -> None:
        """Print how it ended."""
        self._say(subject, f"FAILED: {summary}")

    def _say(self, subject: str, text: str) -> None:
        with self._lock:
            if self._last.get(subject) != text:
                self._last[subject] = text
                sys.stderr.write(f"[{time.monotonic() - self._start:6.1f} s] {subject}: {text}\n")
                sys.stderr.flush()


class LiveProgress:
    """One line per subject on a terminal, by rich; made only when there is something to show."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rich: RichProgress | None = None
        self._lines: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rich:
            self._rich.stop()

    def state(self, subject: str, state: str) -> None:
        """Show what is being done."""
        self._show(subject, state, "cyan")

    def done(self, subject: str, summary: str) -> None:
        """Show a green end; the clock of the line stops."""
        self._show(subject, summary, "green", ended=True)

    def failed(self, subject: str, summary: str) -> None:
        """Show a red end."""
        self._show(subject, summary, "red", ended=True)

    def _show(self, subject: str, text: str, style: str, *, ended: bool = False) -> None:
        from rich.text import Text  # noqa: PLC0415 - a run with nothing to do shows nothing

        with self._lock:
            rich = self._rich = self._rich or _columns()
            if subject not in self._lines:
                self._lines[subject] = rich.add_task(subject, total=1, text=Text(""))
            line = self._lines[subject]
            if not ended and rich.tasks[rich.task_ids.index(line)].finished:
                rich.reset(line)  # resolved a while ago, built now: its clock starts again
            rich.update(line, text=Text(text, style), completed=1 if ended else 0)


def _columns() -> RichProgress:
    from rich.console import Console  # noqa: PLC0415 - the same
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - the same

    shown = Progress(
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[text]}", markup=False),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    shown.start()
    return shown


def progress_for_stderr() -> PlainProgress | LiveProgress:
    """Choose by what stderr is."""
    return LiveProgress() if sys.stderr.isatty() else PlainProgress()
