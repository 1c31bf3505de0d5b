"""What a deploy did, and what a user types next."""

from __future__ import annotations

import posixpath
import shlex
from collections import Counter
from typing import Any

from lmodforge.apply.execute import Outcome
from lmodforge.config.models import SiteConfig
from lmodforge.config.node_types import ANY
from lmodforge.plan.actions import Plan
from lmodforge.plan.layout import Layout
from lmodforge.report.plan import plan_json
from lmodforge.report.style import counted, paint, size


def deployed_text(site: SiteConfig, plan: Plan, outcome: Outcome | None, *, settled: bool) -> str:
    """Write what was done and the commands that try it."""
    if outcome is None:
        return f"Site {plan.site}: nothing to do."
    lines = [f"Site {plan.site}: {_done(plan)}", ""]
    if outcome.generation is not None:
        built = f"{counted(outcome.installed, 'prefix')}, {counted(outcome.released, 'release')}"
        built += f", {counted(len(outcome.archives), 'archive')}" if outcome.archives else ""
        lines.append(paint(f"Generation {outcome.generation} is current ({built} built).", "green"))
    archives = _archives(site, plan, outcome)
    lines += [f"    {each['name']}: {size(each['size'])}, sha256 {each['sha256']}" for each in archives]
    lines += [paint(f"warning: {warning}", "yellow") for warning in plan.warnings]
    if not settled:
        lines += ["", "The world changed during the deploy: `invoke plan` shows what is left to do."]
    return "\n".join([*lines, "", *next_steps(site)])


def _archives(site: SiteConfig, plan: Plan, outcome: Outcome) -> list[dict[str, Any]]:
    """Describe what was packed, each by the name that users know and by its file."""
    return [
        {
            "name": f"{Layout.of(site.paths).archives}/{action.name}",
            "file": made.path,
            "environment": made.name,
            "version": action.version,
            "format": made.type,
            "place": made.place or None,
            "size": made.size,
            "sha256": made.sha256,
        }
        for action, made in zip(plan.archives, outcome.archives, strict=True)
    ]


def _done(plan: Plan) -> str:
    counts = Counter(change.sign for change in plan.changes)
    return f"{counts['+']} created, {counts['~']} changed, {counts['-']} removed."


def next_steps(site: SiteConfig) -> list[str]:
    """Return what a user types next, for this site."""
    profile = shlex.quote(posixpath.join(Layout.of(site.paths).modulefiles, "init", "profile.sh"))
    lines = [
        "What a user types next:",
        "",
        f"    source {profile}      # once per login; sites put it in /etc/profile.d",
    ]
    lines.append("    module avail")
    for distribution in site.distributions.values():
        # By its own name only what is built for every node is found.
        found = [name for name in distribution.environments if ANY in (site.environments[name].nodes or (ANY,))]
        if found:
            module = distribution.module.replace("/{version}", "")
            lines += [f"    module load {module}", f"    source activate {found[0]}"]
            break
    return lines


def deployed_json(site: SiteConfig, plan: Plan, outcome: Outcome | None, *, settled: bool) -> dict[str, Any]:
    """Return the `deploy` document, version 1."""
    return {
        "document": "deploy",
        "version": 1,
        "site": plan.site,
        "changes": plan_json(plan)["changes"],
        "warnings": list(plan.warnings),
        "archives": _archives(site, plan, outcome) if outcome else [],
        "generation": outcome.generation if outcome else None,
        "settled": settled,
    }
