"""An environment as it is for each type of nodes: what the types add to it, and which types are of this platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lmodforge.config.checks import Check
from lmodforge.config.environments import Environment
from lmodforge.config.models import SiteConfig
from lmodforge.config.node_types import ANY, NodeType, OnNodes
from lmodforge.config.processors import FAMILIES, processor
from lmodforge.plan.layout import environment_subject


@dataclass(frozen=True)
class Variant:
    """What is built: one release."""

    name: str
    """Of the environment."""
    node: str
    """Type of nodes; empty: every node, or every other one."""
    environment: Environment
    """With what it has besides on such nodes."""
    virtual_packages: Mapping[str, str] = field(default_factory=dict)
    """What conda knows of such nodes."""

    @property
    def subject(self) -> str:
        """What messages call it."""
        return environment_subject(self.name, self.node)


def variants_of(site: SiteConfig, name: str, platform: str) -> tuple[Variant, ...]:
    """Return what is built of an environment on a platform, in the order in which a node chooses."""
    environment = site.environments[name]
    if not environment.nodes:
        return (Variant(name, "", environment),)
    return tuple(
        Variant(name, "" if node == ANY else node, on_nodes(environment, on), _virtual_packages(site.nodes.get(node)))
        for node, on in environment.nodes.items()
        if node == ANY or _is_of(site.nodes[node], platform)
    )


def _is_of(node: NodeType, platform: str) -> bool:
    return node.archspec is None or processor(node.archspec).family == FAMILIES.get(platform)


def _virtual_packages(node: NodeType | None) -> dict[str, str]:
    stated = {"__archspec": node.archspec, "__cuda": node.cuda} if node else {}
    return {name: value for name, value in stated.items() if value}


def on_nodes(environment: Environment, on: OnNodes) -> Environment:
    """Return an environment with what it has besides on nodes of a type."""
    further = {"conda": (*environment.conda, *on.conda), "pypi": (*environment.pypi, *on.pypi)}
    return environment.model_copy(update={**further, "check": _both(environment.check, on.check)})


def _both(one: Check, other: Check) -> Check:
    """Put checks together; each may take as long as the longest."""
    if not (other.imports or other.run):
        return one
    return one.model_copy(
        update={
            "imports": (*one.imports, *other.imports),
            "run": (*one.run, *other.run),
            "timeout": max(one.timeout, other.timeout),
        }
    )
