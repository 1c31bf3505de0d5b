"""Bring a site to what its file says."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lmodforge.apply.engines import Engines
from lmodforge.apply.execute import Outcome, builder_for, execute, refuse_conflicts
from lmodforge.apply.executors.host import OnHost
from lmodforge.apply.executors.slurm import OnSlurm, clear, works
from lmodforge.apply.executors.slurm_client import Slurm
from lmodforge.apply.holder import hold
from lmodforge.apply.mirror.layer import Layer
from lmodforge.apply.mirror.offline import unpacked
from lmodforge.apply.private_cache import safe_cache
from lmodforge.apply.progress import Progress
from lmodforge.apply.publish import MODULES, LoadTest
from lmodforge.apply.settled import settle
from lmodforge.apply.workshop import MARK, Workshop, utc_now
from lmodforge.commands.planning import engines_for, plan_site, workshop_for
from lmodforge.commands.saved import refuse_changed
from lmodforge.commands.site import OpenSite
from lmodforge.commands.spider import refresh_spider_cache
from lmodforge.errors import StepFailed
from lmodforge.plan.actions import Change, Plan
from lmodforge.verify.lmod import Lmod, find_lmod
from lmodforge.verify.load import load_test
from lmodforge.verify.packages import refuse_missing
from lmodforge.verify.place import ThisHost

_MIRROR = "mirror"
KEPT_LOGS = 30
"""Directories of logs; older ones go."""


@dataclass(frozen=True)
class BuildOptions:
    """Where somebody wants it built this time."""

    on: str = ""
    """`host` or `slurm`; empty: where the site says."""
    jobs: int = 0
    """Builds at a time on this host."""
    leave: bool = False
    """On ^C, leave jobs for the next deploy."""


@dataclass(frozen=True)
class Deployed:
    """A plan, and what became of it."""

    plan: Plan
    outcome: Outcome | None
    """None when there was nothing to do."""
    settled: bool
    """Whether a second deploy would have nothing to do."""


def deploy(
    opened: OpenSite,
    progress: Progress,
    *,
    saved: Plan | None = None,
    replace_edited: bool = False,
    builds: BuildOptions = BuildOptions(),
) -> Deployed:
    """Plan and carry out; a saved plan is carried out as it is, or refused when the world has changed since."""
    prepared = _prepare(opened, progress)
    with hold(opened.system, prepared.layout), safe_cache(prepared, prepared.layout.cache) as lockable:
        # What still runs here is left of a deploy that was killed, and would write into what is built now.
        opened.system.end_marked(MARK, prepared.layout.software)
        workshop = _with_mirror(lockable)
        engines = engines_for(workshop, opened.document)
        executor = _executor(workshop, engines, builds)
        if isinstance(executor, OnHost):
            _end_jobs(workshop)
        plan = saved or plan_site(opened, workshop, engines)
        if saved:
            refuse_changed(opened, saved)
        if replace_edited:
            plan = replace(plan, changes=tuple(map(_give_up_edit, plan.changes)))
        refuse_conflicts(plan)
        if isinstance(executor, OnHost) and any(archive.format == "squashfs" for archive in plan.archives):
            refuse_missing(opened.system, "mksquashfs", "squashfs-tools", what="squashfs")
        if plan.is_empty:
            _end_jobs(workshop)  # nobody wants any more what these build
            _settle(workshop, plan)
            return Deployed(plan, None, settled=True)
        if workshop.mirror:
            workshop.progress.state(_MIRROR, "checking what is needed of it")
            workshop.mirror.refuse_damaged(plan)
            workshop.progress.done(_MIRROR, "whole")

        def replan() -> Plan:
            return plan_site(opened, workshop, engines)

        lmod = usable_lmod(workshop)
        outcome = execute(plan, workshop, executor, lmod_test(workshop, lmod), replan=replan)
        refresh_spider_cache(workshop, lmod)
        again = replan()
        if again.is_empty:
            _settle(workshop, again)
        # What modules lack is known once they are built.
        return Deployed(replace(plan, warnings=again.warnings), outcome, settled=again.is_empty)


def _executor(workshop: Workshop, engines: Engines, builds: BuildOptions) -> OnHost | OnSlurm:
    builder = builder_for(workshop, engines)
    if (builds.on or workshop.site.builds.on) == "slurm":
        return OnSlurm(workshop, builder, leave=builds.leave)
    return OnHost(workshop, builder, builds.jobs or _jobs())


def _end_jobs(workshop: Workshop) -> None:
    """End what a deploy by Slurm has left, with the files that it builds from."""
    if works(workshop):
        clear(workshop, Slurm(workshop.system))
    Layer(workshop).remove()


def _with_mirror(workshop: Workshop) -> Workshop:
    """Unpack an archive where nobody else can change it."""
    if workshop.mirror is None or workshop.mirror.folder:
        return workshop
    workshop.progress.state(_MIRROR, "unpacking")
    return replace(workshop, mirror=unpacked(workshop.mirror, workshop.layout.cache))


def _settle(workshop: Workshop, plan: Plan) -> None:
    with contextlib.suppress(OSError):  # it only makes the next run with nothing to do faster
        settle(workshop.system, workshop.layout, plan)


def _give_up_edit(change: Change) -> Change:
    return replace(change, sign="~") if change.edited else change


def _jobs() -> int:
    return min(4, len(os.sched_getaffinity(0)))


def _prepare(opened: OpenSite, progress: Progress) -> Workshop:
    """Make the directories that every step needs; the cache is nobody else's."""
    layout, system = workshop_for(opened, progress).layout, opened.system
    for path in (layout.software, layout.state, layout.generations, layout.logs):
        system.make_directory(path)
    system.make_directory(layout.cache, 0o700)
    for name in system.names(layout.logs)[: -KEPT_LOGS + 1]:
        system.remove(f"{layout.logs}/{name}")
    logs = f"{layout.logs}/{utc_now():%Y%m%dT%H%M%S}-{os.getpid()}"
    system.make_directory(logs)
    return workshop_for(opened, progress, logs)


def usable_lmod(workshop: Workshop) -> Lmod | None:
    """Return the Lmod of this host; None when there is none, which only a site that requires one refuses."""
    rule, lmod = workshop.site.lmod, find_lmod(workshop.system)
    if lmod is None and rule.required:
        raise StepFailed("no Lmod on this host can load the new modules", "`invoke doctor` says how to install it")
    if lmod is not None and not lmod.at_least(rule.minimum):
        raise StepFailed(
            f"Lmod {lmod.version} of {lmod.package} is older than `lmod.minimum`, {rule.minimum}",
            "install a newer one, or lower `lmod.minimum` if users have this one",
        )
    return lmod


def lmod_test(workshop: Workshop, lmod: Lmod | None) -> LoadTest:
    """Return the test that a new generation must pass; without Lmod here it is compiled only, and that is said."""
    system, caches = workshop.system, workshop.site.caches

    def test(tree: str, modules: Sequence[str], node: str) -> Sequence[str]:
        if lmod is None:
            workshop.progress.state(MODULES, "compiled, not loaded: no Lmod on this host")
            return ()
        scratch = f"{workshop.layout.cache}/load-test"
        system.make_directory(scratch, 0o700)
        # Temporary caches in a place of our own: a test makes no directory in anybody's project space.
        toggles = {caches.conda.toggle: "0", caches.uv.toggle: "0"}
        given = {"TMPDIR": scratch, "LMODFORGE_LOOK_ONLY": node or "1", **toggles}
        failures = load_test(ThisHost(system, lmod), tree, modules, environment=given, jobs=_jobs())
        system.remove(scratch)
        return [str(failure) for failure in failures]

    return test
