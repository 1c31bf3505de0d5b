"""What the search page looks up: a script that sets one value, because a page opened from a file may fetch nothing.

Packages are one text, a line for each: its name, and for every version where it came from, its licence and the modules
that hold it. A text stands in the script once; modules are numbers in order, written as the steps between them, most of
which are one letter. So the size grows with what is installed, not with the length of names, and a browser decodes only
the lines that match.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple

from packaging.utils import canonicalize_name

from lmodforge.plan.nodes import where
from lmodforge.report.docs.addresses import distribution_page, environment_page, tools_page
from lmodforge.report.docs.catalogue import Catalogue, Cluster, Package
from lmodforge.report.docs.versions import newest_first
from lmodforge.report.docs.view import labels

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@dataclass(frozen=True)
class Module:
    """What a user loads, as the search page shows it; the order of the fields is that of the script."""

    name: str
    cluster: int
    """Its place in the list of clusters."""
    kind: str
    """`distribution`, `environment` or `tool`."""
    distribution: str
    environment: str
    current: bool
    """Whether it is the newest release of its environment."""
    python: str
    page: str
    """Address below the root of the pages."""
    goes: bool = False
    """Whether the site says that it goes away."""
    nodes: str = ""
    """Of the entry for what it holds on some nodes alone: which."""
    back: int = 0
    """Of such an entry: how many places before it stands that for all nodes."""

    @property
    def row(self) -> list[Any]:
        """Return the fields alone; their names would stand in the script a thousand times."""
        kind = ("environment", "distribution", "tool").index(self.kind)
        names = (self.name, self.cluster, kind, self.distribution, self.environment)
        some = [self.nodes, self.back] if self.nodes else []
        return [*names, int(self.current), self.python, self.page, int(self.goes), *some]


class _Variant(NamedTuple):
    """One of the builds that go by a name; conda and PyPI may spell it differently."""

    version: str
    channel: str
    licence: str
    name: str


@dataclass
class _Numbered:
    """Texts by number, in the order in which they came."""

    texts: dict[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))


def search_script(catalogue: Catalogue) -> str:
    """Return the text of the script, in ASCII."""
    text = json.dumps(search_data(catalogue), ensure_ascii=True, separators=(",", ":"))
    return f"window.lmodforge={{data:{text}}};\n"


def search_data(catalogue: Catalogue) -> dict[str, Any]:
    """Return clusters, modules and packages; numbers are places in the lists of the same document."""
    modules: list[Module] = []
    holders: dict[str, dict[_Variant, list[int]]] = {}
    for module, packages in _modules(catalogue):
        for package in packages:
            variant = _Variant(_word(package.version), package.channel, package.licence, _word(package.name))
            holders.setdefault(_normal(package.name), {}).setdefault(variant, []).append(len(modules))
        modules.append(module)
    channels, licences = _Numbered(), _Numbered()
    titles = labels(cluster.config for cluster in catalogue.clusters)
    return {
        "version": 2,
        "clusters": [[one.name, titles[one.name], int(_is_hierarchy(one))] for one in catalogue.clusters],
        "packages": "\n".join(_line(holders[name], channels, licences) for name in sorted(holders)),
        "channels": list(channels.texts),
        "licences": list(licences.texts),
        "modules": [module.row for module in modules],
    }


def encoded(numbers: Sequence[int]) -> str:
    """Write rising numbers as the steps between them, in the variable-length base 64 of source maps, without a sign.

    >>> encoded([0, 1, 2, 40])
    'AAAlB'
    """
    letters, before = [], -1
    for number in numbers:
        step = number - before - 1
        before = number
        while step > 31:
            letters.append(_DIGITS[step & 31 | 32])
            step >>= 5
        letters.append(_DIGITS[step])
    return "".join(letters)


def _line(variants: dict[_Variant, list[int]], channels: _Numbered, licences: _Numbered) -> str:
    fields = [min(variant.name for variant in variants)]
    order = {version: place for place, version in enumerate(newest_first({variant.version for variant in variants}))}
    for variant in sorted(variants, key=lambda variant: (order[variant.version], variant)):
        number = f"{channels.number(variant.channel)},{licences.number(variant.licence)}"
        # An adopted prefix may hold two copies of one version.
        fields += [variant.version, number, encoded(sorted(set(variants[variant])))]
    return "\t".join(fields)


@cache
def _normal(name: str) -> str:
    return canonicalize_name(_word(name))


@cache
def _word(text: str) -> str:
    """Keep what separates fields out of them; what was installed by hand may be called anything."""
    return " ".join(text.split())


def _is_hierarchy(cluster: Cluster) -> bool:
    """Say whether a module of an environment is found only after that of its distribution."""
    return cluster.config.modules.layout == "hierarchy"


def _modules(catalogue: Catalogue) -> Iterator[tuple[Module, Iterable[Package]]]:
    for number, cluster in enumerate(catalogue.clusters):
        for base in cluster.distributions:
            page = f"{distribution_page(base)}.html"
            yield Module(base.module, number, "distribution", "", "", True, base.python, page, base.goes), base.packages
            for env in base.environments:
                page = f"{environment_page(env)}.html"
                for release in (release for release in env.releases if release.module):
                    current = release is env.newest
                    of = (base.module, env.name, current, release.python, page, env.goes or base.goes)
                    module = Module(release.module, number, "environment", *of)
                    yield module, release.common
                    for back, one in enumerate(release.by_node if release.types else (), 1):
                        yield replace(module, python=one.python, nodes=where([one.node]), back=back), one.packages
        for tool in cluster.tools:
            page = f"{tools_page()}.html"
            package = Package(tool.name, tool.version, "PyPI")
            yield Module(tool.module, number, "tool", "", "", True, "", page), [package]
