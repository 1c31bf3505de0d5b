"""Environments from a PyPI index by uv: resolved to a hashed PEP 751 lock, installed from nothing but that lock."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lmodforge.apply.engines import Built
from lmodforge.apply.engines.licences import entries
from lmodforge.apply.interpreters import host_interpreter
from lmodforge.apply.workshop import Workshop
from lmodforge.config.models import Index
from lmodforge.config.platforms import host_platform
from lmodforge.errors import StepFailed
from lmodforge.plan.actions import BuildRelease
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
        subject = f"environment {release.environment}"
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
        lock = self.workshop.layout.lock(key)
        self.run(subject, "pip", "sync", lock, "--python", f"{path}/bin/python", "--compile-bytecode", on_line=follow)
        for name in _LEFT_BY_UV:
            self.workshop.system.remove(f"{path}/{name}")

    def install_into(self, subject: str, path: str, key: str) -> None:
        """Install what a stored lock holds beside what conda put into a prefix, and nothing else."""
        self.workshop.progress.state(subject, "downloading from the index")
        lock = self.workshop.layout.lock(key)
        python = ("--python", f"{path}/bin/python")
        self.run(subject, "pip", "install", "--requirements", lock, "--no-deps", *python, "--compile-bytecode")

    def install_beside(self, subject: str, directory: str, key: str, python: str) -> None:
        """Install what a stored lock holds into a plain directory."""
        lock = self.workshop.layout.lock(key)
        self.run(subject, "pip", "sync", lock, "--target", directory, "--python", python)

    def download_python(self, subject: str, version: str, directory: str, downloads: str) -> None:
        """Download an interpreter below `directory`; uv checks it against the hash that its list holds."""
        listed = ("--python-downloads-json-url", downloads) if downloads else ()
        cache = ("--cache-dir", f"{self.workshop.layout.cache}/uv")
        options = ("--install-dir", directory, "--no-bin", "--no-config", "--no-progress")
        self.workshop.run(subject, (uv_binary(), "python", "install", version, *options, *listed, *cache))

    def run(self, subject: str, *arguments: str, stdin: str = "", on_line: Callable[[str], None] | None = None) -> str:
        """Run uv for a subject; returns its standard output, raises StepFailed."""
        cache = ("--cache-dir", f"{self.workshop.layout.cache}/uv") if self.cached else ("--no-cache",)
        argv = (uv_binary(), *arguments, "--no-config", "--no-progress", "--no-python-downloads", *cache)
        return self.workshop.run(subject, argv, stdin=stdin, on_line=on_line).stdout
