"""Say which modules hold a package: an answer from receipts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from packaging.utils import canonicalize_name

from lmodforge.commands.receipts import read_deployment
from lmodforge.commands.site import open_site
from lmodforge.config.node_types import ANY
from lmodforge.plan.nodes import where
from lmodforge.receipts.models import DistributionReceipt, Installed, ReleaseReceipt, ToolReceipt
from lmodforge.report.style import table


@dataclass(frozen=True, order=True)
class Holder:
    """A module that holds a package."""

    package: str
    version: str
    module: str
    nodes: tuple[str, ...] = ()
    """The types of nodes on which it does, where it does not on all."""

    @property
    def load(self) -> str:
        """Return what a user types, and where."""
        return f"module load {self.module}{f' on {where(self.nodes)}' if self.nodes else ''}"


@dataclass(frozen=True)
class Found:
    """Every module that holds it."""

    pattern: str
    holders: tuple[Holder, ...]

    @property
    def text(self) -> str:
        """Return a table."""
        if not self.holders:
            return f"no module holds `{self.pattern}`"
        return "\n".join(table([(h.package, h.version, h.load) for h in self.holders], ""))

    @property
    def json(self) -> dict[str, Any]:
        """Return the `find` document, version 1."""
        rows = [
            {"package": h.package, "version": h.version, "module": h.module, "nodes": list(h.nodes) or None}
            for h in self.holders
        ]
        return {"document": "find", "version": 1, "pattern": self.pattern, "holders": rows}


def find_package(pattern: str, site: str, root: str) -> Found:
    """Look a package up, by the name that PyPI gives it or with `*`."""
    deployment, wanted = read_deployment(open_site(site, root)), canonicalize_name(pattern)
    holders = []
    for module, prefix in deployment.generation.modules.items():
        releases = deployment.generation.variants.get(module, {ANY: prefix})
        for (name, version), nodes in _entries(releases, deployment.installed).items():
            if fnmatchcase(canonicalize_name(name), wanted):
                holders.append(Holder(name, version, module, () if nodes == [*releases] else tuple(nodes)))
    return Found(pattern, tuple(sorted(holders)))


def _entries(releases: Mapping[str, str], installed: Mapping[str, Installed]) -> dict[tuple[str, str], list[str]]:
    """Return the types of nodes whose release holds it, by the name and version of a package or a tool."""
    found: dict[tuple[str, str], list[str]] = {}
    for node, path in releases.items():
        receipt = installed.get(path)
        held = {(receipt.name, receipt.version)} if isinstance(receipt, ToolReceipt) else set()
        if isinstance(receipt, DistributionReceipt | ReleaseReceipt):
            held = {(package.name, package.version) for package in receipt.packages}
        for entry in held:
            found.setdefault(entry, []).append(node)
    return found
