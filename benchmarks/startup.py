"""What a shell waits for: listing the tasks and completing them, against Invoke with an empty tasks.py."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import Row, command, in_milliseconds, take_turns

LIMIT = 1.5
OURS = "from lmodforge.tasks import namespace as ns\n"
# What is typed, the same without tasks, and what the latter exits with: Invoke finds nothing to list.
TYPED = {
    "list": (["--list"], ["--list"], 1),
    "complete a task": (["--complete", "--", "invoke"], ["--complete", "--", "invoke"], 0),
    "complete an option": (["--complete", "--", "invoke deploy --"], ["--complete", "--", "invoke --"], 0),
}


def run() -> list[Row]:
    with TemporaryDirectory() as scratch:
        ours, bare = folder(scratch, "ours", OURS), folder(scratch, "bare", "")
        return [compare(name, ours, bare) for name in TYPED]


def folder(scratch: str, name: str, tasks: str) -> Path:
    made = Path(scratch, name)
    made.mkdir()
    (made / "tasks.py").write_text(tasks)
    return made


def compare(name: str, ours: Path, bare: Path) -> Row:
    typed, without, code = TYPED[name]
    invoke = [sys.executable, "-m", "invoke"]
    pair = take_turns(command([*invoke, *typed], ours), command([*invoke, *without], bare, expected=code))
    return Row(
        name=f"startup: {name}",
        figure=pair.ratio,
        unit="x bare Invoke",
        limit=LIMIT,
        how=f"`invoke {' '.join(typed)}`, median of runs in turns: {in_milliseconds(pair)}",
        bound_by="imports: Python's start and Invoke's own take most of it",
    )
