"""What lies in a site's cache and no release shares: hard links tell, and removing anything else would free nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from lmodforge.apply.mirror.layer import Layer
from lmodforge.apply.system import System
from lmodforge.apply.workshop import Workshop


@dataclass(frozen=True)
class Leftover:
    """An entry of the cache that can go, and what that frees."""

    path: str
    size: int
    """Bytes."""


def leftovers(workshop: Workshop) -> list[Leftover]:
    """Look through the cache of a site whose lock is held; what left jobs build from stays."""
    found = (_unshared(workshop.system, path) for path in _entries(workshop))
    return [leftover for leftover in found if leftover]


def _entries(workshop: Workshop) -> Iterator[str]:
    """Return everything that is fetched again when it is needed again: packages, wheels, installers, mirrors."""
    system, cache = workshop.system, workshop.layout.cache
    archives = [f"uv/{name}" for name in system.names(f"{cache}/uv") if name.startswith("archive-v")]
    for folder in ("conda/packages", *archives, "downloads"):
        yield from (f"{cache}/{folder}/{name}" for name in system.names(f"{cache}/{folder}"))
    if not system.names(workshop.layout.jobs):
        yield from (f"{cache}/mirrors/{name}" for name in system.names(f"{cache}/mirrors"))
        yield Layer(workshop).folder


def _unshared(system: System, path: str) -> Leftover | None:
    """Return a directory none of whose files has another name."""
    there = system.stat(path)
    if there is None or not stat.S_ISDIR(there.st_mode):
        return None
    size = 0
    for file in _files(system, path):
        if file.st_nlink > 1:
            return None
        size += file.st_size
    return Leftover(path, size)


def _files(system: System, folder: str) -> Iterator[os.stat_result]:
    for name in system.names(folder):
        found = system.stat(f"{folder}/{name}")
        if found and stat.S_ISDIR(found.st_mode):
            yield from _files(system, f"{folder}/{name}")
        elif found:
            yield found
