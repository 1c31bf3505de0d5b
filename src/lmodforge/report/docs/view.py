"""What the templates of a cluster's pages need: values of its site file and catalogue, in the words of its users."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from lmodforge.config.models import SiteConfig
from lmodforge.config.spaces import ProjectSpace, ScratchSpace
from lmodforge.modulefile.context import activation_of
from lmodforge.report.docs.catalogue import Cluster, Distribution, Environment, Release, Tool
from lmodforge.report.docs.versions import compare


class Space(NamedTuple):
    """Where users may keep much: `/project/PI/USER`."""

    kind: str
    path: str


class Moved(NamedTuple):
    """A package that is in both of two releases, in different versions."""

    name: str
    before: str
    after: str
    direction: int
    """1: newer, -1: older, 0: nobody can tell."""


@dataclass(frozen=True)
class Difference:
    """What a release has changed."""

    added: tuple[tuple[str, str], ...]
    removed: tuple[tuple[str, str], ...]
    moved: tuple[Moved, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.moved)


def difference(before: Release, after: Release) -> Difference:
    """Compare two releases by the names of their packages."""
    old, new = _versions(before), _versions(after)
    moved = (
        Moved(name, old[name], new[name], compare(new[name], old[name])) for name in sorted(old.keys() & new.keys())
    )
    return Difference(
        added=tuple((name, new[name]) for name in sorted(new.keys() - old.keys())),
        removed=tuple((name, old[name]) for name in sorted(old.keys() - new.keys())),
        moved=tuple(one for one in moved if one.before != one.after),
    )


def _versions(release: Release) -> Mapping[str, str]:
    return {package.name: package.version for package in release.packages}


@dataclass(frozen=True)
class View:
    """One cluster as its users meet it."""

    cluster: Cluster

    @property
    def site(self) -> SiteConfig:
        """Return the site file."""
        return self.cluster.config

    @property
    def name(self) -> str:
        """Return what files are called after."""
        return self.cluster.name

    @property
    def title(self) -> str:
        """Return what users call it."""
        return self.cluster.title

    @property
    def first(self) -> Distribution | None:
        """Return the distribution to begin with: the default, else the first with environments, none that retires."""
        living = [each for each in self.cluster.distributions if not each.goes] or [*self.cluster.distributions]
        living.sort(key=lambda each: (not each.default, not each.environments))
        return living[0] if living else None

    @property
    def conda(self) -> Distribution | None:
        """Return the distribution in which users make conda environments."""
        return self._first_with("conda", "micromamba")

    @property
    def plain(self) -> Distribution | None:
        """Return the Python that users make virtual environments with: one of ours, else somebody's without conda."""
        own = self._first_with("venv")
        if own:
            return own
        others = [each for each in self.cluster.distributions if each.kind == "existing" and not each.goes]
        plain = [each for each in others if all(package.name != "conda" for package in each.packages)]
        return min(plain, key=lambda each: not each.default, default=None)

    @property
    def uv(self) -> Tool | None:
        """Return uv, where it has a module."""
        return next((tool for tool in self.cluster.tools if tool.name == "uv"), None)

    def _first_with(self, *activations: str) -> Distribution | None:
        living = [each for each in self.cluster.distributions if not each.goes]
        found = [each for each in living if activation_of(each.kind) in activations]
        return min(found, key=lambda each: not each.default, default=None)

    @property
    def example(self) -> Environment | None:
        """Return an environment that pages show as an example."""
        return self._example(self.cluster.environments)

    @property
    def job_example(self) -> Environment | None:
        """Return one that a job can have; HTCondor's bring theirs along, and only conda's can be packed."""
        condor = self.site.scheduler and self.site.scheduler.kind == "htcondor"
        packed = [env for env in self.cluster.environments if env.newest.engine == "conda"]
        return self._example(packed) if condor and packed else self.example

    def _example(self, found: Iterable[Environment]) -> Environment | None:
        first = self.first
        module = first.module if first else ""
        return min(found, key=lambda env: (env.goes, env.distribution != module, not env.default), default=None)

    def distribution_of(self, environment: Environment) -> Distribution:
        """Return the distribution that an environment was built for."""
        return next(each for each in self.cluster.distributions if each.module == environment.distribution)

    @property
    def space(self) -> Space | None:
        """Return where caches that are kept and new environments go; None: below the home directory."""
        if self.site.project:
            return Space("project space", _path(self.site.project))
        return Space("scratch space", _path(self.site.scratch)) if self.site.scratch else None

    @property
    def temporary(self) -> str:
        """Return where temporary caches go, as far as it is the same for all."""
        return self.site.caches.temporary[0]

    @property
    def open_modules(self) -> str:
        """Return what is to be loaded before the modules of environments show."""
        return "hierarchy" if self.site.modules.layout == "hierarchy" else ""


def _path(space: ProjectSpace | ScratchSpace) -> str:
    return f"{space.root}/{space.layout.replace('{pi}', 'PI').replace('{user}', 'USER')}"


def labels(sites: Iterable[SiteConfig]) -> dict[str, str]:
    """Return what the tab of each site is called, by its name: its title, and the name where two have the same."""
    titles = {site.name: (site.title or site.name).replace('"', "'") for site in sites}  # it stands in quotes
    shared = Counter(titles.values())
    return {name: title if shared[title] == 1 else f"{title} ({name})" for name, title in titles.items()}


def program(distribution: Distribution) -> str:
    """Name the program that users type: `conda`, or `micromamba` where only that is there."""
    return "micromamba" if activation_of(distribution.kind) == "micromamba" else "conda"


def leave(distribution: Distribution) -> str:
    """Return the command that undoes `source activate`."""
    kind = activation_of(distribution.kind)
    return {"conda": "conda deactivate", "micromamba": "micromamba deactivate"}.get(kind, "deactivate")


def enter(distribution: Distribution) -> str:
    """Return the command that an environment's name follows."""
    return "micromamba activate" if activation_of(distribution.kind) == "micromamba" else "source activate"


def proof(environment: Environment) -> tuple[str, str] | None:
    """Return an asked-for package whose version Python itself can tell: its name and version."""
    imports = {name.partition(".")[0].lower() for name in environment.imports}
    known = {package.name: package.version for package in environment.newest.packages}
    for name in environment.wanted:
        if name in known and name.replace("-", "_") in imports:
            return name, known[name]
    return None
