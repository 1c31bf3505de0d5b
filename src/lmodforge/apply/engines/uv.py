"""Environments from a PyPI index by uv: resolved to a hashed PEP 751 lock, installed from nothing but that lock."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from lmodforge.apply.engines import Built
from lmodforge.apply.engines.licences import entries
from lmodforge.apply.interpreters import host_interpreter
from lmodforge.apply.workshop import Workshop
from lmodforge.config.models import Index
from lmodforge.config.platforms import host_platform
from lmodforge.errors import StepFailed
from lmodforge.plan.actions import BuildRelease, InstallPython
from lmodforge.plan.digest import sha256
from lmodforge.plan.locks import SUBDIRS, LockRequest, locked_packages

_STAGES = {"Prepared": "linking", "Installed": "compiling"}
"""What uv does after the line that begins so."""

_PLATFORMS = {
    "linux-64": "x86_64-manylinux_2_28",
    "linux-aarch64": "aarch64-manylinux_2_28",
    "osx-64": "x86_64-apple-darwin",
    "osx-arm64": "aarch64-apple-darwin",
}
"""What uv calls the platforms that it can resolve for from elsewhere."""

_PYTHONS = {
    "linux-ppc64le": "linux-powerpc64le-gnu",
    "macos-x86_64": "macos-x86_64-none",
    "macos-arm64": "macos-aarch64-none",
}
"""How uv ends the name of a Python for a platform, where it is not the platform's own with `-gnu`."""

_NOTE = "uv_cache.json"
_LEFT_BY_UV = ("CACHEDIR.TAG", ".gitignore", ".lock")
"""A tag of a cache would make backups pass the environment by."""


def uv_binary() -> str:
    """Return the uv that came with lmodforge."""
    from uv import find_uv_bin  # noqa: PLC0415 - a plan with nothing to do needs no uv

    return str(find_uv_bin())


def index_options(index: Index) -> tuple[str, ...]:
    """Return uv's options for a site's index."""
    options = ["--default-index", index.url] if index.url else []
    for url in index.extra:
        options += ["--index", url]
    for directory in index.find_links:
        options += ["--find-links", directory]
    return tuple(options)


def _elsewhere(request: LockRequest) -> tuple[str, ...]:
    """Return uv's option for a lock of another platform than this host's."""
    if request.platform in ("", SUBDIRS.get(host_platform())):
        return ()
    if request.platform not in _PLATFORMS:
        raise StepFailed(
            f"{request.subject}: uv cannot resolve for {request.platform} from elsewhere", "lock it on such a host"
        )
    return "--python-platform", _PLATFORMS[request.platform]


@dataclass(frozen=True)
class Uv:
    """uv as the site uses it: no configuration of anybody's, a cache of our own or none."""

    workshop: Workshop
    cached: bool = True

    def resolve(self, requests: Sequence[LockRequest]) -> list[str | StepFailed]:
        """Resolve one after the other."""
        return [self._resolve(request) for request in requests]

    def _resolve(self, request: LockRequest) -> str | StepFailed:
        """Return a pylock.toml for one interpreter; wheels only, but for packages that the site lets be built.

        What conda has installed by then is pinned as soon as something turns out to need it, and left out of the lock.
        """
        beside = {pin.partition("==")[0]: pin for pin in request.beside}
        pinned: dict[str, str] = {}
        while True:
            try:
                lock = self._compile(request, pinned)
            except StepFailed as failure:
                return failure
            found = {name: beside[name] for name, _ in locked_packages(lock) if name in beside}
            if not found:
                return lock
            pinned |= found

    def _compile(self, request: LockRequest, pinned: Mapping[str, str]) -> str:
        interpreter = request.interpreter
        # One that is still to be downloaded cannot help to resolve; any Python can, told the version.
        python = ("--python", interpreter.path or host_interpreter().path)
        builds = (option for package in request.build for option in ("--no-binary", package))
        there = (option for name in pinned for option in ("--no-emit-package", name))
        return self.run(
            request.subject,
            *("pip", "compile", "-", "--format", "pylock.toml", "--no-header"),
            *_elsewhere(request),
            *(*python, "--python-version", interpreter.version, "--only-binary", ":all:", *builds, *there),
            *index_options(self.workshop.site.index),
            stdin="\n".join((*request.requirements, *pinned.values())) + "\n",
        )

    def build(self, release: BuildRelease) -> Built:
        """Make a virtual environment and fill it."""
        subject = release.subject
        self.create(subject, release.path, release.python, prompt=release.environment)
        self.install(subject, release.path, release.key)
        return Built(entries(release.packages, release.path, self.workshop.system))

    def create(self, subject: str, path: str, python: str, *, prompt: str) -> None:
        """Make an empty virtual environment at `path` on the Python at `python`."""
        self.workshop.system.make_directory(path)  # ours first: uv would give it the umask's mode
        self.run(subject, "venv", path, "--python", python, "--prompt", prompt, "--allow-existing")

    def install(self, subject: str, path: str, key: str) -> None:
        """Install what a stored lock holds, and nothing else, with bytecode: users cannot write it later."""
        progress = self.workshop.progress

        def follow(line: str) -> None:
            if found := re.match(r"(Prepared|Installed) \d+ package", line):
                progress.state(subject, _STAGES[found.group(1)])

        progress.state(subject, "downloading")
        self.run(
            subject,
            "pip",
            "sync",
            self._lock(key),
            "--python",
            f"{path}/bin/python",
            "--compile-bytecode",
            on_line=follow,
        )
        for name in _LEFT_BY_UV:
            self.workshop.system.remove(f"{path}/{name}")
        self._forget_mirror(path)

    def install_into(self, subject: str, path: str, key: str) -> None:
        """Install what a stored lock holds beside what conda put into a prefix, and nothing else."""
        self.workshop.progress.state(subject, "downloading from the index")
        options = ("--no-deps", "--python", f"{path}/bin/python", "--compile-bytecode")
        self.run(subject, "pip", "install", "--requirements", self._lock(key), *options)
        self._forget_mirror(path)

    def install_beside(self, subject: str, directory: str, key: str, python: str) -> None:
        """Install what a stored lock holds into a plain directory."""
        self.run(subject, "pip", "sync", self._lock(key), "--target", directory, "--python", python)

    def download_python(self, subject: str, action: InstallPython, directory: str) -> None:
        """Download an interpreter below `directory`; uv checks it against the hash that its list holds."""
        downloads = self._downloads(action)
        listed = ("--python-downloads-json-url", downloads) if downloads else ()
        cache = ("--cache-dir", f"{self.workshop.cache}/uv", *self._reach)
        options = ("--install-dir", directory, "--no-bin", "--no-config", "--no-progress")
        argv = (uv_binary(), "python", "install", action.version, *options, *listed, *cache)
        with self._locked_elsewhere(directory):
            self.workshop.run(subject, argv)

    def find_python(self, subject: str, version: str, platform: str, downloads: str) -> dict[str, str]:
        """Return what uv knows of the interpreter that it would download for a platform: its `key` and `url`."""
        wanted = f"cpython-{version}-{_PYTHONS.get(platform, f'{platform}-gnu')}"
        listed = ("--python-downloads-json-url", downloads) if downloads else ()
        options = ("--only-downloads", "--output-format", "json", "--no-config", "--no-cache")
        argv = (uv_binary(), "python", "list", wanted, *options, *listed)
        found: list[dict[str, str]] = json.loads(self.workshop.run(subject, argv).stdout)
        if not found:
            raise StepFailed(f"{subject}: uv knows no Python {version} for {platform}", "is `version` right?")
        return found[0]

    def fetch_python(self, subject: str, key: str, downloads: str, folder: str) -> tuple[str, str]:
        """Return the archive of an interpreter that uv has fetched and checked, and its build.

        What an earlier run left is used, once uv has checked it again.
        """
        system, archives, place = self.workshop.system, f"{folder}/archives/{key}", f"{folder}/installed"
        listed = ("--python-downloads-json-url", downloads) if downloads else ()
        options = ("--install-dir", place, "--no-bin", "--no-config", "--no-progress", "--no-cache")
        self.workshop.progress.state(subject, f"downloading {key}")
        system.remove(place)
        argv = (uv_binary(), "python", "install", key, *options, *listed)
        with self._locked_elsewhere(place):
            self.workshop.run(subject, argv, variables={"UV_PYTHON_CACHE_DIR": archives})
        self.workshop.progress.done(subject, f"{key} fetched")
        names = system.names(archives)
        if len(names) != 1:
            raise StepFailed(f"{subject}: uv reported success, but not one archive is in {archives}")
        return f"{archives}/{names[0]}", (system.read(f"{place}/{key}/BUILD") or b"").decode()

    @contextmanager
    def _locked_elsewhere(self, directory: str) -> Iterator[None]:
        """Let uv lock a file of our cache where none in a directory can be: it would refuse to download a Python."""
        system, lock = self.workshop.system, f"{self.workshop.cache}/{sha256(directory.encode())[:20]}.lock"
        system.make_directory(directory)
        if system.can_lock(directory):
            yield
            return
        system.write(lock, b"")
        system.link(f"{directory}/.lock", lock)
        try:
            yield
        finally:
            system.remove(f"{directory}/.lock")

    def _downloads(self, action: InstallPython) -> str:
        """Return where the list of Pythons is; empty: in uv."""
        mirror = self.workshop.mirror
        if mirror is None:
            return action.downloads
        return self._offline_file(f"pythons-{action.name}.json", mirror.downloads(action))

    def _lock(self, key: str) -> str:
        """Return the path of a stored lock; without a network that of a copy whose files are in the mirror."""
        stored, mirror = self.workshop.layout.lock(key), self.workshop.mirror
        if mirror is None:
            return stored
        text = (self.workshop.system.read(stored) or b"").decode()
        return self._offline_file(posixpath.basename(stored), mirror.localised(text))

    def _offline_file(self, name: str, text: str) -> str:
        folder = f"{self.workshop.cache}/offline"
        self.workshop.system.make_directory(folder, 0o700)
        self.workshop.system.write(f"{folder}/{name}", text.encode())
        return f"{folder}/{name}"

    def _forget_mirror(self, path: str) -> None:
        """Take away what uv notes about wheels of this host: a release is the same wherever they came from."""
        system = self.workshop.system
        libraries = (f"{path}/lib/{name}/site-packages" for name in system.names(f"{path}/lib"))
        found = (f"{library}/{name}" for library in libraries for name in system.names(library))
        for info in found if self.workshop.mirror else ():
            if info.endswith(".dist-info") and system.stat(f"{info}/{_NOTE}"):
                system.remove(f"{info}/{_NOTE}")
                lines = (system.read(f"{info}/RECORD") or b"").splitlines(keepends=True)
                kept = [line for line in lines if not line.partition(b",")[0].endswith(f"/{_NOTE}".encode())]
                system.write(f"{info}/RECORD", b"".join(kept))

    @property
    def _reach(self) -> tuple[str, ...]:
        return ("--offline",) if self.workshop.mirror else ()

    def run(self, subject: str, *arguments: str, stdin: str = "", on_line: Callable[[str], None] | None = None) -> str:
        """Run uv for a subject; returns its standard output, raises StepFailed."""
        cache = ("--cache-dir", f"{self.workshop.cache}/uv") if self.cached else ("--no-cache",)
        argv = (uv_binary(), *arguments, "--no-config", "--no-progress", "--no-python-downloads", *cache, *self._reach)
        return self.workshop.run(subject, argv, stdin=stdin, on_line=on_line).stdout
