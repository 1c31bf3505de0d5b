"""How the packages of an environment are resolved and installed: one file per engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # the program that speaks to rattler lies below, and needs no models
    from lmodforge.errors import StepFailed
    from lmodforge.plan.actions import BuildRelease
    from lmodforge.plan.locks import LockRequest
    from lmodforge.receipts.models import OperationEntry, PackageEntry


@dataclass(frozen=True)
class Built:
    """What an engine has installed."""

    packages: tuple[PackageEntry, ...]
    operations: tuple[OperationEntry, ...] = ()
    """What activation does besides PATH and the variables of its kind."""
    lacks: tuple[str, ...] = ()
    """What a module cannot do that activation in a shell does, and what was left undone."""


class Engine(Protocol):
    """Resolve to a lock; build exactly the lock."""

    def resolve(self, requests: Sequence[LockRequest]) -> list[str | StepFailed]:
        """Return for each a lock with a hash for every file, or why there is none."""
        ...

    def build(self, release: BuildRelease) -> Built:
        """Make the release's directory from its locks, which are stored; raises StepFailed."""
        ...


Engines = Mapping[str, Engine]
"""By name: a new engine is one file and one entry."""
