"""On the host that deploys: distributions and tools side by side, then environments."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lmodforge.apply.build import Builder
from lmodforge.apply.node import refuse_other_nodes
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import StepFailed
from lmodforge.plan.actions import BuildRelease, Install, Plan


@dataclass(frozen=True)
class OnHost:
    """With `jobs` builds at a time."""

    workshop: Workshop
    builder: Builder
    jobs: int

    def carry_out(self, plan: Plan) -> None:
        """Finish what does not need a step that failed, so that the next run finds it.

        Nothing is begun when something is for nodes that this host is none of.
        """
        refuse_other_nodes(plan.releases, self.workshop)
        self._side_by_side(plan.installs)
        self._side_by_side(plan.releases)

    def _side_by_side(self, actions: Iterable[Install | BuildRelease]) -> None:
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                failures = [error for error in pool.map(self.builder.attempt, actions) if error]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self.workshop.system.end_programs()
                raise
        if failures:
            raise StepFailed.together(failures)
