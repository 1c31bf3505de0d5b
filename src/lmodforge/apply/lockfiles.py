"""Read the locks beside the site file: a fresh one is installed, and no other is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from lmodforge.apply.observe import Observer
from lmodforge.errors import StepFailed
from lmodforge.plan.lockfiles import Written, read_lock_file
from lmodforge.plan.locks import LockRequest

State = Literal["fresh", "missing", "stale", "edited"]

REASONS: Mapping[State, str] = {
    "missing": "not there",
    "stale": "locked for something else than the site file asks for now",
    "edited": "not as `invoke lock` wrote it",
}


@dataclass(frozen=True)
class Found:
    """What lies where the lock for a request belongs."""

    request: LockRequest
    state: State
    written: Written | None = None


def look_up(directory: str, request: LockRequest, observer: Observer) -> Found:
    """Look at one lock file."""
    content = observer.read(f"{directory}/{request.file}")
    if content is None:
        return Found(request, "missing")
    written = read_lock_file(content.decode(errors="replace"))
    if written is None or not written.whole:
        return Found(request, "edited", written)
    return Found(request, "fresh" if written.key == request.key else "stale", written)


def fresh_locks(directory: str, requests: Iterable[LockRequest], observer: Observer) -> dict[str, str]:
    """Return the locks beside the site file by key; raises StepFailed when one is there that may not be installed."""
    found = [look_up(directory, request, observer) for request in requests if directory and request.file]
    refused = [
        StepFailed(
            f"{each.request.subject}: {directory}/{each.request.file} is {REASONS[each.state]}",
            "`invoke lock` writes it anew, `invoke lock --diff` shows what would move",
        )
        for each in found
        if each.state in ("stale", "edited")
    ]
    if refused:
        raise StepFailed.together(refused)
    return {each.request.key: each.written.lock for each in found if each.written}
