"""Make a mirror: beside its place until it is whole, each file checked by its hash, what is there and right kept.

A file comes from what an earlier run left, else from the mirror that is there, else from where the lock says.
"""

from __future__ import annotations

import json
import posixpath
import stat
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from lmodforge.apply.distributions.installer import receive
from lmodforge.apply.engines.conda import Conda
from lmodforge.apply.engines.uv import Uv
from lmodforge.apply.mirror.contents import Contents, WantedPython
from lmodforge.apply.mirror.offline import Mirror, open_mirror
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import SiteError, StepFailed
from lmodforge.plan.actions import Download
from lmodforge.plan.locks import SUBDIRS
from lmodforge.plan.mirror import CHANNELS, LOCKS, Wanted, python_path, repodata, simple_index
from lmodforge.receipts.mirror import (
    NAME,
    FileEntry,
    LockEntry,
    MirrorManifest,
    PythonEntry,
    encode_manifest,
)

_AT_ONCE = 8
"""Files on their way."""

_ARCHIVES = (".tar", ".tar.zst")
_AGAIN = "run it again: what is there is kept"


@dataclass(frozen=True)
class Made:
    """A mirror, and what came for it."""

    manifest: MirrorManifest
    fetched: int
    """Files that were not there already."""
    digest: str
    """sha256 of the manifest."""


@dataclass(frozen=True)
class Place:
    """Where a mirror is, and where it is until it is whole."""

    out: str

    @property
    def is_archive(self) -> bool:
        """Say whether it is to be one file."""
        return self.out.endswith(_ARCHIVES)

    @property
    def staging(self) -> str:
        """What an interrupted run leaves."""
        return f"{self.out}.part"

    @property
    def old(self) -> str:
        """The mirror before, while the new one takes its place."""
        return f"{self.out}.old"


@dataclass(frozen=True)
class Maker:
    """Fills the directory of one mirror."""

    workshop: Workshop
    conda: Conda
    uv: Uv
    place: Place
    before: Mirror | None
    """The mirror that is there."""
    fetched: set[str] = field(default_factory=set)

    def make(self, contents: Contents) -> Made:
        """Fetch, write what leads to the files, and put it in place."""
        self._prepare()
        texts = {_lock_path(request.key): lock for request, lock in contents.locks}
        self._write(texts)
        hashes = {wanted.path: wanted.sha256 for wanted in contents.files}
        self._fetch([wanted for wanted in contents.files if not self._there(wanted.path, wanted.sha256)])
        pythons = tuple(self._python(wanted) for wanted in contents.pythons)
        pages = simple_index(hashes) | self._repodata(contents)
        self._write(pages)
        unhashed = {*texts, *pages, *(python.path for python in pythons)} - hashes.keys()
        hashes |= {path: self.workshop.system.sha256(f"{self.place.staging}/{path}") or "" for path in unhashed}
        manifest = self._manifest(contents, pythons, hashes)
        digest = self._publish(manifest)
        return Made(manifest, len(self.fetched), digest)

    def _prepare(self) -> None:
        """Begin with what is there: of an archive everything, of a directory file by file."""
        system, staging = self.workshop.system, self.place.staging
        if self.place.is_archive and self.before and system.stat(staging) is None:
            try:
                system.unpack(self.place.out, staging)
            except StepFailed:
                system.remove(staging)  # damaged: all of it is fetched
        system.make_directory(staging)

    def _there(self, path: str, sha256: str) -> bool:
        """Say whether a file is in its place, and put it there from the mirror before."""
        system, staged = self.workshop.system, f"{self.place.staging}/{path}"
        if system.sha256(staged) == sha256:
            return True
        system.remove(staged)
        system.make_directory(posixpath.dirname(staged))
        earlier = f"{self.before.folder}/{path}" if self.before and self.before.folder else ""
        if not earlier or system.sha256(earlier) != sha256:
            return False
        system.share(earlier, staged)
        return True

    def _fetch(self, missing: Sequence[Wanted]) -> None:
        """Fetch what is missing; what fails is told together, and the rest is kept."""
        packages = [wanted for wanted in missing if wanted.path.startswith(f"{CHANNELS}/")]
        others = [wanted for wanted in missing if wanted not in packages]
        failures = [*self._fetch_files(others), *self._fetch_packages(packages)]
        for wanted in missing:
            if self.workshop.system.stat(f"{self.place.staging}/{wanted.path}"):
                self._keep(wanted.path)
        if failures:
            raise StepFailed.together(failures)

    def _fetch_files(self, missing: Sequence[Wanted]) -> list[SiteError]:
        subject, done = "files", 0

        def fetch(wanted: Wanted) -> SiteError | None:
            nonlocal done
            failure = _attempt(lambda: self._download(wanted))
            done += 1
            self.workshop.progress.state(subject, f"{done} of {len(missing)}")
            return failure

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            failures = [failure for failure in pool.map(fetch, missing) if failure]
        self._tell(subject, missing, failures)
        return failures

    def _fetch_packages(self, missing: Sequence[Wanted]) -> list[SiteError]:
        subject = "conda packages"
        staged = [
            {"url": wanted.url, "path": f"{self.place.staging}/{wanted.path}", "sha256": wanted.sha256}
            for wanted in missing
        ]
        failure = _attempt(lambda: self.conda.fetch(subject, staged)) if missing else None
        failures = [failure] if failure else []
        self._tell(subject, missing, failures)
        return failures

    def _tell(self, subject: str, missing: Sequence[Wanted], failures: Sequence[SiteError]) -> None:
        if failures:
            self.workshop.progress.failed(subject, "some did not come")
        elif missing:
            self.workshop.progress.done(subject, f"{len(missing)} fetched")

    def _download(self, wanted: Wanted) -> None:
        system, path = self.workshop.system, f"{self.place.staging}/{wanted.path}"
        quiet = Workshop(system, self.workshop.site)  # hundreds of files at once are counted, not followed
        receive(Download(wanted.url, posixpath.basename(path), wanted.sha256), f"{path}.part", wanted.subject, quiet)
        found = system.sha256(f"{path}.part")
        if found != wanted.sha256:
            system.remove(f"{path}.part")
            message = f"{wanted.subject}: {wanted.url} has sha256 {found}, expected was {wanted.sha256}"
            raise StepFailed(message, "it is not in the mirror; find out which one is right")
        system.rename(f"{path}.part", path)

    def _keep(self, path: str) -> None:
        """Nobody writes a file of a mirror."""
        self.fetched.add(path)
        self.workshop.system.freeze(f"{self.place.staging}/{path}", group=None, for_all=True)

    def _python(self, wanted: WantedPython) -> PythonEntry:
        """Let uv find and check a Python for a platform; one that was checked before is known by its URL."""
        listed = self.uv.find_python(wanted.subject, wanted.version, wanted.platform, wanted.downloads)
        about = {
            "path": python_path(listed["url"]),
            "url": listed["url"],
            "key": listed["key"],
            "asked": wanted.version,
            "downloads": wanted.downloads,
            "platform": wanted.platform,
        }
        known = self.before.manifest if self.before else None
        for entry in known.pythons if known else ():
            same = about.items() <= entry.model_dump().items()
            if known and same and self._there(entry.path, known.files[entry.path].sha256):
                return entry
        return PythonEntry(**about, build=self._fetch_python(wanted, about["key"], about["path"]))

    def _fetch_python(self, wanted: WantedPython, key: str, path: str) -> str:
        """Put an archive in its place; return its build."""
        system, staged = self.workshop.system, f"{self.place.staging}/{path}"
        archive, build = self.uv.fetch_python(wanted.subject, key, wanted.downloads, f"{self.place.staging}/.uv")
        system.remove(staged)
        system.make_directory(posixpath.dirname(staged))
        system.rename(archive, staged)
        self._keep(path)
        return build

    def _repodata(self, contents: Contents) -> dict[str, str]:
        locks = [
            {"path": f"{self.place.staging}/{_lock_path(request.key)}", "platform": request.platform}
            for request, _ in contents.locks
            if request.engine == "conda"
        ]
        packages: list[dict[str, Any]] = [
            {"url": each["url"], "record": _as_repodata(each["record"])}
            for each in (self.conda.read("conda packages", locks) if locks else ())
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

    def _size(self, path: str) -> int:
        found = self.workshop.system.stat(f"{self.place.staging}/{path}")
        if found is None:
            raise StepFailed(f"{self.place.staging}/{path} has gone", "does somebody else change it? Run it again")
        return found.st_size

    def _publish(self, manifest: MirrorManifest) -> str:
        """Take away what does not belong to it, write the manifest last, then let it take its place."""
        system, staging, out = self.workshop.system, self.place.staging, self.place.out
        self._remove_others({*manifest.files})
        system.write(f"{staging}/{NAME}", encode_manifest(manifest), 0o444)
        digest = system.sha256(f"{staging}/{NAME}") or ""
        if self.place.is_archive:
            self.workshop.progress.state("mirror", "packing")
            system.pack(staging, _in_order(manifest), out)
            system.remove(staging)
            return digest
        if system.stat(out):
            system.remove(self.place.old)
            system.rename(out, self.place.old)
        system.rename(staging, out)
        system.remove(self.place.old)
        return digest

    def _remove_others(self, paths: set[str], below: str = "") -> None:
        """Take away what an earlier mirror had, and what helped to fetch."""
        folders = {path.rpartition("/")[0] for path in paths if "/" in path}
        folders |= {"/".join(folder.split("/")[:depth]) for folder in folders for depth in range(folder.count("/") + 2)}
        system = self.workshop.system
        for name in system.names(f"{self.place.staging}/{below}"):
            path = f"{below}{name}"
            if path in folders:
                self._remove_others(paths, f"{path}/")
            elif path not in paths:
                system.remove(f"{self.place.staging}/{path}")


def mirror_before(workshop: Workshop, place: Place) -> Mirror | None:
    """Return the mirror that is there; raises StepFailed when something else is."""
    system = workshop.system
    if system.stat(place.out) is None and system.stat(place.old) is not None:
        system.rename(place.old, place.out)  # a run ended between two renames
    found = system.stat(place.out)
    if found is None or (stat.S_ISDIR(found.st_mode) and not system.names(place.out)):
        return None
    if stat.S_ISDIR(found.st_mode) == place.is_archive:
        kind = "a directory" if place.is_archive else "a file"
        raise StepFailed(f"{place.out} is {kind}", "a mirror whose name ends in .tar or .tar.zst is an archive")
    try:
        return open_mirror(system, place.out)
    except StepFailed:
        if place.is_archive or system.read(f"{place.out}/{NAME}") is not None:
            return None  # damaged, or of another version: it is made anew
        raise StepFailed(f"{place.out} is there and is no mirror", "name another --out, or move it away") from None


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


def _attempt(step: Callable[[], None]) -> SiteError | None:
    try:
        step()
    except SiteError as error:
        return StepFailed.together([StepFailed(each.message, each.hint or _AGAIN) for each in error.mistakes])
    return None
