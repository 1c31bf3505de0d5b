"""Install exactly what a lock holds into an empty prefix, every archive checked against its hash."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from rattler import LockFile, MatchSpec, PackageRecord, PrefixRecord, RepoDataRecord, install
from rattler.package_cache import PackageCache, ValidationMode

from lmodforge.apply.rattler.network import Network, Refused


class _Reporter:
    """Says what is going on, a line when it changes."""

    def __init__(self) -> None:
        self.said = ""

    def on_download_start(self, cache_entry: int) -> int:
        self._say("downloading")
        return cache_entry

    def on_link_start(self, operation: int, package_name: str) -> int:  # noqa: ARG002 - rattler passes both
        self._say("linking")
        return operation

    def _say(self, what: str) -> None:
        if what != self.said:
            self.said = what
            print(what, file=sys.stderr, flush=True)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the rest of rattler's events, which say nothing here
        if name.startswith("on_"):
            return lambda *_: 0
        raise AttributeError(name)


async def install_locked(job: dict[str, Any], network: Network) -> dict[str, Any]:
    """Answer with what was installed."""
    records = locked_records(Path(job["lock"]), job["platform"])
    channels = {}
    for record in records:
        original = record.url
        record.url = job["places"].get(original, original)
        channels[record.url] = original
    _check_local_archives(records)
    await install(
        records,
        job["prefix"],
        package_cache=PackageCache.new_layered([job["cache"]], validation_mode=ValidationMode.full()),
        client=network.client,
        config=network.config,
        reporter=_Reporter(),
        execute_link_scripts=False,
        # The library takes its own inner type only.
        requested_specs=[MatchSpec(spec)._match_spec for spec in job["specs"]],  # noqa: SLF001
    )
    if job["places"]:
        _name_channels(Path(job["prefix"]), channels)
    return {"packages": [_package(record) for record in _installed(Path(job["prefix"]))]}


def _name_channels(prefix: Path, channels: Mapping[str, str]) -> None:
    """Write down where packages are from, not where they were taken from."""
    for path in sorted((prefix / "conda-meta").glob("*.json")):
        record = PrefixRecord.from_path(path)
        record.url = channels[record.url]
        record.write_to_path(path, pretty=True)


def locked_records(lock: Path, platform: str) -> list[RepoDataRecord]:
    """Read a lock."""
    environment = LockFile.from_path(lock).environment("default")
    found = [p for p in environment.platforms() if p.name == platform] if environment else []
    if environment is None or not found:
        raise Refused({"message": f"the lock {lock} holds nothing for {platform}"})
    return environment.conda_repodata_records_for_platform(found[0]) or []


def _check_local_archives(records: Sequence[RepoDataRecord]) -> None:
    """Check what is taken from directories: rattler does so only for what it downloads."""
    failures = []
    for record in records:
        url = urlsplit(record.url)
        if url.scheme != "file" or record.sha256 is None:
            continue
        found = sha256_of(Path(unquote(url.path)))
        if found != record.sha256:
            message = f"{record.url} has sha256 {found.hex()}, the lock says {record.sha256.hex()}"
            failures.append({"message": message})
    if failures:
        raise Refused(*failures)


def sha256_of(archive: Path) -> bytes:
    """Return the hash of an archive."""
    digest = hashlib.sha256()
    with archive.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.digest()


def _installed(prefix: Path) -> list[PrefixRecord]:
    """Read what was written, in the order of dependence."""
    records = [PrefixRecord.from_path(path) for path in sorted((prefix / "conda-meta").glob("*.json"))]
    by_name = {record.name.normalized: record for record in records}
    return [by_name[record.name.normalized] for record in PackageRecord.sort_topologically([*records])]


def _uncompiled(files: Sequence[str]) -> list[str]:
    """Return the modules that came without bytecode: all of a noarch package, and more."""
    compiled = {path.replace("__pycache__/", "").split(".cpython-")[0] for path in files if path.endswith(".pyc")}
    modules = (path for path in files if path.startswith("lib/python") and path.endswith(".py"))
    return [path for path in modules if path.removesuffix(".py") not in compiled]


def _package(record: PrefixRecord) -> dict[str, Any]:
    files = [str(path) for path in record.files]
    return {
        "name": record.name.normalized,
        "version": str(record.version),
        "build": str(record.build),
        "build_number": record.build_number,
        "channel": (record.channel or "").rstrip("/"),
        "subdir": str(record.subdir),
        "licence": record.license or "",
        "uncompiled": _uncompiled(files),
        "post_link": f"bin/.{record.name.normalized}-post-link.sh" in files,
        "files": len(files),
    }
