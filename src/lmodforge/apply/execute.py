"""Carry out a plan and nothing else; what users see changes in the last step or not at all."""

from __future__ import annotations

import grp
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from lmodforge.apply.build import Builder
from lmodforge.apply.engines import Engines
from lmodforge.apply.engines.uv import Uv
from lmodforge.apply.publish import LoadTest, publish
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import SiteError, StepFailed
from lmodforge.plan.actions import BuildRelease, Install, Plan, Publish

UNPACKED = 6
"""Bytes on disk for one that is downloaded: wheels unpack to about four, bytecode adds more."""

Step = TypeVar("Step", bound=Install | BuildRelease)


@dataclass(frozen=True)
class Outcome:
    """What a deploy did."""

    installed: int
    released: int
    generation: int | None
    """The number that is current now, when a new one was published."""


def execute(
    plan: Plan, workshop: Workshop, engines: Engines, load_test: LoadTest, *, jobs: int, replan: Callable[[], Plan]
) -> Outcome:
    """Carry out a plan, with `jobs` builds at a time.

    What activation does is only known once an environment is built, so `replan` writes the modules of these anew.
    Raises StepFailed when a step fails; builds that do not need it are finished first, so that the next run
    finds them.
    """
    refuse_conflicts(plan)
    _refuse_full_disk(plan, workshop)
    builder = Builder(workshop, engines, Uv(workshop), _group_id(workshop))
    _side_by_side(plan.installs, builder.install, _install_subject, workshop, jobs)
    _side_by_side(plan.releases, builder.release, _release_subject, workshop, jobs)
    captured = any(release.engine == "conda" and release.build for release in plan.releases)
    generation = _what_is_left(replan()) if captured else plan.publish
    if generation:
        publish(generation, workshop, load_test)
    return Outcome(len(plan.installs), len(plan.releases), generation.number if generation else None)


def _what_is_left(plan: Plan) -> Publish | None:
    """Return the last step of a plan whose other steps are done."""
    if plan.installs or plan.releases:
        raise StepFailed("what was built is not there any more", "somebody else changes this site: deploy again")
    return plan.publish


def _refuse_full_disk(plan: Plan, workshop: Workshop) -> None:
    """Raise before the first change when what the index says of sizes cannot fit."""
    needed = sum(change.size or 0 for change in plan.changes) * UNPACKED
    free, _ = workshop.system.free(workshop.layout.software)
    if needed > free:
        raise StepFailed(
            f"{free / 1e9:.1f} GB are free at {workshop.layout.software}, about {needed / 1e9:.1f} GB are needed",
            "make room, for example with `invoke prune`",
        )


def refuse_conflicts(plan: Plan) -> None:
    """Raise when the plan holds something that a person must decide."""
    if plan.conflicts:
        errors = [StepFailed(f"{c.what} {c.name}: {c.reason}", c.hint or None) for c in plan.conflicts]
        raise StepFailed.together(errors)


def _side_by_side(
    steps: Iterable[Step],
    carry_out: Callable[[Step], None],
    subject: Callable[[Step], str],
    workshop: Workshop,
    jobs: int,
) -> None:
    def attempt(step: Step) -> SiteError | None:
        try:
            carry_out(step)
        except (SiteError, OSError) as error:
            workshop.progress.failed(subject(step), "failed; nothing is published")
            return error if isinstance(error, SiteError) else StepFailed(f"{subject(step)}: {_said(error)}")
        workshop.progress.done(subject(step), "ready")
        return None

    with ThreadPoolExecutor(jobs) as pool:
        try:
            failures = [error for error in pool.map(attempt, steps) if error]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            workshop.system.end_programs()
            raise
    if failures:
        raise StepFailed.together(failures)


def _said(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)


def _install_subject(action: Install) -> str:
    return f"{'tool' if action.type == 'tool' else 'distribution'} {action.name}"


def _release_subject(action: BuildRelease) -> str:
    return f"environment {action.environment}"


def _group_id(workshop: Workshop) -> int | None:
    name = workshop.site.permissions.group
    try:
        return grp.getgrnam(name).gr_gid if name else None
    except KeyError:
        raise StepFailed(f"group `{name}` of `permissions` does not exist on this host", "groupadd it") from None
