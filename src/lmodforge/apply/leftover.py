"""What is left behind: in the cache what no release shares, elsewhere what was begun and never got its receipt."""

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
    """Look through the cache of a site whose lock is held; what left jobs build from stays.

    Hard links tell what releases share: removing that would free nothing.
    """
    found = (_unshared(workshop.system, path) for path in _entries(workshop))
    return [leftover for leftover in found if leftover]


def unfinished(workshop: Workshop) -> list[str]:
    """Return the paths of what was begun, as far as their notes say them."""
    system, layout = workshop.system, workshop.layout
    said = {note: (system.read(note) or b"").decode(errors="replace").strip() for note in _notes(system, layout.begun)}
    return sorted(path for note, path in said.items() if path.startswith("/") and layout.started(path) == note)


def _notes(system: System, folder: str) -> Iterator[str]:
    for name in system.names(folder):
        path = f"{folder}/{name}"
        found = system.stat(path)
        if found and stat.S_ISDIR(found.st_mode):
            yield from _notes(system, path)
        elif found:
            yield path


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
