"""Every module has a full name of its own, and every directory of modules at most one default."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lmodforge.config.distributions import PythonDistribution
from lmodforge.config.document import Document
from lmodforge.config.models import SiteConfig
from lmodforge.config.nodes import Loc
from lmodforge.errors import Mistake, Where


@dataclass(frozen=True)
class _Module:
    """A module that the site will have."""

    name: str
    owner: str
    loc: Loc
    default: bool
    interpreter: str = ""
    """What decides its version, where the file does not."""
    aliases: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[str, str]:
        return self.name, self.interpreter

    @property
    def directory(self) -> str:
        return posixpath.dirname(self.name)


def check_modules(site: SiteConfig, document: Document) -> Iterator[Mistake]:
    """Check the names of all modules against each other."""
    modules = [*_distributions(site), *_environments(site), *_tools(site), *_workspaces(site)]
    first: dict[tuple[str, str], _Module] = {}
    defaults: dict[str, _Module] = {}
    for module in modules:
        yield from _named_twice(module, first.setdefault(module.identity, module), document)
        if module.default:
            yield from _two_defaults(module, defaults.setdefault(module.directory, module), document)
    by_name = {module.name: module for module in modules}
    for module in modules:
        yield from _below_another(module, by_name, document)
    yield from _aliases(modules, by_name, document)
    yield from _listed_by_two(site, document)


def _aliases(modules: Iterable[_Module], by_name: Mapping[str, _Module], document: Document) -> Iterator[Mistake]:
    """Check that no other name of a module is one that something else has."""
    first: dict[str, _Module] = {}
    for module in modules:
        for i, alias in enumerate(module.aliases):
            other = by_name.get(alias) or first.setdefault(alias, module)
            if other is not module or alias == module.name:
                yield Mistake(
                    f"alias `{alias}` of {module.owner} is also a name of {other.owner}",
                    "Lmod could load only one of them: choose another",
                    document.locate((*module.loc, "lifecycle", "aliases", i)),
                )


def _distributions(site: SiteConfig) -> Iterator[_Module]:
    for name, distribution in site.distributions.items():
        unknown = isinstance(distribution, PythonDistribution) and distribution.version is None
        yield _Module(
            distribution.module.replace("{version}", distribution.version or "{version}"),
            f"distribution `{name}`",
            ("distributions", name),
            distribution.default,
            distribution.interpreter if isinstance(distribution, PythonDistribution) and unknown else "",
            distribution.lifecycle.aliases,
        )


def _environments(site: SiteConfig) -> Iterator[_Module]:
    for name, environment in site.environments.items():
        full_name = (environment.module or f"{name}/{{version}}").replace("{version}", environment.version)
        aliases = environment.lifecycle.aliases
        yield _Module(full_name, f"environment `{name}`", ("environments", name), environment.default, "", aliases)


def _tools(site: SiteConfig) -> Iterator[_Module]:
    for name, tool in site.tools.items():
        full_name = (tool.module or f"{name}/{{version}}").replace("{version}", tool.version)
        yield _Module(full_name, f"tool `{name}`", ("tools", name), tool.default, "", tool.lifecycle.aliases)


def _workspaces(site: SiteConfig) -> Iterator[_Module]:
    if asked := site.workspaces:
        full_name, aliases = asked.module.replace("{version}", asked.version), asked.lifecycle.aliases
        yield _Module(full_name, "`workspaces`", ("workspaces",), asked.default, "", aliases)


def _at(document: Document, module: _Module, key: str = "module") -> Where:
    return document.locate((*module.loc, key))


def _named_twice(module: _Module, first: _Module, document: Document) -> Iterator[Mistake]:
    if first is not module:
        yield Mistake(
            f"module `{module.name}` of {module.owner} is also that of {first.owner}, at {_at(document, first)}",
            "give one of them another `module`",
            _at(document, module),
        )


def _two_defaults(module: _Module, first: _Module, document: Document) -> Iterator[Mistake]:
    if first is not module:
        yield Mistake(
            f"`{module.directory}` has two defaults: {module.owner}, and {first.owner} at "
            f"{_at(document, first, 'default')}",
            "keep `default: true` for the one that is loaded when no version is given",
            _at(document, module, "default"),
        )


def _below_another(module: _Module, by_name: dict[str, _Module], document: Document) -> Iterator[Mistake]:
    above = module.directory
    while above:
        if other := by_name.get(above):
            yield Mistake(
                f"module `{module.name}` of {module.owner} lies below module `{above}` of {other.owner}, at "
                f"{_at(document, other)}: in Lmod a name is either a module or a directory",
                f"give the other a version: `{above}/{{version}}`",
                _at(document, module),
            )
        above = posixpath.dirname(above)


def _listed_by_two(site: SiteConfig, document: Document) -> Iterator[Mistake]:
    """Check that an environment, which is built for each distribution that lists it, needs one module only."""
    first: dict[str, str] = {}
    for name, distribution in site.distributions.items():
        for i, environment in enumerate(distribution.environments):
            if first.setdefault(environment, name) != name:
                yield Mistake(
                    f"environment `{environment}` is also listed by distribution `{first[environment]}`: "
                    "both would have the same module",
                    "list it once, or describe a second environment under another name",
                    document.locate(("distributions", name, "environments", i)),
                )
