"""What the search page looks up: a script that sets one value, because a page opened from a file may fetch nothing.

Every text stands in it once. A package names its modules by their number, so that the size grows with what is
installed, and not with the length of names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lmodforge.report.docs.addresses import distribution_page, environment_page, tools_page
from lmodforge.report.docs.catalogue import Catalogue, Package
from lmodforge.report.docs.versions import newest_first


@dataclass
class _Index:
    """Texts by number, in the order in which they came."""

    texts: dict[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))


def search_script(catalogue: Catalogue) -> str:
    """Return the text of the script."""
    text = json.dumps(search_data(catalogue), ensure_ascii=True, separators=(",", ":"))
    return f"window.lmodforge={text};\n"


def search_data(catalogue: Catalogue) -> dict[str, Any]:
    """Return clusters, modules and packages; numbers are places in the lists of the same document."""
    channels, licences = _Index(), _Index()
    modules: list[dict[str, Any]] = []
    holders: dict[tuple[str, str], dict[str, list[int]]] = {}
    licence_of: dict[tuple[str, str], str] = {}
    for module, packages in _modules(catalogue):
        for package in packages:
            key = (package.name, package.channel)
            holders.setdefault(key, {}).setdefault(package.version, []).append(len(modules))
            licence_of[key] = package.licence or licence_of.get(key, "")
        modules.append(module)
    rows = [
        [
            name,
            channels.number(channel),
            licences.number(licence_of[name, channel]),
            [[version, versions[version]] for version in newest_first(versions)],
        ]
        for (name, channel), versions in sorted(holders.items())
    ]
    return {
        "version": 1,
        "clusters": [{"name": cluster.name, "title": cluster.title} for cluster in catalogue.clusters],
        "channels": list(channels.texts),
        "licences": list(licences.texts),
        "modules": modules,
        "packages": rows,
    }


def _modules(catalogue: Catalogue) -> Iterator[tuple[dict[str, Any], Iterable[Package]]]:
    for number, cluster in enumerate(catalogue.clusters):
        for base in cluster.distributions:
            page = distribution_page(base)
            yield _entry(base.module, number, "distribution", page, python=base.python), base.packages
            for env in base.environments:
                for release in env.releases:
                    if release.module:
                        entry = _entry(
                            release.module, number, "environment", environment_page(env), python=release.python
                        )
                        entry |= {"environment": env.name, "distribution": base.module}
                        yield entry | {"current": release is env.newest}, release.packages
        for tool in cluster.tools:
            yield _entry(tool.module, number, "tool", tools_page()), [Package(tool.name, tool.version, "PyPI")]


def _entry(name: str, cluster: int, kind: str, page: str, *, python: str = "") -> dict[str, Any]:
    entry = {"name": name, "cluster": cluster, "kind": kind, "current": True, "page": f"{page}.html"}
    return entry | ({"python": python} if python else {})
