"""A prefix is frozen once it is built: nothing else may lie in it, nor it in anything else."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from lmodforge.config.crosscheck.settings import met_by_archives
from lmodforge.config.document import Document
from lmodforge.config.models import SiteConfig
from lmodforge.config.root import overlap
from lmodforge.errors import Mistake, Where

_RECEIPTS = "the receipts"
_APART = "give each a directory of its own, with `prefix` or another `module`"


@dataclass(frozen=True)
class _Directory:
    """A directory and whose it is."""

    path: str
    owner: str
    where: Where
    as_module: bool = False
    """Whether it is named like its module: then two of one name have two modules of one name, which is said there."""

    def __str__(self) -> str:
        return f"{self.owner}, at {self.where}" if self.where.line else self.owner


def check_prefixes(site: SiteConfig, document: Document) -> Iterator[Mistake]:
    """Check the prefixes of distributions and tools against each other and against our own directories."""
    prefixes = [*_distributions(site, document), *_tools(site, document)]
    first = {directory.path: directory for directory in _our_own(site, document)}
    for prefix in prefixes:
        other = first.setdefault(prefix.path, prefix)
        if other is not prefix and not (prefix.as_module and other.as_module):
            yield Mistake(f"prefix {prefix.path} of {prefix.owner} is also that of {other}", _APART, prefix.where)
    for directory in list(first.values()):
        if directory.owner != _RECEIPTS:
            yield from _inside_another(directory, first, site.paths.software)


def _our_own(site: SiteConfig, document: Document) -> Iterator[_Directory]:
    software = site.paths.software
    yield _Directory(software, "`paths.software`", document.locate(("paths", "software")))
    yield _Directory(f"{software}/.lmodforge", _RECEIPTS, Where(""))
    if not overlap(software, site.paths.modulefiles):  # that is a mistake of its own
        yield _Directory(site.paths.modulefiles, "`paths.modulefiles`", document.locate(("paths", "modulefiles")))
    archived = any(environment.archives for environment in site.environments.values())
    if archived and not met_by_archives(site.paths):  # the same
        yield _Directory(site.paths.packed, "`paths.archives`", document.locate(("paths", "archives")))


def _distributions(site: SiteConfig, document: Document) -> Iterator[_Directory]:
    for name, distribution in site.distributions.items():
        module = distribution.module.replace("{version}", distribution.version or "{version}")
        default = f"{site.paths.software}/{module}"
        prefix = distribution.prefix or default
        where = document.locate(("distributions", name, "prefix"))
        yield _Directory(prefix, f"distribution `{name}`", where, as_module=prefix == default)


def _tools(site: SiteConfig, document: Document) -> Iterator[_Directory]:
    for name, tool in site.tools.items():
        where = document.locate(("tools", name), key=True)
        version = f"{name}/{tool.version}"
        module = (tool.module or version).replace("{version}", tool.version)
        prefix = f"{site.paths.software}/{version}"
        yield _Directory(prefix, f"tool `{name}`", where, as_module=module == version)


def _inside_another(directory: _Directory, taken: dict[str, _Directory], software: str) -> Iterator[Mistake]:
    """Look for what holds a directory. `paths.software` may; what holds that is found for that."""
    above = posixpath.dirname(directory.path)
    while above not in (software, "", "/"):
        other = taken.get(above)
        if other and not (directory.as_module and other.as_module):
            yield _not_apart(directory, other)
        above = posixpath.dirname(above)


def _not_apart(inner: _Directory, outer: _Directory) -> Mistake:
    if inner.owner.startswith("`paths."):
        return Mistake(f"prefix {outer.path} of {outer.owner} holds {inner}", _APART, outer.where)
    return Mistake(f"prefix {inner.path} of {inner.owner} lies in that of {outer}", _APART, inner.where)
