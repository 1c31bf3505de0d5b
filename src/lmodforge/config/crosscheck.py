"""What no single key can know: whether the parts of a site fit together."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lmodforge.config.distributions import PythonDistribution
from lmodforge.config.document import Document
from lmodforge.config.models import SiteConfig
from lmodforge.config.naming import digits
from lmodforge.config.nodes import Loc
from lmodforge.config.root import is_below
from lmodforge.config.spaces import PiSources
from lmodforge.config.words import listed, nearest
from lmodforge.errors import Mistake, Where

CONDA_KINDS: frozenset[str] = frozenset()
"""The kinds of distribution that have a conda engine."""


def crosscheck(site: SiteConfig, document: Document) -> list[Mistake]:
    """Find what does not fit together. `document` knows the places, and the names of what could not be checked."""
    names = _Names.of(document)
    return [
        *_environments(site, document, names),
        *_links(site, document),
        *_modules(site, document),
        *_prefixes(site, document),
        *_settings(site, document),
    ]


@dataclass(frozen=True)
class _Names:
    """The names that the file gives, right or wrong: a mistake inside an environment does not make it unknown."""

    environments: frozenset[str]
    listed: frozenset[str]

    @classmethod
    def of(cls, document: Document) -> _Names:
        environments = document.plain.get("environments")
        distributions = document.plain.get("distributions")
        found = []
        for distribution in distributions.values() if isinstance(distributions, dict) else ():
            names = distribution.get("environments") if isinstance(distribution, dict) else None
            found += [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
        return cls(frozenset(environments if isinstance(environments, dict) else ()), frozenset(found))


def _environments(site: SiteConfig, document: Document, names: _Names) -> Iterator[Mistake]:
    for name, distribution in site.distributions.items():
        for i, environment in enumerate(distribution.environments):
            loc = ("distributions", name, "environments", i)
            if environment in distribution.environments[:i]:
                yield Mistake(f"environment `{environment}` is listed twice", "list it once", document.locate(loc))
            elif environment not in names.environments:
                hint = nearest(environment, names.environments) or "describe it under `environments`"
                yield Mistake(f"there is no environment `{environment}`", hint, document.locate(loc))
            else:
                yield from _fits(site, document, name, environment)
    for environment in site.environments:
        if environment not in names.listed:
            where = document.locate(("environments", environment), key=True)
            hint = f"list it under `environments` of a distribution, or remove it with `{environment}: null`"
            yield Mistake(f"no distribution lists environment `{environment}`", hint, where)


def _fits(site: SiteConfig, document: Document, name: str, environment_name: str) -> Iterator[Mistake]:
    """Check one environment against one distribution that lists it."""
    distribution, environment = site.distributions[name], site.environments.get(environment_name)
    if environment is None:  # something is wrong with it, which is said elsewhere
        return
    if environment.conda and distribution.kind not in CONDA_KINDS:
        where = document.locate(("environments", environment_name, "conda"), key=True)
        able = f"list it in a distribution of kind {listed(sorted(CONDA_KINDS))}, or " if CONDA_KINDS else ""
        yield Mistake(
            f"environment `{environment_name}` has conda packages, and distribution `{name}`, which lists it, is of kind "
            f"`{distribution.kind}`: it has no conda engine",
            f"{able}take its packages from PyPI: `pypi`",
            where,
        )
    if isinstance(distribution, PythonDistribution) and _disagree(distribution.version, environment.python):
        where = document.locate(("environments", environment_name, "python"))
        yield Mistake(
            f"environment `{environment_name}` needs Python {environment.python}, and distribution `{name}`, "
            f"which lists it, is Python {distribution.version}",
            "list it in a distribution with that Python, or drop `python`",
            where,
        )


def _disagree(one: str | None, other: str | None) -> bool:
    """Whether two versions, each as exact as it is written, cannot be the same."""
    pairs = zip(digits(one or ""), digits(other or ""), strict=False)
    return any(a != b for a, b in pairs)


def _links(site: SiteConfig, document: Document) -> Iterator[Mistake]:
    """`envs` of a prefix holds a link NAME and a link NAME-VERSION for each environment."""
    owners = dict.fromkeys(site.environments)
    versions: dict[str, str] = {}
    for name, environment in site.environments.items():
        link = f"{name}-{environment.version}"
        where = document.locate(("environments", name), key=True)
        if other := next((o for o in (link if link in owners else None, versions.get(link)) if o), None):
            there = document.locate(("environments", other), key=True)
            yield Mistake(
                f"environment `{name}` is also found as `{link}`, its name and version, and so is `{other}`, at {there}",
                "rename one of them",
                where,
            )
        versions[link] = name


@dataclass(frozen=True)
class _Module:
    """A module that the site will have."""

    name: str
    owner: str
    loc: Loc
    default: bool


def _all_modules(site: SiteConfig) -> Iterator[_Module]:
    for name, distribution in site.distributions.items():
        full = distribution.module.replace("{version}", distribution.version or "{version}")
        if "{version}" in full and isinstance(distribution, PythonDistribution):
            full = f"{full}\0{distribution.interpreter}"  # as many versions as interpreters, for all we know
        yield _Module(full, f"distribution `{name}`", ("distributions", name), distribution.default)
    for name, environment in site.environments.items():
        full = (environment.module or f"{name}/{{version}}").replace("{version}", environment.version)
        yield _Module(full, f"environment `{name}`", ("environments", name), environment.default)
    for tool_name, tool in site.tools.items():
        full = (tool.module or f"{tool_name}/{{version}}").replace("{version}", tool.version)
        yield _Module(full, f"tool `{tool_name}`", ("tools", tool_name), tool.default)


def _modules(site: SiteConfig, document: Document) -> Iterator[Mistake]:
    seen: dict[str, _Module] = {}
    defaults: dict[str, _Module] = {}
    modules = list(_all_modules(site))
    for module in modules:
        yield from _named_twice(module, seen.setdefault(module.name, module), document)
        if module.default:
            yield from _two_defaults(module, defaults.setdefault(posixpath.dirname(module.name), module), document)
    for module in modules:
        yield from _module_in_module(module, seen, document)
    yield from _built_twice(site, document)


def _at(document: Document, module: _Module, key: str = "module") -> Where:
    return document.locate((*module.loc, key), key=key != "module")


def _named_twice(module: _Module, first: _Module, document: Document) -> Iterator[Mistake]:
    if first is not module:
        yield Mistake(
            f"module `{_shown(module)}` of {module.owner} is also that of {first.owner}, at {_at(document, first)}",
            "give one of them another `module`",
            _at(document, module),
        )


def _shown(module: _Module) -> str:
    return module.name.split("\0")[0]


def _two_defaults(module: _Module, first: _Module, document: Document) -> Iterator[Mistake]:
    if first is not module:
        directory = posixpath.dirname(_shown(module))
        yield Mistake(
            f"`{directory}` has two defaults: {module.owner}, and {first.owner} at {_at(document, first, 'default')}",
            "keep `default: true` for the one that is loaded when no version is given",
            _at(document, module, "default"),
        )


def _module_in_module(module: _Module, seen: dict[str, _Module], document: Document) -> Iterator[Mistake]:
    above = posixpath.dirname(module.name)
    while above:
        if other := seen.get(above):
            yield Mistake(
                f"module `{_shown(module)}` of {module.owner} lies below module `{above}` of {other.owner}, at "
                f"{_at(document, other)}: Lmod cannot have a module and a directory of one name",
                f"add a version to the other: `{above}/{{version}}`",
                _at(document, module),
            )
        above = posixpath.dirname(above)


def _built_twice(site: SiteConfig, document: Document) -> Iterator[Mistake]:
    """An environment is built for each distribution that lists it, but has one module name."""
    lists = Counter(e for d in site.distributions.values() for e in set(d.environments))
    first: dict[str, str] = {}
    for name, distribution in site.distributions.items():
        for i, environment in enumerate(distribution.environments):
            if lists[environment] > 1 and first.setdefault(environment, name) != name:
                yield Mistake(
                    f"environment `{environment}` is also listed by distribution `{first[environment]}`: "
                    "both would have the same module",
                    "list it once, or describe a second environment under another name",
                    document.locate(("distributions", name, "environments", i)),
                )


def _prefixes(site: SiteConfig, document: Document) -> Iterator[Mistake]:
    """A prefix is frozen once it is built: nothing else may lie in it."""
    taken = {
        f"{site.paths.software}/.lmodforge": ("the receipts", None),
        site.paths.modulefiles: ("the modulefiles", None),
    }
    prefixes: dict[str, tuple[str, Where | None]] = dict(taken)
    found: list[tuple[str, str, Where]] = []
    for name, distribution in site.distributions.items():
        module = distribution.module.replace("{version}", distribution.version or "{version}")
        prefix = distribution.prefix or f"{site.paths.software}/{module}"
        found.append((prefix, f"distribution `{name}`", document.locate(("distributions", name, "prefix"))))
    for tool_name, tool in site.tools.items():
        prefix = f"{site.paths.software}/{tool_name}/{tool.version}"
        found.append((prefix, f"tool `{tool_name}`", document.locate(("tools", tool_name), key=True)))
    for prefix, owner, where in found:
        if prefix in prefixes:
            yield Mistake(f"prefix {prefix} of {owner} is also that of {_told(prefixes[prefix])}", _APART, where)
        prefixes.setdefault(prefix, (owner, where))
    for prefix, owner, where in found:
        yield from _nested(prefix, owner, where, prefixes)
        for path, what in ((site.paths.software, "`paths.software`"), (site.paths.modulefiles, "`paths.modulefiles`")):
            if path == prefix or is_below(path, prefix):
                yield Mistake(f"prefix {prefix} of {owner} holds {what}", "give it a directory of its own", where)


_APART = "give each a directory of its own, with `prefix` or another `module`"


def _nested(prefix: str, owner: str, where: Where, prefixes: dict[str, tuple[str, Where | None]]) -> Iterator[Mistake]:
    above = posixpath.dirname(prefix)
    while above not in ("", "/"):
        if above in prefixes:
            yield Mistake(f"prefix {prefix} of {owner} lies in that of {_told(prefixes[above])}", _APART, where)
        above = posixpath.dirname(above)


def _told(owner: tuple[str, Where | None]) -> str:
    name, where = owner
    return f"{name}, at {where}" if where else name


def _settings(site: SiteConfig, document: Document) -> Iterator[Mistake]:
    software, modulefiles = site.paths.software, site.paths.modulefiles
    if software == modulefiles or is_below(software, modulefiles) or is_below(modulefiles, software):
        relation = "are the same" if software == modulefiles else "lie in each other"
        yield Mistake(
            f"`software` and `modulefiles` {relation}",
            "two directories side by side: Lmod would search the software for modules, or a prefix would hold modules",
            document.locate(("paths", "modulefiles")),
        )
    if site.permissions.readable_by == "group" and site.permissions.group is None:
        where = document.locate(("permissions", "readable_by"))
        yield Mistake("`readable_by: group` needs a group", "name it: `group: ...`", where)
    for space in ("project", "scratch"):
        part = site.project if space == "project" else site.scratch
        if part and "{pi}" in part.layout and (site.project is None or site.project.pi == PiSources()):
            yield Mistake(
                f"the layout of `{space}` has a `{{pi}}`, and nothing says who that is",
                'say so under `project.pi`, such as `group: "pi-*"`',
                document.locate((space, "layout")),
            )
