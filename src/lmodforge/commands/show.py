"""Plan and deploy for people and programs: the quick way out first, then the work with its progress."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lmodforge.commands.planning import is_up_to_date
from lmodforge.commands.site import OpenSite, open_site

if TYPE_CHECKING:
    from lmodforge.plan.actions import Plan


@dataclass(frozen=True)
class Shown:
    """The same result as text and as a JSON document."""

    text: str
    json: dict[str, Any]
    changes: int = 0


def show_plan(site: str, root: str, out: str, offline: str = "") -> Shown:
    """Make the plan, and save it where `out` says."""
    opened = open_site(site, root, offline=offline)
    if not out and is_up_to_date(opened):
        return _nothing(opened)
    from lmodforge.commands.planning import engines_for, plan_site, workshop_for  # noqa: PLC0415 - only with something to do
    from lmodforge.report.plan import plan_json, plan_text  # noqa: PLC0415 - the same
    from lmodforge.report.progress import progress_for_stderr  # noqa: PLC0415 - the same

    with progress_for_stderr() as progress:
        workshop = workshop_for(opened, progress)
        plan = plan_site(opened, workshop, engines_for(workshop, opened.document))
    if out:
        from lmodforge.commands.saved import encode_plan  # noqa: PLC0415 - the same

        opened.system.write(Path(out).absolute(), encode_plan(plan))
    return Shown(plan_text(plan), plan_json(plan), len(plan.changes))


def run_deploy(
    site: str,
    root: str,
    *,
    plan: str,
    replace_edited: bool,
    jobs: int = 0,
    on: str = "",
    leave: bool = False,
    offline: str = "",
) -> Shown:
    """Deploy, and say what a user types next."""
    saved = _saved(plan) if plan else None
    if saved:
        site, root = saved.arguments["site"], saved.arguments["root"]
        offline = offline or saved.arguments.get("offline", "")
    opened = open_site(site, root, offline=offline)
    if not saved and is_up_to_date(opened):
        return _nothing(opened)
    from lmodforge.commands.deploy import BuildOptions, deploy  # noqa: PLC0415 - only with something to do
    from lmodforge.report.deployed import deployed_json, deployed_text  # noqa: PLC0415 - the same
    from lmodforge.report.progress import progress_for_stderr  # noqa: PLC0415 - the same

    builds = BuildOptions(on=_place(on), jobs=jobs, leave=leave)
    with progress_for_stderr() as progress:
        done = deploy(opened, progress, saved=saved, replace_edited=replace_edited, builds=builds)
    return Shown(
        deployed_text(opened.config, done.plan, done.outcome, settled=done.settled),
        deployed_json(opened.config, done.plan, done.outcome, settled=done.settled),
    )


def _place(on: str) -> str:
    if on not in ("", "host", "slurm"):
        from lmodforge.errors import SiteError  # noqa: PLC0415 - the same

        raise SiteError(f"--on {on}: nothing is built there", "`host` or `slurm`")
    return on


def _saved(path: str) -> Plan:
    from lmodforge.commands.saved import decode_plan  # noqa: PLC0415 - only a saved plan needs it

    return decode_plan(path)


def _nothing(opened: OpenSite) -> Shown:
    name = str(opened.document.plain.get("name"))
    document = {"document": "plan", "version": 1, "site": name, "changes": []}
    return Shown(f"Site {name}: nothing to do.", document)
