"""On the host that deploys: distributions and tools side by side, then environments, each with its archives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lmodforge.apply.build import Builder
from lmodforge.apply.node import refuse_other_nodes
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import SiteError, StepFailed
from lmodforge.plan.actions import Action, Plan


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
        self._side_by_side([install] for install in plan.installs)
        self._side_by_side(_lines(plan))

    def _side_by_side(self, lines: Iterable[Sequence[Action]]) -> None:
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                failures = [error for errors in pool.map(self._one_by_one, lines) for error in errors]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self.workshop.system.end_programs()
                raise
        if failures:
            raise StepFailed.together(failures)

    def _one_by_one(self, line: Sequence[Action]) -> list[SiteError]:
        """Carry out the first, then all that need it."""
        first, *others = line
        if error := self.builder.attempt(first):
            return [error]
        return [error for other in others if (error := self.builder.attempt(other))]


def _lines(plan: Plan) -> Iterator[Sequence[Action]]:
    """Put each release before its archives; an archive of one that is there already stands alone."""
    for release in plan.releases:
        yield [release, *(archive for archive in plan.archives if archive.release == release.path)]
    built = {release.path for release in plan.releases}
    yield from ([archive] for archive in plan.archives if archive.release not in built)
