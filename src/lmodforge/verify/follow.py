"""Follow a path through its links, one name at a time, so that every place it passes can be judged."""

from __future__ import annotations

import stat
from pathlib import Path

from lmodforge.apply.system import System

_MOST_LINKS = 40  # as Linux does


def follow(system: System, path: str) -> tuple[str, ...] | None:
    """Return every place an absolute path passes, links included, what is really there last; None when nothing is."""
    pending = list(reversed(Path(path).parts[1:]))
    here, passed, links = Path("/"), ["/"], 0
    while pending:
        name = pending.pop()
        if name == "..":
            here = here.parent
            continue
        place = here / name
        if system.stat(place) is None:
            return None
        passed.append(str(place))
        target = system.target(place)
        if target is None:
            here = place
            continue
        links += 1
        if links > _MOST_LINKS:
            return None
        aim = Path(target)
        here = Path("/") if aim.is_absolute() else here
        pending += reversed([part for part in aim.parts if part != "/"])
    return (*passed, str(here))


def is_directory(system: System, path: str) -> bool:
    """Say whether a path is a directory, links followed."""
    passed = follow(system, path) if path.startswith("/") else None
    status = system.stat(passed[-1]) if passed else None
    return status is not None and stat.S_ISDIR(status.st_mode)
