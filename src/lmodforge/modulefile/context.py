"""What the templates are given: frozen values, nothing to compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lmodforge.modulefile.policy import Policy


@dataclass(frozen=True, order=True)
class Package:
    """A package inside a prefix, for `extensions()`."""

    name: str
    version: str


@dataclass(frozen=True)
class LifeCycle:
    """How a module comes and goes; days are text such as `2026-11-30`."""

    hidden: bool = False
    aliases: tuple[str, ...] = ()
    """Other full names, such as `python/miniforge`."""
    deprecated: str = ""
    removed: str = ""
    advice: str = ""
    """What to load instead."""


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
    lifecycle: LifeCycle = LifeCycle()


@dataclass(frozen=True)
class EnvironmentEntry:
    """An environment as its distribution's help lists it."""

    name: str
    module: str
    summary: str


Activation = Literal["conda", "micromamba", "venv", "none"]


@dataclass(frozen=True)
class DistributionModule:
    """A base prefix: `bin` on PATH, `source activate NAME` where it has one."""

    look: Look
    kind: str
    prefix: str
    policy: Policy
    environments: tuple[EnvironmentEntry, ...] = ()
    packages: tuple[Package, ...] = ()
    adopted: Activation = "none"
    """What activates environments in a prefix of kind `existing`; the other kinds say so themselves."""
    opens: bool = False
    """Its environments' modules show once it is loaded (they have it as `below`)."""

    @property
    def activation(self) -> Activation:
        """What activates environments here."""
        return activation_of(self.kind, self.adopted)


def activation_of(kind: str, adopted: Activation = "none") -> Activation:
    """Return what activates environments in a distribution of a kind; `adopted` holds for kind `existing`."""
    return _ACTIVATION.get(kind, adopted)


_ACTIVATION: dict[str, Activation] = {
    "miniforge": "conda",
    "miniconda": "conda",
    "anaconda": "conda",
    "micromamba": "micromamba",
    "python": "venv",
}


@dataclass(frozen=True)
class Operation:
    """A change that activation makes, as captured when the release was built."""

    action: Literal["set", "prepend", "append"]
    variable: str
    value: str
    """`{prefix}` stands for the release's directory: `{prefix}/share/gdal`."""


@dataclass(frozen=True)
class Known:
    """What a node of a type is known by; nothing: every node."""

    archspec: str = ""
    """For people: what is compared is `cpu`."""
    cpu: Mapping[str, str] = field(default_factory=dict)
    """By the key of a line of /proc/cpuinfo: words that all stand in it."""
    power: int = 0
    """The oldest generation of POWER."""
    driver: int = 0
    """The oldest branch of NVIDIA's driver."""
    hosts: tuple[str, ...] = ()
    """Lua patterns, of which the name of the node fits one."""

    @property
    def stated(self) -> dict[str, object]:
        """What there is to compare."""
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class NodeRelease:
    """The release of an environment for one type of nodes."""

    type: str
    """`any` for every other node."""
    prefix: str
    known: Known
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True)
class EnvironmentModule:
    """One release of an environment: what its activation sets, captured."""

    look: Look
    prefix: str
    """The release's own directory, never a by-name link: a deploy must not change a running job. Of several, the
    most general."""
    engine: str
    """`uv` or `conda`: decides what activation means."""
    name: str
    packages: tuple[Package, ...] = ()
    operations: tuple[Operation, ...] = ()
    """What activate.d scripts and declared variables add to that."""
    below: str = ""
    """In a hierarchy the full name of the distribution whose module opens the way to this one."""
    releases: tuple[NodeRelease, ...] = ()
    """One for each type of nodes, chosen at load, the first that fits; empty: `prefix` is the one for all."""

    @property
    def differ(self) -> bool:
        """Say whether activation differs between the types of nodes."""
        return any(release.operations != self.operations for release in self.releases)


@dataclass(frozen=True)
class ToolModule:
    """A single program: `bin` on PATH, and its cache policy."""

    look: Look
    prefix: str
    policy: Policy


@dataclass(frozen=True)
class WorkspacesModule:
    """Puts a session into one of the user's workspaces."""

    look: Look
    root: str
    variable: str
    """Names the workspace, where the user has several."""
    group: str
    """A Lua pattern for the names of groups; what it captures is a workspace."""
    umask: str
    variables: dict[str, str]
    """What is set; `{name}` and `{path}` stand for the workspace's."""
    prefix: str = ""
    """Nothing is installed for it."""


@dataclass(frozen=True)
class RemovedModule:
    """What stays of a module that a kept generation still has: it cannot be loaded, and unloads without a trace.

    Only sites with `current` itself on MODULEPATH need it: there a module may vanish while it is loaded.
    """

    look: Look
    prefix: str = ""
    """Nothing is installed for it any more."""


Module = DistributionModule | EnvironmentModule | ToolModule | WorkspacesModule | RemovedModule
