"""What a deploy does: frozen data, so that a plan can be printed, saved, compared and executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lmodforge.config.archives import Format
from lmodforge.plan.facts import Interpreter
from lmodforge.plan.layout import environment_subject

Sign = Literal["+", "~", "-", "!"]


@dataclass(frozen=True)
class Change:
    """A line of the plan."""

    sign: Sign
    """Create, change, remove; `!` is a conflict that a person must decide."""
    what: str
    name: str
    reason: str
    size: int | None = None
    """Bytes, where known."""
    hint: str = ""
    edited: bool = False
    """A conflict with somebody's edit, which `--replace-edited` gives up."""


@dataclass(frozen=True)
class InstallPython:
    """Make the prefix of a plain Python."""

    name: str
    prefix: str
    interpreter: Interpreter
    """Without a path: uv downloads it."""
    version: str
    key: str
    """Of the lock."""
    lock: str
    """What is installed beside the standard library."""
    downloads: str
    """Where uv finds its list of Pythons; empty: its own."""
    type: Literal["python"] = "python"


@dataclass(frozen=True)
class Download:
    """A file that is fetched once, and used only with this hash."""

    url: str
    """`file://` for one that is here."""
    name: str
    sha256: str


@dataclass(frozen=True)
class InstallConda:
    """Make a base prefix with conda packages, by its installer or from a lock; or only write its settings anew."""

    name: str
    prefix: str
    version: str
    type: Literal["miniforge", "miniconda", "anaconda", "micromamba"]
    files: Mapping[str, str]
    """What is written below the prefix once it is installed, such as `.condarc`."""
    download: Download | None = None
    """The installer or the program; None: it is installed from the lock."""
    key: str = ""
    lock: str = ""
    specs: tuple[str, ...] = ()
    """What was asked of the channels for the lock."""
    build: bool = True
    """False: it is there and only its files are new."""


@dataclass(frozen=True)
class AdoptPrefix:
    """Write a receipt for a prefix that somebody else installed; nothing in it is touched."""

    name: str
    prefix: str
    version: str
    packages: tuple[tuple[str, str], ...]
    type: Literal["existing"] = "existing"


@dataclass(frozen=True)
class InstallTool:
    """Install a single program from its wheel."""

    name: str
    version: str
    prefix: str
    key: str
    """Of the lock."""
    lock: str
    type: Literal["tool"] = "tool"


@dataclass(frozen=True)
class BuildRelease:
    """Build one environment, check it, freeze it."""

    environment: str
    version: str
    distribution: str
    prefix: str
    """The distribution's."""
    path: str
    digest: str
    engine: str
    python: str
    """The interpreter that it stands on."""
    key: str
    """Of the lock."""
    lock: str
    packages: tuple[tuple[str, str], ...]
    imports: tuple[str, ...]
    commands: tuple[str, ...]
    timeout: int
    checked: str
    """Digest of the checks."""
    build: bool = True
    """False: it is there and only its checks are new."""
    specs: tuple[str, ...] = ()
    """What was asked of conda channels."""
    pypi_key: str = ""
    """Of the lock of what uv installs once conda is done; empty: nothing."""
    pypi_lock: str = ""
    variables: tuple[tuple[str, str], ...] = ()
    """What the environment itself sets when it is activated."""
    size: int | None = None
    """Bytes to download at the most, where known."""
    node: str = ""
    """The type of nodes that it is for; empty: every node, or every other one."""
    type: Literal["release"] = "release"

    @property
    def title(self) -> str:
        """What the plan calls it."""
        return f"{self.environment} {self.version}{f' for {self.node}' if self.node else ''}"

    @property
    def subject(self) -> str:
        """What progress, logs and messages call it."""
        return environment_subject(self.environment, self.node)


@dataclass(frozen=True)
class PackRelease:
    """Pack a release into one file."""

    name: str
    """What users find it by: `sci-2026.11.tar.zst`."""
    environment: str
    version: str
    release: str
    path: str
    format: Format
    node: str = ""
    """The type of nodes that the release is for."""
    place: str = ""
    """The only directory where it has to work; empty: anywhere."""
    type: Literal["archive"] = "archive"

    @property
    def link(self) -> str:
        """The path of its name."""
        return f"{self.path.rpartition('/releases/')[0]}/{self.name}"


Install = InstallPython | InstallConda | AdoptPrefix | InstallTool
Action = Install | BuildRelease | PackRelease
"""Everything that is made before anything is published."""


@dataclass(frozen=True)
class Publish:
    """Write a generation, load-test it, switch the links and `current`."""

    number: int
    files: Mapping[str, str]
    """Text of each file by its path in the tree."""
    fresh: Mapping[str, tuple[str, ...]]
    """Full names of the modules that are new or differ from the current generation's, which are load-tested:
    by the module that opens the way to them, which is `""` for those that everybody sees."""
    links: Mapping[str, str]
    scripts: Mapping[str, str]
    """Text of each profile script by path."""
    modules: Mapping[str, str]
    """Full name of each module -> the prefix, release or tool that it leads to."""
    variants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Full name of a module that chooses by node -> the releases that it leads to, by type of nodes."""


@dataclass(frozen=True)
class Plan:
    """Everything that a deploy will do, in the order of the fields."""

    site: str
    inputs: str
    """Digest of the site file, the templates and lmodforge itself."""
    world: Mapping[str, str]
    """How everything that was looked at looked: path -> signature."""
    changes: tuple[Change, ...] = ()
    installs: tuple[Install, ...] = ()
    releases: tuple[BuildRelease, ...] = ()
    archives: tuple[PackRelease, ...] = ()
    publish: Publish | None = None
    warnings: tuple[str, ...] = ()
    format: Literal[1] = 1
    arguments: Mapping[str, str] = field(default_factory=dict)
    """The site file and the root that it was made for: a saved plan is executed for these."""

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is left to do."""
        return not self.changes

    @property
    def conflicts(self) -> tuple[Change, ...]:
        """Return what a person must decide before anything happens."""
        return tuple(change for change in self.changes if change.sign == "!")
