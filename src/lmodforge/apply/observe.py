"""Look at the world and remember how everything looked: a plan is good for as long as that stays so."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Mapping

from lmodforge.apply.system import System
from lmodforge.plan.digest import sha256


class Observer:
    """Asks a `System` questions; `world` holds each question with the signature of its answer."""

    def __init__(self, system: System) -> None:
        self._system = system
        self.world: dict[str, str] = {}

    def read(self, path: str) -> bytes | None:
        """Read a regular file."""
        content = self._system.read(path)
        self.world[f"read {path}"] = "absent" if content is None else sha256(content)
        return content

    def link(self, path: str) -> str | None:
        """Read a link; `""` when something else is there."""
        target = self._system.target(path)
        if target is None and self._system.stat(path) is not None:
            target = ""
        self.world[f"link {path}"] = "absent" if target is None else f"-> {target}"
        return target

    def names(self, path: str) -> tuple[str, ...]:
        """List a directory."""
        names = self._system.names(path)
        self.world[f"names {path}"] = sha256("\0".join(names).encode())
        return names

    def mode(self, path: str) -> str | None:
        """Return type and mode as `ls` shows them, such as `dr-xr-xr-x`."""
        found = self._system.stat(path)
        self.world[f"mode {path}"] = "absent" if found is None else stat.filemode(found.st_mode)
        return None if found is None else stat.filemode(found.st_mode)

    def program(self, path: str) -> str:
        """Return size and time of the file that a path leads to: whether a program changed, without reading it."""
        found = self._system.stat(self._end_of(path))
        self.world[f"program {path}"] = "absent" if found is None else f"{found.st_size} {found.st_mtime_ns}"
        return self.world[f"program {path}"]

    def sha256(self, path: str) -> str | None:
        """Hash a file, however large, whose `program` was asked for: by that another change of it is noticed."""
        return self._system.sha256(path)

    def _end_of(self, path: str) -> str:
        for _ in range(40):  # as many links as Linux follows
            target = self._system.target(path)
            if target is None:
                break
            path = posixpath.join(posixpath.dirname(path), target)
        return path


def differences(system: System, world: Mapping[str, str]) -> tuple[str, ...]:
    """Return the paths that no longer look as they did."""
    again = Observer(system)
    for question in world:
        verb, _, path = question.partition(" ")
        getattr(again, verb)(path)
    return tuple(question.partition(" ")[2] for question in world if world[question] != again.world[question])
