"""Whether this node is one that a release is for: it is built and checked on no other."""

from __future__ import annotations

import os
from collections.abc import Iterable

from lmodforge.apply.system import System
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import StepFailed
from lmodforge.plan.actions import BuildRelease
from lmodforge.plan.nodes import CPUINFO, DRIVER, Node, misfits, node_of


def this_node(system: System) -> Node:
    """Look at this node, by the name that Slurm has for it inside a job, or else its own."""
    texts = [(system.read(path) or b"").decode(errors="replace") for path in (CPUINFO, DRIVER)]
    return node_of(os.environ.get("SLURMD_NODENAME") or os.uname().nodename, *texts)


def refuse_other_nodes(releases: Iterable[BuildRelease], workshop: Workshop) -> None:
    """Raise for releases that are for nodes of a type that this one is not of."""
    if wanted := [release for release in releases if release.node]:
        node = this_node(workshop.system)
        failures = [failure for release in wanted if (failure := _other(release, node, workshop))]
        if failures:
            raise StepFailed.together(failures)


def _other(release: BuildRelease, node: Node, workshop: Workshop) -> StepFailed | None:
    reasons = misfits(workshop.site.nodes[release.node], node)
    if not reasons:
        return None
    key = f"`nodes.{release.node}`"
    if workshop.marked:
        hint = f"`--on slurm` builds it on such a node; or deploy on one, or correct {key}"
    else:
        hint = f"let `job` of {key} ask for a partition or a constraint whose nodes are, or correct {key}"
    return StepFailed(f"{release.subject}: {node.name} is no `{release.node}`: {'; '.join(reasons)}", hint)
