"""Follow a path through its links, one name at a time, so that every place it passes can be judged."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from lmodforge.apply.system import System
from lmodforge.errors import SiteError

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

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
        if _look(system, place) is None:
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


def _look(system: System, place: Path) -> os.stat_result | None:
    """Look at a place; what lies in a directory that we may not enter is not there for us."""
    with contextlib.suppress(PermissionError):
        return system.stat(place)
    return None


def is_directory(system: System, path: str) -> bool:
    """Say whether a path is a directory, links followed."""
    passed = follow(system, path) if path.startswith("/") else None
    status = system.stat(passed[-1]) if passed else None
    return status is not None and stat.S_ISDIR(status.st_mode)


def find_program(system: System, name: str) -> str | None:
    """Return where a program of the system is; what only a user's PATH holds does not count."""
    for directory in SYSTEM_PATH.split(":"):
        passed = follow(system, f"{directory}/{name}")
        status = system.stat(passed[-1]) if passed else None
        if status and stat.S_ISREG(status.st_mode) and status.st_mode & stat.S_IXUSR:
            return f"{directory}/{name}"
    return None


def read_through(system: System, path: str) -> str:
    """Return the text behind a path, links followed; empty when nothing is there or we may not read it."""
    passed = follow(system, path)
    with contextlib.suppress(SiteError):
        return (system.read(passed[-1]) or b"").decode(errors="replace") if passed else ""
    return ""
