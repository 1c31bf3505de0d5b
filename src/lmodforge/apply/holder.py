"""One deploy at a time: a lock that needs no flock, names its holder, and is broken only when its holder is dead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lmodforge.apply.system import System
from lmodforge.errors import SiteError
from lmodforge.plan.layout import Layout

_PATIENCE = 0.5
"""Seconds; filelock before 4.2 breaks the lock of a dead process at its first try and takes it at the next."""


@contextmanager
def hold(system: System, layout: Layout) -> Iterator[None]:
    """Hold the site while its disk is changed."""
    with hold_file(system, layout.deploy_lock, "changing this site"):
        yield


@contextmanager
def hold_file(system: System, path: str, doing: str) -> Iterator[None]:
    """Hold what a lock file stands for.

    Raises SiteError soon when somebody else does. filelock breaks a lock whose process is gone from this host;
    the lock of another host stays until a person removes it.
    """
    from filelock import SoftFileLock, Timeout  # noqa: PLC0415 - only what changes something needs it

    lock = SoftFileLock(path, timeout=_PATIENCE)
    try:
        lock.acquire()
    except Timeout:
        raise _held(system, path, doing) from None
    try:
        yield
    finally:
        lock.release()


def _held(system: System, path: str, doing: str) -> SiteError:
    written = (system.read(path) or b"").decode(errors="replace").split()
    holder = f"process {written[0]} on {written[1]}" if len(written) > 1 else "somebody"
    return SiteError(f"{holder} is {doing} just now", f"wait for it; if that process is certainly gone, remove {path}")
