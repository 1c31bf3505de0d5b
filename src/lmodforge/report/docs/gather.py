"""From receipts and a site file to one cluster of the catalogue. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from packaging.utils import canonicalize_name

from lmodforge.config.distributions import Distribution as DistributionConfig
from lmodforge.config.environments import Environment as EnvironmentConfig
from lmodforge.config.licences import without_token
from lmodforge.config.models import SiteConfig
from lmodforge.config.node_types import OnNodes
from lmodforge.kits.archive import Archive, published
from lmodforge.plan.archives import archives_of
from lmodforge.plan.layout import link_name
from lmodforge.plan.variants import on_nodes
from lmodforge.receipts.models import (
    ArchiveReceipt,
    DistributionReceipt,
    GenerationReceipt,
    Installed,
    PackageEntry,
    ReleaseReceipt,
    ToolReceipt,
)
from lmodforge.report.docs.catalogue import LICENCES, Cluster, Distribution, Environment, Package, Release, Tool

_ALIAS = "https://conda.anaconda.org/"
"""What conda puts before the name of a channel."""
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def cluster_of(site: SiteConfig, generation: GenerationReceipt, installed: Mapping[str, Installed]) -> Cluster:
    """Tell what the current generation leads to, and which releases there were before."""
    return _Gathering(site, generation, installed).cluster()


@dataclass(frozen=True)
class _Gathering:
    site: SiteConfig
    generation: GenerationReceipt
    installed: Mapping[str, Installed]

    def cluster(self) -> Cluster:
        modules = sorted(self.generation.modules.items())
        found = [(name, self.installed[path]) for name, path in modules if path in self.installed]
        bases = [(name, base) for name, base in found if isinstance(base, DistributionReceipt)]
        order = {name: number for number, name in enumerate(self.site.distributions)}
        bases.sort(key=lambda pair: (order.get(pair[1].name, len(order)), pair[0]))
        return Cluster(
            config=self.site,
            generation=self.generation.number,
            made=self.generation.made_at,
            modules=len(modules),
            distributions=tuple(self._distribution(name, receipt) for name, receipt in bases),
            tools=tuple(self._tool(name, tool) for name, tool in found if isinstance(tool, ToolReceipt)),
        )

    def _tool(self, module: str, receipt: ToolReceipt) -> Tool:
        written = self.site.tools.get(receipt.name)  # type: ignore[call-overload]  # a receipt may name an older tool
        return Tool(
            site=self.site.name,
            name=receipt.name,
            version=receipt.version,
            module=module,
            made=receipt.made_at,
            default=bool(written and written.default),
            summary=written.summary if written else "",
            url=written.url if written else "",
        )

    def _distribution(self, module: str, receipt: DistributionReceipt) -> Distribution:
        written = self.site.distributions.get(receipt.name)
        packages = _packages(receipt.packages, "" if receipt.type == "existing" else "PyPI")
        return Distribution(
            site=self.site.name,
            name=receipt.name,
            kind=receipt.type,
            module=module,
            version=receipt.version,
            python=_python_of(receipt, packages),
            prefix=receipt.path,
            made=receipt.made_at,
            size=receipt.size,
            files=receipt.count,
            packages=packages,
            environments=self._environments(module, receipt, written),
            licence=LICENCES.get(receipt.type, ""),
            default=bool(written and written.default),
            **_said(written),
            **_end_of_life(written),
        )

    def _environments(
        self, module: str, base: DistributionReceipt, written: DistributionConfig | None
    ) -> tuple[Environment, ...]:
        """Return those that users meet now and that are not hidden, in the order of the site file."""
        built: dict[str, list[ReleaseReceipt]] = {}
        for receipt in self.installed.values():
            if isinstance(receipt, ReleaseReceipt) and receipt.path.startswith(f"{base.path}/releases/"):
                built.setdefault(receipt.name, []).append(receipt)
        order = {name: number for number, name in enumerate(written.environments if written else ())}
        names = sorted(built, key=lambda name: (order.get(name, len(order)), name))
        found = (self._environment(module, name, built[name], base) for name in names)
        return tuple(environment for environment in found if environment)

    def _environment(
        self, distribution: str, name: str, receipts: list[ReleaseReceipt], base: DistributionReceipt
    ) -> Environment | None:
        receipts = sorted(receipts, key=lambda receipt: (receipt.made_at, receipt.path))
        leading = {path: module for module, path in self.generation.modules.items()}
        latest = {(receipt.node, receipt.version): receipt.path for receipt in receipts}
        made = {
            receipt.path: replace(
                _release(
                    receipt, base, leading.get(receipt.path, ""), latest[receipt.node, receipt.version] == receipt.path
                ),
                archives=self._archives(receipt.path, leading.get(receipt.path, "")),
            )
            for receipt in receipts
        }
        # What is for other nodes than the module's most general release stands with that one.
        nodes = {receipt.node for receipt in receipts if receipt.path in leading}
        releases = [self._for_each_node(made[receipt.path], made) for receipt in receipts if receipt.node in nodes]
        shown = [release for release in releases if release.module]
        if not shown:
            return None
        written = self.site.environments.get(name)
        if written and written.lifecycle.hidden:
            return None
        newest = next((release for release in shown if written and release.version == written.version), shown[-1])
        # The site file may ask for more than is deployed yet.
        there = {canonicalize_name(package.name) for package in newest.packages}
        return Environment(
            site=self.site.name,
            name=name,
            distribution=distribution,
            base=base.name,
            releases=tuple(releases),
            newest=newest,
            default=bool(written and written.default),
            imports=written.check.imports if written else (),
            wanted=tuple(name for name in requested(written, newest.node) if name in there) if written else (),
            **_said(written),
            **_end_of_life(written),
        )

    def _for_each_node(self, release: Release, made: Mapping[str, Release]) -> Release:
        """Add the releases for other nodes that a module chooses from."""
        types = self.generation.variants.get(release.module, {})
        found = {path: replace(made[path], node=node) for node, path in types.items() if path in made}
        if release.path not in found:
            return release
        others = tuple(one for path, one in found.items() if path != release.path)
        return replace(found[release.path], types=tuple(types), others=others)

    def _archives(self, release: str, module: str) -> tuple[Archive, ...]:
        """Return those of a release, then those of the same module's releases for other types of nodes."""
        others = {*self.generation.variants.get(module, {}).values()} - {release}
        of_others = [each for other in others for each in self._packed.get(other, ())]
        return (*published(self._packed.get(release, ())), *published(of_others))

    @cached_property
    def _packed(self) -> Mapping[str, list[tuple[str, ArchiveReceipt]]]:
        """The archives that users find, with their names, by release."""
        packed: dict[str, list[tuple[str, ArchiveReceipt]]] = {}
        for link, archive in archives_of(self.generation, self.installed).items():
            packed.setdefault(archive.release, []).append((link, archive))
        return packed


def _release(receipt: ReleaseReceipt, base: DistributionReceipt, module: str, by_name: bool) -> Release:
    packages, short = _packages(receipt.packages, "PyPI"), link_name(receipt.name, receipt.node)
    pythons = [package.version for package in packages if package.name == "python"]
    return Release(
        version=receipt.version,
        made=receipt.made_at,
        path=receipt.path,
        engine=receipt.engine,
        python=pythons[0] if pythons else base.version if base.type == "python" else "",
        size=receipt.size,
        files=receipt.files,
        packages=packages,
        module=module,
        name=f"{short}-{receipt.version}" if by_name else receipt.path,
        short=short,
        channels=_channels(receipt.packages),
        lock=receipt.lock,
        pypi_lock=receipt.pypi_lock,
        lacks=receipt.lacks,
    )


def _packages(entries: Iterable[PackageEntry], index: str) -> tuple[Package, ...]:
    """Take over what a receipt lists; what came from no channel came from the index."""
    return tuple(
        sorted(
            Package(entry.name, entry.version, channel_name(entry.channel) or index, entry.licence) for entry in entries
        )
    )


def channel_name(url: str) -> str:
    """Shorten a channel's URL to what people call it."""
    return without_token(url).rstrip("/").rpartition("/")[2]


def _channels(entries: Iterable[PackageEntry]) -> tuple[str, ...]:
    found = Counter(without_token(entry.channel).removeprefix(_ALIAS) for entry in entries if entry.channel)
    return tuple(channel for channel, _ in sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _python_of(receipt: DistributionReceipt, packages: Iterable[Package]) -> str:
    if receipt.type == "python":
        return receipt.version
    return next((package.version for package in packages if package.name == "python"), "")


def _said(written: DistributionConfig | EnvironmentConfig | None) -> dict[str, Any]:
    if written is None:
        return {}
    return {"summary": written.summary, "keywords": written.keywords, "url": written.url}


def _end_of_life(written: DistributionConfig | EnvironmentConfig | None) -> dict[str, Any]:
    cycle = written.lifecycle if written else None
    if cycle is None:
        return {}
    return {"retired": cycle.deprecated or "", "removed": cycle.removed or "", "advice": cycle.advice}


def requested(written: EnvironmentConfig, node: str) -> tuple[str, ...]:
    """Return the names of what was asked for on nodes of a type, as metadata write them."""
    written = on_nodes(written, written.nodes.get(node, OnNodes()))
    asked = [spec.rpartition("::")[2] for spec in written.conda] + list(written.pypi)
    names = (match[0] for text in asked if (match := _NAME.match(text.strip())))
    return tuple(sorted({canonicalize_name(name) for name in names}))
