"""A mirror that is there: locks, packages, installers and Pythons come from it, each checked before anything is built.

It is a place and no channel: locks, receipts and settings name what they name online.
"""

from __future__ import annotations

import json
import posixpath
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from lmodforge.apply.system import System
from lmodforge.config.platforms import host_platform
from lmodforge.errors import StepFailed
from lmodforge.plan.actions import Download, InstallPython, Plan
from lmodforge.plan.digest import sha256
from lmodforge.plan.locks import LockRequest, locked_urls
from lmodforge.plan.mirror import LOCKS, Wanted, conda_path, file_url, files_of_lock, needed_files, needed_pythons
from lmodforge.receipts.mirror import NAME, LockEntry, MirrorManifest, PythonEntry, decode_manifest

_READERS = 4
"""Files hashed at once."""

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(\w*)")

_ANEW = "make it anew where there is a network: invoke mirror"


@dataclass(frozen=True)
class Mirror:
    """A directory, or an archive that is not unpacked yet and of which only the locks are known."""

    system: System
    place: str
    """As it was named."""
    folder: str
    """Empty: not unpacked."""
    manifest: MirrorManifest
    locks: Mapping[str, str] = field(default_factory=dict)
    """Text by key."""

    def refuse_unknown(self, requests: Sequence[LockRequest]) -> None:
        """Raise StepFailed that names every question to which the mirror has no answer."""
        if requests:
            failures = [StepFailed(f"{request.subject}: {self._why(request)}", _ANEW) for request in requests]
            raise StepFailed.together(failures)

    def refuse_lacking(self, plan: Plan) -> None:
        """Raise StepFailed that names everything that the plan needs and the mirror does not list."""
        files = self.manifest.files
        pairs = [(each, files.get(each.path)) for each in needed_files(plan)]
        lacking = [each for each, entry in pairs if entry is None]
        other = [each for each, entry in pairs if entry and entry.sha256 != each.sha256]
        failures = [*_told(self.place, "lacks", lacking), *_told(self.place, "has another hash for", other)]
        failures += [
            StepFailed(
                f"distribution {each.name}: {self.place} lacks Python {each.version} for {host_platform()}", _ANEW
            )
            for each in needed_pythons(plan)
            if self._python(each) is None
        ]
        if failures:
            raise StepFailed.together(failures)

    def refuse_damaged(self, plan: Plan) -> None:
        """Raise StepFailed that names every file of the plan that is not there, or not as it was made."""
        wanted = needed_files(plan)
        for action in needed_pythons(plan):
            entry = self._python(action)
            if entry:
                found = self.manifest.files[entry.path]
                wanted.append(Wanted(f"distribution {action.name}", entry.path, entry.url, found.sha256))
        paths = sorted({each.path for each in wanted})  # environments share many
        with ThreadPoolExecutor(_READERS) as pool:
            found_hashes = pool.map(lambda path: self.system.sha256(f"{self.folder}/{path}"), paths)
        hashes = dict(zip(paths, found_hashes, strict=True))
        pairs = [(each, hashes[each.path]) for each in wanted]
        gone = [each for each, found in pairs if found is None]
        damaged = [each for each, found in pairs if found not in (None, each.sha256)]
        failures = [*_told(self.place, "has lost", gone), *_told(self.place, "holds a damaged", damaged)]
        if failures:
            raise StepFailed.together(failures)

    def download(self, download: Download) -> Download:
        """Return where an installer comes from instead."""
        for path, entry in self.manifest.files.items():
            if entry.sha256 == download.sha256:
                return replace(download, url=file_url(f"{self.folder}/{path}"))
        raise StepFailed(f"{self.place} lacks {download.name}", _ANEW)

    def localised(self, lock: str) -> str:
        """Return a lock of uv's whose files lie in the mirror; its hashes stay."""
        for (_, url, _), wanted in zip(locked_urls(lock), files_of_lock("", lock), strict=True):
            lock = lock.replace(f'url = "{url}"', f'url = "{file_url(f"{self.folder}/{wanted.path}")}"')
        return lock

    def places(self, urls: Iterable[str]) -> dict[str, str]:
        """Return where each package of a channel lies, as a URL."""
        return {url: file_url(f"{self.folder}/{conda_path(url)}") for url in urls}

    def downloads(self, action: InstallPython) -> str:
        """Return the list of Pythons, in the form that uv reads, that leads to the one for a prefix."""
        entry = self._python(action)
        return json.dumps(_listed(entry, self) if entry else {})

    def _python(self, action: InstallPython) -> PythonEntry | None:
        wanted = (action.version, action.downloads, host_platform())
        return next((e for e in self.manifest.pythons if (e.asked, e.downloads, e.platform) == wanted), None)

    def _why(self, request: LockRequest) -> str:
        entries = [entry for entry in self.manifest.locks.values() if entry.subject == request.subject]
        return f"{self.place} has no lock that answers what the site file asks for now{_nearest(request, entries)}"


def _nearest(request: LockRequest, entries: Sequence[LockEntry]) -> str:
    """Say what the locks of the same subject are for."""
    if not entries:
        return "; it has none of that name"
    wanted = (request.platform, request.interpreter.version)
    for index, what in enumerate(("", "Python ")):
        offered = sorted({(entry.platform, entry.python)[index] for entry in entries})
        if wanted[index] not in offered:
            return f"; it has one for {what}{', '.join(offered)}, not for {what}{wanted[index]}"
    return "; it was made for other packages, or another version"


def _told(place: str, what: str, wanted: Sequence[Wanted]) -> Iterator[StepFailed]:
    """Tell everything that is wrong with a mirror, by who needs it."""
    subjects: dict[str, list[str]] = {}
    for each in wanted:
        subjects.setdefault(each.subject, []).append(each.path)
    for subject, paths in subjects.items():
        yield StepFailed("\n    ".join([f"{subject}: {place} {what}", *sorted({*paths})]), _ANEW)


def _listed(entry: PythonEntry, mirror: Mirror) -> dict[str, object]:
    implementation, version, system, machine, libc = entry.key.split("-")
    numbers = _VERSION.fullmatch(version)
    if numbers is None:
        raise StepFailed(f"{mirror.place}: {entry.key} is no Python that is known", _ANEW)
    return {
        entry.key: {
            "name": implementation,
            "arch": {"family": machine, "variant": None},
            "os": system,
            "libc": libc,
            "major": int(numbers[1]),
            "minor": int(numbers[2]),
            "patch": int(numbers[3]),
            "prerelease": numbers[4],
            "variant": None,
            "url": file_url(f"{mirror.folder}/{entry.path}"),
            "build": entry.build or None,
            "sha256": mirror.manifest.files[entry.path].sha256,
        }
    }


def open_mirror(system: System, place: str, folder: str = "") -> Mirror:
    """Open a directory or an archive, of which only the beginning is read; raises StepFailed."""
    found = system.stat(place)
    if found is None:
        raise StepFailed(
            f"there is no mirror at {place}", "invoke mirror --out DIR writes one, where there is a network"
        )
    manifest_path = f"{folder or place}/{NAME}"
    content = system.read(manifest_path)
    if content is not None:
        folder = folder or place
        manifest = decode_manifest(content, place)
        texts = {entry.path: system.read(f"{folder}/{entry.path}") for entry in manifest.locks.values()}
    elif folder or not stat.S_ISREG(found.st_mode):
        raise StepFailed(f"{place} is no mirror: it has no {NAME}", "invoke mirror --out DIR writes one")
    else:
        first = system.head(place, lambda name: name == NAME or name.startswith(f"{LOCKS}/"))
        manifest = decode_manifest(first.get(NAME, b""), place)
        texts = {entry.path: first.get(entry.path) for entry in manifest.locks.values()}
    return Mirror(system, place, folder, manifest, _whole(manifest, texts, place))


def _whole(manifest: MirrorManifest, texts: Mapping[str, bytes | None], place: str) -> dict[str, str]:
    """Check locks against the manifest."""
    failures, locks = [], {}
    for key, entry in manifest.locks.items():
        text, listed = texts[entry.path], manifest.files.get(entry.path)
        if text is None or listed is None or sha256(text) != listed.sha256:
            failures.append(StepFailed(f"{entry.subject}: {place} holds a damaged {entry.path}", _ANEW))
        else:
            locks[key] = text.decode()
    if failures:
        raise StepFailed.together(failures)
    return locks


def unpacked(mirror: Mirror, cache: str) -> Mirror:
    """Return a mirror that is a directory; an archive is unpacked into the cache, which is nobody else's."""
    if mirror.folder:
        return mirror
    system, parent = mirror.system, f"{cache}/mirrors"
    # An archive of the same manifest is unpacked once; those of others are not needed any more.
    name = sha256(mirror.manifest.model_dump_json().encode())[:20]
    system.make_directory(parent, 0o700)
    for other in system.names(parent):
        if other != name:
            system.remove(f"{parent}/{other}")
    if not system.names(f"{parent}/{name}"):
        system.unpack(mirror.place, f"{parent}/{name}.part")
        refuse_other_files(system, f"{parent}/{name}.part", mirror)
        system.rename(f"{parent}/{name}.part", f"{parent}/{name}")
    return open_mirror(system, mirror.place, f"{parent}/{name}")


def refuse_other_files(system: System, folder: str, mirror: Mirror) -> None:
    """Raise StepFailed unless a directory holds exactly what the manifest says, hash by hash."""
    listed = {path: entry.sha256 for path, entry in mirror.manifest.files.items()}
    found = {path: system.sha256(f"{folder}/{path}") for path in files_below(system, folder) if path != NAME}
    wrong = [f"{path}: not in its manifest" for path in sorted(found.keys() - listed.keys())]
    wrong += [f"{path}: not there" for path in sorted(listed.keys() - found.keys())]
    wrong += [f"{path}: damaged" for path in sorted(listed.keys() & found.keys()) if listed[path] != found[path]]
    if wrong:
        raise StepFailed("\n    ".join([f"{mirror.place} is not as it was made", *wrong]), "copy it again")


def files_below(system: System, folder: str, below: str = "") -> Iterator[str]:
    """Return the path of each file, relative to the directory."""
    for name in system.names(posixpath.join(folder, below)):
        path = posixpath.join(below, name)
        found = system.stat(f"{folder}/{path}")
        if found and stat.S_ISDIR(found.st_mode):
            yield from files_below(system, folder, path)
        else:
            yield path
