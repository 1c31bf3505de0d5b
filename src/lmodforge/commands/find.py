"""Say which modules hold a package: an answer from receipts."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from packaging.utils import canonicalize_name

from lmodforge.commands.receipts import read_deployment
from lmodforge.commands.site import open_site
from lmodforge.receipts.models import DistributionReceipt, ReleaseReceipt, ToolReceipt
from lmodforge.report.style import table


@dataclass(frozen=True, order=True)
class Holder:
    """A module that holds a package."""

    package: str
    version: str
    module: str


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
        return "\n".join(table([(h.package, h.version, f"module load {h.module}") for h in self.holders], ""))

    @property
    def json(self) -> dict[str, Any]:
        """Return the `find` document, version 1."""
        rows = [{"package": h.package, "version": h.version, "module": h.module} for h in self.holders]
        return {"document": "find", "version": 1, "pattern": self.pattern, "holders": rows}


def find_package(pattern: str, site: str, root: str) -> Found:
    """Look a package up, by the name that PyPI gives it or with `*`."""
    deployment, wanted = read_deployment(open_site(site, root)), canonicalize_name(pattern)
    holders = []
    for module, prefix in deployment.generation.modules.items():
        receipt = deployment.installed.get(prefix)
        if receipt is None:
            continue
        entries = [(receipt.name, receipt.version)] if isinstance(receipt, ToolReceipt) else []
        if isinstance(receipt, DistributionReceipt | ReleaseReceipt):
            entries = [(package.name, package.version) for package in receipt.packages]
        holders += [
            Holder(name, version, module) for name, version in entries if fnmatchcase(canonicalize_name(name), wanted)
        ]
    return Found(pattern, tuple(sorted(holders)))
