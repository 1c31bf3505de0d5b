"""Where the building steps of a plan are carried out: one file per place."""

from __future__ import annotations

from typing import Protocol

from lmodforge.plan.actions import Plan


class Executor(Protocol):
    """Builds what a plan says, each step as soon as what it needs is there."""

    def carry_out(self, plan: Plan) -> None:
        """Return once everything has its receipt; raises StepFailed with all failures when something has none."""
        ...
