"""Where everything of a site lies on disk."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a deploy with nothing to do looks at the layout before any model is loaded
    from lmodforge.config.models import Paths


@dataclass(frozen=True)
class Layout:
    """Paths as text: they end up in modulefiles, links and receipts."""

    software: str
    modulefiles: str
    archives: str = ""
    """Where packed environments have their names; a deploy with nothing to do need not know."""

    @classmethod
    def of(cls, paths: Paths) -> Layout:
        """Lay out a site."""
        return cls(paths.software, paths.modulefiles, paths.packed)

    @property
    def state(self) -> str:
        """Receipts, locks, cache and logs; the presence of `receipts` makes a directory a site of ours."""
        return f"{self.software}/.lmodforge"

    @property
    def cache(self) -> str:
        """Package caches of the builds; nobody else reads them."""
        return f"{self.state}/cache"

    @property
    def logs(self) -> str:
        """One directory per deploy, one file per action."""
        return f"{self.state}/logs"

    @property
    def jobs(self) -> str:
        """What jobs of a batch system are to do; empty when none is."""
        return f"{self.state}/jobs"

    @property
    def journal(self) -> str:
        """Who made which generation current, and when: a line of JSON each."""
        return f"{self.state}/journal.jsonl"

    @property
    def deploy_lock(self) -> str:
        """Held while a deploy, a rollback or a prune works."""
        return f"{self.state}/deploy.lock"

    @property
    def settled(self) -> str:
        """What the world looked like when there was nothing left to do."""
        return f"{self.state}/settled.json"

    @property
    def installed(self) -> str:
        """Receipts of distributions, releases, tools and archives."""
        return f"{self.state}/receipts/installed"

    def receipt(self, path: str) -> str:
        """Return the receipt's path for what is installed at `path`."""
        below = posixpath.relpath(path, self.software)
        return f"{self.installed}/{below if not below.startswith('..') else 'elsewhere' + path}.json"

    @property
    def begun(self) -> str:
        """Notes of what we began to build."""
        return f"{self.state}/started"

    def started(self, path: str) -> str:
        """Return the note that says that we began to build at `path`: what lies there without a receipt is our own.

        The path stands in it.
        """
        return self.receipt(path).replace("/receipts/installed/", "/started/", 1)

    def lock(self, key: str) -> str:
        """Return the path of a resolved lock, named by the digest of what was asked for (PEP 751 fixes the form)."""
        return f"{self.state}/locks/{f'{key}.lock' if key.startswith('conda-') else f'pylock.{key}.toml'}"

    def generation_receipt(self, number: int) -> str:
        """Return the path of a generation's receipt."""
        return f"{self.state}/receipts/generations/{number:04d}.json"

    @property
    def generations(self) -> str:
        """All module trees."""
        return f"{self.modulefiles}/generations"

    def generation(self, number: int) -> str:
        """Return a complete module tree."""
        return f"{self.generations}/{number:04d}"

    @property
    def current(self) -> str:
        """The link whose rename publishes a generation."""
        return f"{self.modulefiles}/current"

    @staticmethod
    def number_of(target: str | None) -> int | None:
        """Read the number of the generation that `current` points to; None when it is no such link."""
        folder, _, number = (target or "").rpartition("/")
        return int(number) if folder == "generations" and number.isdecimal() else None


def environment_subject(environment: str, node: str) -> str:
    """Return what progress, logs and messages call an environment's build for a type of nodes; empty: for all."""
    return f"environment {environment}{f' for {node}' if node else ''}"


def link_name(environment: str, node: str) -> str:
    """Return the name under which `source activate` finds a release."""
    return f"{environment}-{node}" if node else environment


def release_path(prefix: str, environment: str, digest: str, node: str = "") -> str:
    """Return where a release is built, which is where it stays: prefixes do not relocate."""
    return f"{prefix}/releases/{link_name(environment, node)}-{digest[:8]}"


def archive_path(archives: str, release: str, kind: str) -> str:
    """Return the file that a release is packed into: it has its name, because its bytes depend on that alone."""
    return f"{archives}/releases/{posixpath.basename(release)}.{kind}"


def led_to(link: str, target: str) -> str:
    """Return the path that a link leads to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(link), target))


def by_name_links(prefix: str, environment: str, version: str, release: str, node: str = "") -> dict[str, str]:
    """Return the links that `source activate` finds: by name, and by name and version."""
    name, target = link_name(environment, node), f"../releases/{posixpath.basename(release)}"
    return {f"{prefix}/envs/{name}": target, f"{prefix}/envs/{name}-{version}": target}
