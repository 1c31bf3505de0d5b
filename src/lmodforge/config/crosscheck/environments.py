"""Every environment is listed by a distribution that can build it, and found by a name of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lmodforge.config.distributions import PythonDistribution
from lmodforge.config.document import Document
from lmodforge.config.environments import Environment
from lmodforge.config.models import SiteConfig
from lmodforge.config.naming import digits
from lmodforge.config.node_types import ANY
from lmodforge.config.nodes import Loc
from lmodforge.config.words import listed, nearest
from lmodforge.errors import Mistake

CONDA_KINDS: frozenset[str] = frozenset({"miniforge", "miniconda", "anaconda", "micromamba"})
"""The kinds of distribution that have a conda engine."""
_OF_CONDA = ("base", "root")


@dataclass(frozen=True)
class _Written:
    """The names that the file gives, right or wrong: a mistake inside an environment does not make it unknown."""

    environments: frozenset[str]
    listed: frozenset[str]


def _written(document: Document) -> _Written:
    environments = document.plain.get("environments")
    distributions = document.plain.get("distributions")
    found = []
    for distribution in distributions.values() if isinstance(distributions, dict) else ():
        names = distribution.get("environments") if isinstance(distribution, dict) else None
        found += [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return _Written(frozenset(environments if isinstance(environments, dict) else ()), frozenset(found))


def check_environments(site: SiteConfig, document: Document) -> Iterator[Mistake]:
    """Check what distributions list against what is described."""
    written = _written(document)
    for name in site.distributions:
        yield from _listing(site, document, name, written)
    for environment in site.environments:
        if environment in _OF_CONDA:
            where = document.locate(("environments", environment), key=True)
            hint = "choose another name: `source activate` would never find this one"
            yield Mistake(f"`{environment}` is what conda calls the prefix itself", hint, where)
        if environment not in written.listed:
            where = document.locate(("environments", environment), key=True)
            hint = f"list it under `environments` of a distribution, or remove it with `{environment}: null`"
            yield Mistake(f"no distribution lists environment `{environment}`", hint, where)
    yield from _links(site, document)


def _listing(site: SiteConfig, document: Document, name: str, written: _Written) -> Iterator[Mistake]:
    seen: set[str] = set()
    for i, environment in enumerate(site.distributions[name].environments):
        loc = ("distributions", name, "environments", i)
        if environment in seen:
            yield Mistake(f"environment `{environment}` is listed twice", "list it once", document.locate(loc))
        elif environment not in written.environments:
            hint = nearest(environment, written.environments) or "describe it under `environments`"
            yield Mistake(f"there is no environment `{environment}`", hint, document.locate(loc))
        elif environment in site.environments:  # otherwise something is wrong with it, which is said elsewhere
            yield from _conda_engine(site, document, name, environment)
            yield from _python(site, document, name, environment)
        seen.add(environment)


def _conda_engine(site: SiteConfig, document: Document, name: str, environment: str) -> Iterator[Mistake]:
    kind = site.distributions[name].kind
    if kind in CONDA_KINDS:
        return
    if site.environments[environment].archives:
        yield Mistake(
            f"environment `{environment}` has archives, but distribution `{name}`, which lists it, is of kind `{kind}`"
            ": a virtual environment cannot be packed, its Python lies outside of it",
            f"list it in a distribution of kind {listed(sorted(CONDA_KINDS))}, or drop them",
            document.locate(("environments", environment, "archives"), key=True),
        )
    if site.environments[environment].variables:
        yield Mistake(
            f"environment `{environment}` has variables, but distribution `{name}`, which lists it, is of kind `{kind}`"
            " and has no conda engine",
            "drop them",
            document.locate(("environments", environment, "variables"), key=True),
        )
    elsewhere = f"list it in a distribution of kind {listed(sorted(CONDA_KINDS))}, or "
    for loc in _conda_keys(site, environment):
        yield Mistake(
            f"environment `{environment}` has conda packages, but distribution `{name}`, which lists it, "
            f"is of kind `{kind}` and has no conda engine",
            f"{elsewhere}take its packages from PyPI, with `pypi`",
            document.locate(loc, key=True),
        )


def _conda_keys(site: SiteConfig, environment: str) -> Iterator[Loc]:
    """Find where an environment has conda packages."""
    loc, written = ("environments", environment), site.environments[environment]
    if written.conda:
        yield (*loc, "conda")
    yield from ((*loc, "nodes", node, "conda") for node, on in written.nodes.items() if on.conda)


def _python(site: SiteConfig, document: Document, name: str, environment: str) -> Iterator[Mistake]:
    distribution, python = site.distributions[name], site.environments[environment].python
    if isinstance(distribution, PythonDistribution) and _disagree(distribution.version, python):
        yield Mistake(
            f"environment `{environment}` needs Python {python}, but distribution `{name}`, which lists it, "
            f"is Python {distribution.version}",
            "list it in a distribution with that Python, or drop `python`",
            document.locate(("environments", environment, "python")),
        )


def _disagree(one: str | None, other: str | None) -> bool:
    """Whether two versions, each as exact as it is written, cannot be the same."""
    return any(a != b for a, b in zip(digits(one or ""), digits(other or ""), strict=False))


def _links(site: SiteConfig, document: Document) -> Iterator[Mistake]:
    """Check the links in a prefix's `envs`: NAME and NAME-VERSION, and both of NAME-NODE, for each environment."""
    owners = {name: name for name in site.environments}
    for name, environment in site.environments.items():
        for link, by, loc in _further_links(name, environment):
            if link in owners:
                other = owners[link]
                there = document.locate(("environments", other), key=True)
                yield Mistake(
                    f"environment `{name}` is also found by {by}, as `{link}`, which is taken by "
                    f"environment `{other}`, at {there}",
                    "rename one of them",
                    document.locate(loc, key=True),
                )
            owners[link] = name


def _further_links(name: str, environment: Environment) -> Iterator[tuple[str, str, Loc]]:
    """Return the links of an environment besides its name, what they are made of, and where that stands."""
    loc = ("environments", name)
    yield f"{name}-{environment.version}", "name and version", loc
    for node in environment.nodes:
        if node != ANY:
            yield f"{name}-{node}", "name and node type", (*loc, "nodes", node)
            yield f"{name}-{node}-{environment.version}", "name, node type and version", (*loc, "nodes", node)
