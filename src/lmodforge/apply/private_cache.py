"""A package cache of one process's own, on this host's own disk: where files cannot be locked, none may be shared.

uv and rattler refuse a cache that they cannot lock. Its name cannot be guessed, nobody else reads it, and it is removed
at the end; only what is killed outright leaves it behind.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from lmodforge.apply.workshop import Workshop
from lmodforge.errors import StepFailed


@contextmanager
def safe_cache(workshop: Workshop, folder: str) -> Iterator[Workshop]:
    """Lend a workshop with a private cache where nothing can be locked in the directory that work is done in."""
    if workshop.system.can_lock(folder):
        yield workshop
        return
    with private_cache(workshop) as private:
        why = f"files cannot be locked in {folder}"
        workshop.progress.done("package cache", f"{private.cache}, for this run: {why}")
        yield private


@contextmanager
def private_cache(workshop: Workshop) -> Iterator[Workshop]:
    """Lend a workshop with a cache of its own below `builds.scratch`; raises StepFailed when none can be made there."""
    system, scratch = workshop.system, workshop.site.builds.scratch
    if system.stat(scratch) is None:
        raise StepFailed(f"`builds.scratch`, {scratch}, is not on this host", "make it, or name another directory")
    path = f"{scratch}/lmodforge-{secrets.token_hex(16)}"
    try:
        system.make_directory(path, 0o700)
    except OSError as error:
        message = f"`builds.scratch`, {scratch}: {error.strerror}"
        raise StepFailed(message, "mend that, or name another directory") from None
    try:
        yield replace(workshop, private_cache=path)
    finally:
        system.end_programs()  # what still runs would write into it
        system.remove(path)
