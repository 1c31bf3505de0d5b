"""How the packages of an environment are resolved and installed: one file per engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from lmodforge.plan.actions import BuildRelease
from lmodforge.plan.locks import LockRequest


class Engine(Protocol):
    """Resolve to a lock; build exactly the lock."""

    def resolve(self, request: LockRequest) -> str:
        """Return a lock with a hash for every file; raises StepFailed when there is no solution."""
        ...

    def build(self, release: BuildRelease) -> None:
        """Make the release's directory from its lock; raises StepFailed."""
        ...


Engines = Mapping[str, Engine]
"""By name: a new engine is one file and one entry."""
