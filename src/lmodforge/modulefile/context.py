"""What the templates are given: frozen values, nothing to compute."""

from __future__ import annotations

from dataclasses import dataclass

from lmodforge.modulefile.policy import Policy


@dataclass(frozen=True, order=True)
class Package:
    """A package inside a prefix, for `extensions()`."""

    name: str
    version: str


@dataclass(frozen=True)
class Look:
    """What a module says about itself."""

    full_name: str
    """`python/miniforge-25.3.0`: its path in the tree without `.lua`."""
    title: str
    """`Name:` of whatis, such as `Miniforge` or `sci`."""
    version: str
    category: str
    summary: str
    keywords: tuple[str, ...] = ()
    url: str = ""
    help: str = ""
    default: bool = False


@dataclass(frozen=True)
class EnvironmentEntry:
    """An environment as its distribution's help lists it."""

    name: str
    module: str
    summary: str


@dataclass(frozen=True)
class DistributionModule:
    """A base prefix: `bin` on PATH, `source activate NAME` where it has one."""

    look: Look
    kind: str
    prefix: str
    policy: Policy
    environments: tuple[EnvironmentEntry, ...] = ()
    packages: tuple[Package, ...] = ()


@dataclass(frozen=True)
class EnvironmentModule:
    """One release of an environment: what its activation sets, captured."""

    look: Look
    prefix: str
    """The release's own directory, never a by-name link: a deploy must not change a running job."""
    engine: str
    """`uv` or `conda`: decides what activation means."""
    name: str
    packages: tuple[Package, ...] = ()


@dataclass(frozen=True)
class ToolModule:
    """A single program: `bin` on PATH, and its cache policy."""

    look: Look
    prefix: str
    policy: Policy


Module = DistributionModule | EnvironmentModule | ToolModule
