"""Make a mirror: its files, what leads to them, and last the manifest; the same locks give the same bytes."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from lmodforge.apply.mirror.contents import Contents
from lmodforge.apply.mirror.fetch import Fetcher
from lmodforge.apply.mirror.place import Place
from lmodforge.apply.system import System
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import StepFailed
from lmodforge.plan.digest import sha256
from lmodforge.plan.locks import SUBDIRS
from lmodforge.plan.mirror import LOCKS, repodata, simple_index
from lmodforge.receipts.mirror import NAME, FileEntry, LockEntry, MirrorManifest, PythonEntry, encode_manifest


@dataclass(frozen=True)
class Made:
    """A mirror, and what came for it."""

    manifest: MirrorManifest
    fetched: int
    """Files that were not there already."""
    digest: str
    """sha256 of the manifest."""


@dataclass(frozen=True)
class Maker:
    """Makes one mirror."""

    workshop: Workshop
    fetcher: Fetcher
    place: Place

    def make(self, contents: Contents) -> Made:
        """Fetch, write what leads to the files, and put it in place."""
        self._prepare()
        texts = {_lock_path(request.key): lock for request, lock in contents.locks}
        self._write(texts)
        self.fetcher.files(contents.files)
        pythons = tuple(self.fetcher.python(wanted) for wanted in contents.pythons)
        hashes = {wanted.path: wanted.sha256 for wanted in contents.files}
        texts |= simple_index(hashes) | self._repodata(contents)
        self._write(texts)
        hashes |= {path: sha256(text.encode()) for path, text in texts.items()}
        hashes |= {python.path: self._hash(python.path) for python in pythons}
        manifest = self._manifest(contents, pythons, hashes)
        self._publish(manifest)
        return Made(manifest, len(self.fetcher.fetched), sha256(encode_manifest(manifest)))

    def _prepare(self) -> None:
        """Begin with what is there: an archive is unpacked, a directory is looked at file by file."""
        system, staging = self.workshop.system, self.place.staging
        if self.place.is_archive and self.fetcher.before and system.stat(staging) is None:
            try:
                system.unpack(self.place.out, staging)
            except StepFailed:
                system.remove(staging)  # damaged: all of it is fetched
        system.make_directory(staging)

    def _repodata(self, contents: Contents) -> dict[str, str]:
        locks = [
            {"path": f"{self.place.staging}/{_lock_path(request.key)}", "platform": request.platform}
            for request, _ in contents.locks
            if request.engine == "conda"
        ]
        packages: list[dict[str, Any]] = [
            {"url": each["url"], "record": _as_repodata(each["record"])}
            for each in (self.fetcher.conda.read("conda packages", locks) if locks else ())
        ]
        return repodata(packages, [SUBDIRS.get(platform, platform) for platform in contents.platforms])

    def _write(self, texts: Mapping[str, str]) -> None:
        system = self.workshop.system
        for path, text in texts.items():
            staged = f"{self.place.staging}/{path}"
            if system.read(staged) != text.encode():
                system.make_directory(posixpath.dirname(staged))
                system.write(staged, text.encode(), 0o444)

    def _manifest(
        self, contents: Contents, pythons: tuple[PythonEntry, ...], hashes: Mapping[str, str]
    ) -> MirrorManifest:
        locks = {
            request.key: LockEntry(
                path=_lock_path(request.key),
                subject=request.subject,
                platform=request.platform,
                python=request.interpreter.version,
            )
            for request, _ in sorted(contents.locks, key=lambda pair: pair[0].key)
        }
        return MirrorManifest(
            site=contents.site,
            platforms=contents.platforms,
            locks=locks,
            pythons=pythons,
            files={path: FileEntry(sha256=hashes[path], size=self._size(path)) for path in sorted(hashes)},
        )

    def _hash(self, path: str) -> str:
        return self.workshop.system.sha256(f"{self.place.staging}/{path}") or ""

    def _size(self, path: str) -> int:
        found = self.workshop.system.stat(f"{self.place.staging}/{path}")
        if found is None:
            raise StepFailed(f"{self.place.staging}/{path} has gone", "does somebody else change it? Run it again")
        return found.st_size

    def _publish(self, manifest: MirrorManifest) -> None:
        """Take away what does not belong to it, write the manifest last, then let it take its place."""
        system, staging = self.workshop.system, self.place.staging
        remove_others(system, staging, manifest.files)
        system.write(f"{staging}/{NAME}", encode_manifest(manifest), 0o444)
        self.workshop.progress.state("mirror", "packing" if self.place.is_archive else "putting it in place")
        self.place.publish(system, _in_order(manifest))


def remove_others(system: System, folder: str, paths: Collection[str], below: str = "") -> None:
    """Take away what an earlier mirror had, and what helped to fetch."""
    folders = {path[:end] for path in paths for end, letter in enumerate(path) if letter == "/"}
    for name in system.names(f"{folder}/{below}"):
        path = f"{below}{name}"
        if path in folders:
            inner = [each for each in paths if each.startswith(f"{path}/")]
            remove_others(system, folder, inner, f"{path}/")
        elif path not in paths:
            system.remove(f"{folder}/{path}")


def _lock_path(key: str) -> str:
    return f"{LOCKS}/{key}.lock" if key.startswith("conda-") else f"{LOCKS}/pylock.{key}.toml"


def _as_repodata(text: str) -> dict[str, Any]:
    """Leave out what says where a package is: repodata stands beside it."""
    record: dict[str, Any] = json.loads(text)
    return {key: value for key, value in record.items() if key not in ("fn", "url", "channel")}


def _in_order(manifest: MirrorManifest) -> list[str]:
    """Put first what a plan reads, so that it need not read on."""
    first = [NAME, *sorted(entry.path for entry in manifest.locks.values())]
    return [*first, *sorted(manifest.files.keys() - {*first})]
