"""What is installed, on one cluster or several, as values: sorted, without a clock, the same for the same receipts."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lmodforge.config.models import SiteConfig
    from lmodforge.kits.archive import Archive


@dataclass(frozen=True, order=True)
class Package:
    """A package of a prefix."""

    name: str
    version: str
    channel: str = ""
    """`conda-forge`, `PyPI`; empty where nobody wrote it down."""
    licence: str = ""
    """As the package states it, most often by its SPDX name."""


@dataclass(frozen=True)
class Release:
    """One immutable build of an environment."""

    version: str
    made: str
    """UTC, ISO 8601, from the receipt."""
    path: str
    engine: str
    python: str
    """Version of the Python in it."""
    size: int
    """Bytes."""
    files: int
    packages: tuple[Package, ...]
    module: str = ""
    """Full name of the module that leads to it; empty when none does any more."""
    name: str = ""
    """What follows `source activate` and leads to exactly this one."""
    channels: tuple[str, ...] = ()
    """Conda channels that its packages come from, the one with the most first; as conda reads them."""
    lock: str = field(default="", repr=False)
    pypi_lock: str = field(default="", repr=False)
    lacks: tuple[str, ...] = ()
    """What a module cannot do that activation in a shell does."""
    archives: tuple[Archive, ...] = ()
    """Those that users find by name, the best for a job first."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How something comes to its end."""

    retired: str = ""
    """From which day on it is deprecated; empty while it is not."""
    removed: str = ""
    """From which day on it cannot be loaded."""
    advice: str = ""
    """What to load instead."""

    @property
    def goes(self) -> bool:
        """Whether users should begin nothing new with it."""
        return bool(self.retired or self.removed)


@dataclass(frozen=True)
class Environment(Ending):
    """A named set of packages of one distribution, and its releases, oldest first."""

    site: str
    name: str
    distribution: str
    """Full name of the distribution's module."""
    base: str
    """What the site file calls the distribution."""
    releases: tuple[Release, ...]
    newest: Release
    """What its name leads to now."""
    summary: str = ""
    keywords: tuple[str, ...] = ()
    url: str = ""
    default: bool = False
    """Its module is loaded when the version is left out."""
    imports: tuple[str, ...] = ()
    """Python modules that were imported before it was published."""
    wanted: tuple[str, ...] = ()
    """Names of the packages that the site asked for; the others came along."""

    @property
    def before(self) -> Release | None:
        """Return the release that users had before the newest one."""
        earlier = self.releases[: self.releases.index(self.newest)]
        return earlier[-1] if earlier else None

    @property
    def older(self) -> tuple[Release, ...]:
        """Return all releases but the newest one, newest first."""
        return tuple(release for release in reversed(self.releases) if release is not self.newest)


@dataclass(frozen=True)
class Distribution(Ending):
    """A base prefix and the environments that were built for it."""

    site: str
    name: str
    """As the site file calls it."""
    kind: str
    module: str
    version: str
    python: str
    prefix: str
    made: str
    size: int = 0
    files: int = 0
    packages: tuple[Package, ...] = ()
    environments: tuple[Environment, ...] = ()
    default: bool = False
    summary: str = ""
    keywords: tuple[str, ...] = ()
    url: str = ""
    licence: str = ""


@dataclass(frozen=True)
class Tool:
    """A single program."""

    site: str
    name: str
    version: str
    module: str
    made: str
    default: bool = False
    summary: str = ""
    url: str = ""


@dataclass(frozen=True)
class Cluster:
    """One site: its current generation."""

    config: SiteConfig
    generation: int
    made: str
    modules: int
    """How many there are."""
    distributions: tuple[Distribution, ...]
    tools: tuple[Tool, ...]

    @property
    def name(self) -> str:
        """Return what files and addresses call it."""
        return self.config.name

    @property
    def title(self) -> str:
        """Return what users call it."""
        return self.config.title or self.config.name

    @cached_property
    def environments(self) -> tuple[Environment, ...]:
        """Return those of all its distributions."""
        return tuple(env for distribution in self.distributions for env in distribution.environments)


@dataclass(frozen=True)
class Catalogue:
    """Everything that the documentation tells about."""

    clusters: tuple[Cluster, ...]

    @cached_property
    def environments(self) -> tuple[Environment, ...]:
        """Return those of all clusters."""
        return tuple(env for cluster in self.clusters for env in cluster.environments)

    @property
    def made(self) -> str:
        """Return when the newest of the generations was made."""
        return max((cluster.made for cluster in self.clusters), default="")


LICENCES = {
    "python": "PSF-2.0",
    "miniforge": "BSD-3-Clause",
    "micromamba": "BSD-3-Clause",
    "miniconda": "Anaconda's terms of service",
    "anaconda": "Anaconda's terms of service",
}
"""Under which terms a distribution of each kind comes; each package has a licence of its own besides."""
