"""What was found on disk: the world as the plan sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lmodforge.receipts.models import GenerationReceipt, Installed


@dataclass(frozen=True)
class Interpreter:
    """A Python that a distribution stands on."""

    path: str
    """Empty: uv downloads it."""
    version: str
    signature: str = ""
    """How its file looked: a change of it is noticed without running it."""

    @property
    def minor(self) -> str:
        """`3.11` of 3.11.9."""
        return ".".join(self.version.split(".")[:2])


@dataclass(frozen=True)
class Facts:
    """Everything a plan depends on, apart from the site file."""

    platform: str = "linux-x86_64"
    """Operating system and machine."""
    glibc: str = "2.28"
    """Version of the C library of this host."""
    interpreters: Mapping[str, Interpreter] = field(default_factory=dict)
    """By the name of the distribution."""
    locks: Mapping[str, str] = field(default_factory=dict)
    """Text of each lock by its key."""
    packages: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """Name and version of what an adopted prefix holds, by its path."""
    channels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Conda channels that an adopted prefix is filled from, or that its settings lead to, by its path."""
    installed: Mapping[str, Installed] = field(default_factory=dict)
    """Receipts of distributions, releases, tools and archives by path."""
    base_files: Mapping[str, str] = field(default_factory=dict)
    """sha256 of our files in bases with conda, by path."""
    present: frozenset[str] = frozenset()
    """Those of the paths asked for that are there."""
    unfinished: frozenset[str] = frozenset()
    """Those that we began to build, and that have no receipt yet."""
    changed: frozenset[str] = frozenset()
    """Archives that are there and hold other bytes than their receipts say."""
    links: Mapping[str, str] = field(default_factory=dict)
    """By-name links that are there: path -> target as written; a real file or directory is `""`."""
    generation: GenerationReceipt | None = None
    """The current one."""
    earlier: frozenset[str] = frozenset()
    """Full names of the modules of all generations that are kept; looked up only where `current` is on MODULEPATH."""
    tree: Mapping[str, str] = field(default_factory=dict)
    """sha256 of each file of the current tree; `""` for what is not a regular file."""
    wrong_modes: frozenset[str] = frozenset()
    """Files of the current tree whose mode is not 0644."""
    scripts: Mapping[str, str] = field(default_factory=dict)
    """sha256 of each profile script that is there, by path."""
    newest: int = 0
    """The highest number of a generation that ever was."""
