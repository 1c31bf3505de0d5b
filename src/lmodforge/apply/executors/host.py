"""On the host that deploys: distributions and tools side by side, then environments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from lmodforge.apply.build import Builder
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import SiteError, StepFailed
from lmodforge.plan.actions import BuildRelease, Install, Plan
from lmodforge.plan.jobs import subject_of

Action = TypeVar("Action", bound=Install | BuildRelease)


@dataclass(frozen=True)
class OnHost:
    """With `jobs` builds at a time."""

    workshop: Workshop
    builder: Builder
    jobs: int

    def carry_out(self, plan: Plan) -> None:
        """Finish what does not need a step that failed, so that the next run finds it."""
        self._side_by_side(plan.installs, self.builder.install)
        self._side_by_side(plan.releases, self.builder.release)

    def _side_by_side(self, actions: Iterable[Action], build: Callable[[Action], None]) -> None:
        def attempt(action: Action) -> SiteError | None:
            return attempted(lambda: build(action), subject_of(action), self.workshop)

        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                failures = [error for error in pool.map(attempt, actions) if error]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self.workshop.system.end_programs()
                raise
        if failures:
            raise StepFailed.together(failures)


def attempted(build: Callable[[], None], subject: str, workshop: Workshop) -> SiteError | None:
    """Carry out one build; return what went wrong."""
    try:
        build()
    except (SiteError, OSError) as error:
        workshop.progress.failed(subject, "failed; nothing is published")
        return error if isinstance(error, SiteError) else StepFailed(f"{subject}: {_said(error)}")
    workshop.progress.done(subject, "ready")
    return None


def _said(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)
