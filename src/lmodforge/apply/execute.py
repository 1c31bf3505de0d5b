"""Carry out a plan and nothing else; what users see changes in the last step or not at all."""

from __future__ import annotations

import grp
from collections.abc import Callable
from dataclasses import dataclass

from lmodforge.apply.build import Builder
from lmodforge.apply.engines import Engines
from lmodforge.apply.engines.uv import Uv
from lmodforge.apply.executors import Executor
from lmodforge.apply.publish import LoadTest, publish
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import StepFailed
from lmodforge.plan.actions import Plan, Publish
from lmodforge.receipts.models import ArchiveReceipt
from lmodforge.receipts.store import decode_installed

UNPACKED = 6
"""Bytes on disk for one that is downloaded: wheels unpack to about four, bytecode adds more."""


@dataclass(frozen=True)
class Outcome:
    """What a deploy did."""

    installed: int
    released: int
    archives: tuple[ArchiveReceipt, ...]
    """What was packed."""
    generation: int | None
    """The number that is current now, when a new one was published."""


def execute(
    plan: Plan, workshop: Workshop, executor: Executor, load_test: LoadTest, *, replan: Callable[[], Plan]
) -> Outcome:
    """Carry out a plan, its builds where the executor has them done.

    What activation does is only known once an environment is built, so `replan` writes the modules of these anew.
    Raises StepFailed when a step fails; builds that do not need it are finished first, so that the next run
    finds them.
    """
    refuse_conflicts(plan)
    _refuse_full_disk(plan, workshop)
    if plan.archives:
        # Where we may not, that is told before hours of building.
        workshop.system.make_directory(workshop.layout.archives)
    executor.carry_out(plan)
    captured = any(release.engine == "conda" and release.build for release in plan.releases)
    generation = _what_is_left(replan()) if captured else plan.publish
    if generation:
        publish(generation, workshop, load_test)
    number = generation.number if generation else None
    return Outcome(len(plan.installs), len(plan.releases), _packed(plan, workshop), number)


def _packed(plan: Plan, workshop: Workshop) -> tuple[ArchiveReceipt, ...]:
    places = [workshop.layout.receipt(archive.path) for archive in plan.archives]
    receipts = [decode_installed(workshop.system.read(place) or b"", place) for place in places]
    return tuple(receipt for receipt in receipts if isinstance(receipt, ArchiveReceipt))


def _what_is_left(plan: Plan) -> Publish | None:
    """Return the last step of a plan whose other steps are done."""
    if plan.installs or plan.releases or plan.archives:
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


def builder_for(workshop: Workshop, engines: Engines) -> Builder:
    """Return what carries out the single steps; raises StepFailed when the site's group is unknown here."""
    return Builder(workshop, engines, Uv(workshop), _group_id(workshop))


def _group_id(workshop: Workshop) -> int | None:
    name = workshop.site.permissions.group
    try:
        return grp.getgrnam(name).gr_gid if name else None
    except KeyError:
        raise StepFailed(f"group `{name}` of `permissions` does not exist on this host", "groupadd it") from None
