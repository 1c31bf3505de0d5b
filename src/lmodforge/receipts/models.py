"""Receipts: what was built, from what, with which hashes; the only source for every report about what is there."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from lmodforge.config.archives import Format

FORMAT = 1
"""The newest format that this lmodforge reads."""


class _Receipt(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    format: Literal[1] = 1
    lmodforge: str
    """The version that made it."""
    made_at: str
    """UTC, ISO 8601."""


class PackageEntry(BaseModel):
    """A package that is installed, as its own metadata name it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: str
    version: str
    channel: str = ""
    """URL of the conda channel that it came from; empty for a package of an index."""
    licence: str = ""


class SourceEntry(BaseModel):
    """The installer or the program that a prefix was made with."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    url: str
    sha256: str


class InterpreterEntry(BaseModel):
    """The Python that a prefix stands on, and how its file looked, so that a change of it is noticed unrun."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    path: str
    version: str
    signature: str


class OperationEntry(BaseModel):
    """A change to the environment that activation makes; `{prefix}` stands for the release's directory."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    action: Literal["set", "prepend", "append"]
    variable: str
    value: str


class DistributionReceipt(_Receipt):
    """A base prefix."""

    kind: Literal["distribution"] = "distribution"
    name: str
    type: str
    """The kind of the distribution: python, existing, ..."""
    path: str
    version: str
    interpreter: InterpreterEntry | None = None
    source: SourceEntry | None = None
    lock: str = ""
    """What it was built from, when there was no installer."""
    files: dict[str, str] = {}
    """sha256 of the settings that were written into it, by path below the prefix."""
    packages: tuple[PackageEntry, ...] = ()
    size: int = 0
    """Bytes, without its releases; 0 where nobody counted: a prefix of somebody else's, a receipt from before."""
    count: int = 0
    """Files, counted the same way."""


class ReleaseReceipt(_Receipt):
    """One immutable build of an environment."""

    kind: Literal["release"] = "release"
    name: str
    """The environment's name."""
    version: str
    distribution: str
    path: str
    digest: str
    engine: str
    python: str
    """The interpreter that it stands on."""
    lock: str
    """The lock it was built from, whole: the release can be built again from its receipt."""
    pypi_lock: str = ""
    """The lock of what uv installed once conda was done."""
    packages: tuple[PackageEntry, ...]
    checked: str
    """Digest of the checks that it passed."""
    size: int
    files: int
    operations: tuple[OperationEntry, ...] = ()
    """What activation does besides PATH and the variables of its kind."""
    node: str = ""
    """The type of nodes that it is for; empty: every node, or every other one."""
    lacks: tuple[str, ...] = ()
    """What a module cannot do that activation in a shell does, and what was left undone at installation."""


class ToolReceipt(_Receipt):
    """A single program."""

    kind: Literal["tool"] = "tool"
    name: str
    version: str
    path: str
    lock: str
    hashes: dict[str, str]
    """sha256 of each file below the prefix."""


class ArchiveReceipt(_Receipt):
    """A release in one file."""

    kind: Literal["archive"] = "archive"
    name: str
    """The environment's name."""
    version: str
    type: Format
    path: str
    release: str
    """What is in it."""
    place: str = ""
    """The only directory where it works; empty: anywhere."""
    sha256: str
    size: int
    signature: str
    """How the file looked, so that a change of it is noticed unread."""


class GenerationReceipt(_Receipt):
    """One complete module tree, and the by-name links that belong to it."""

    kind: Literal["generation"] = "generation"
    site: str
    number: int
    files: dict[str, str]
    """sha256 of each file, by its path in the tree."""
    links: dict[str, str]
    """By-name link -> target, as written."""
    scripts: dict[str, str]
    """sha256 of the profile scripts, by path."""
    modules: dict[str, str]
    """Full name of each module -> the prefix, release or tool that it leads to; of several, the most general."""
    variants: dict[str, dict[str, str]] = {}
    """Full name of a module that chooses by node -> all its releases, by type of nodes or `any`, in its order."""

    @property
    def paths(self) -> frozenset[str]:
        """Everything that its modules lead to."""
        variants = (path for releases in self.variants.values() for path in releases.values())
        return frozenset((*self.modules.values(), *variants))


Installed = DistributionReceipt | ReleaseReceipt | ToolReceipt | ArchiveReceipt
Receipt = Annotated[Installed | GenerationReceipt, Field(discriminator="kind")]
