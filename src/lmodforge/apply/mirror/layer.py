"""What the jobs of a deploy build from: each file fetched once, by the deploying host alone, on the shared file system.

It is a mirror of exactly the steps that jobs do, read-only, with a manifest that is written last. It stays until all of
them are done: jobs that go on without a deploy need it, and a deploy that takes them up fetches only what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lmodforge.apply.engines.conda import Conda
from lmodforge.apply.engines.uv import Uv
from lmodforge.apply.mirror.contents import WantedPython
from lmodforge.apply.mirror.fetch import Fetcher
from lmodforge.apply.mirror.make import remove_others
from lmodforge.apply.mirror.offline import Mirror, open_mirror
from lmodforge.apply.workshop import Workshop
from lmodforge.config.platforms import host_platform
from lmodforge.errors import StepFailed
from lmodforge.plan.jobs import Step
from lmodforge.plan.mirror import Wanted, by_path, downloaded_python, servable
from lmodforge.receipts.mirror import NAME, FileEntry, MirrorManifest, PythonEntry, encode_manifest


@dataclass(frozen=True)
class Layer:
    """The layer of a site; the deploy's lock is held by who fills it."""

    workshop: Workshop

    @property
    def folder(self) -> str:
        """Below the cache, which nobody else reads."""
        return f"{self.workshop.layout.cache}/layer"

    def fill(self, steps: Sequence[Step]) -> list[Step]:
        """Fetch what is not there; return the steps that need more than files. Raises StepFailed."""
        served = servable({step.path: step.action for step in steps})
        self._fetch(
            by_path(wanted for files in served.values() for wanted in files).values(),
            [wanted for wanted in map(_wanted_python, steps) if wanted],
        )
        alone = [step for step in steps if step.path not in served]
        for step in alone:
            self.workshop.progress.state(step.subject, "its job uses the network: not all that it needs can be shared")
        return alone

    def remove(self) -> None:
        """Nobody builds any more."""
        self.workshop.system.remove(self.folder)

    def _fetch(self, files: Iterable[Wanted], pythons: Iterable[WantedPython]) -> None:
        """Each file is hashed, also one that is there, before the manifest says that it is good."""
        self.workshop.system.make_directory(self.folder, 0o700)
        uv = Uv(self.workshop)
        fetcher = Fetcher(self.workshop, Conda(self.workshop, uv), uv, self.folder, self._before())
        fetcher.files(wanted := [*files])
        entries = {entry.path: entry for entry in map(fetcher.python, pythons)}
        hashes = {file.path: file.sha256 for file in wanted} | {path: self._hash(path) for path in entries}
        manifest = self._manifest(hashes, tuple(entries.values()))
        remove_others(self.workshop.system, self.folder, [NAME, *manifest.files])
        self.workshop.system.write(f"{self.folder}/{NAME}", encode_manifest(manifest), 0o444)

    def _before(self) -> Mirror | None:
        """Return what an earlier deploy left, as far as its manifest can be read."""
        try:
            return open_mirror(self.workshop.system, self.folder)
        except StepFailed:
            return None

    def _manifest(self, hashes: dict[str, str], pythons: tuple[PythonEntry, ...]) -> MirrorManifest:
        files = {path: FileEntry(sha256=sha256, size=self._size(path)) for path, sha256 in sorted(hashes.items())}
        site = self.workshop.site.name
        return MirrorManifest(site=site, platforms=(host_platform(),), locks={}, pythons=pythons, files=files)

    def _hash(self, path: str) -> str:
        return self.workshop.system.sha256(f"{self.folder}/{path}") or ""

    def _size(self, path: str) -> int:
        found = self.workshop.system.stat(f"{self.folder}/{path}")
        return found.st_size if found else 0


def _wanted_python(step: Step) -> WantedPython | None:
    python = downloaded_python(step.action)
    return WantedPython(step.subject, python.version, python.downloads, host_platform()) if python else None
