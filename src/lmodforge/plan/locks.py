"""Which locks a site needs, and what they say; a lock is named by the digest of what was asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from lmodforge.config.distributions import PythonDistribution
from lmodforge.config.environments import Tool
from lmodforge.config.models import SiteConfig
from lmodforge.errors import SiteError
from lmodforge.plan.digest import digest
from lmodforge.plan.facts import Interpreter
from lmodforge.plan.known import KNOWN_TOOLS
from lmodforge.plan.variants import Variant, variants_of

ENGINE = "uv/1"
"""Part of every key and digest: raised when a build from the same lock would come out otherwise."""


SUBDIRS = {
    "linux-x86_64": "linux-64",
    "linux-aarch64": "linux-aarch64",
    "linux-ppc64le": "linux-ppc64le",
    "macos-x86_64": "osx-64",
    "macos-arm64": "osx-arm64",
}
"""What conda calls our platforms; so do the names of lock files."""

BASE = ("pip",)
"""What users expect to find beside `python` in a module of that name."""


@dataclass(frozen=True)
class LockRequest:
    """What a resolver is asked: requirements for one interpreter on one platform."""

    key: str
    engine: str
    """Which one is asked: `uv` or `conda`."""
    subject: str
    """For messages: `environment sci` or `tool uv`."""
    requirements: tuple[str, ...]
    build: tuple[str, ...]
    interpreter: Interpreter
    beside: tuple[str, ...] = ()
    """For uv, `name==version` of what conda has installed by then: it stays, and is not part of the lock."""
    channels: tuple[str, ...] = ()
    """For conda, URLs, best first."""
    platform: str = ""
    """Such as `linux-64`; empty: this host's."""
    virtual_packages: tuple[tuple[str, str], ...] = ()
    """For conda, what the nodes have: name and version."""
    file: str = ""
    """Where the lock may lie beside the site file, below its directory of locks; empty: nowhere."""


def environment_request(site: SiteConfig, variant: Variant, interpreter: Interpreter, platform: str) -> LockRequest:
    """Ask for an environment; its `version` is part of the question, so a new version resolves anew."""
    environment = variant.environment
    asked = [environment.version, environment.pypi, environment.build, interpreter.minor]
    subdir = SUBDIRS.get(platform, platform)
    return LockRequest(
        key=digest([ENGINE, platform, site.index.model_dump(), asked])[:20],
        engine="uv",
        subject=variant.subject,
        requirements=environment.pypi,
        build=environment.build,
        interpreter=interpreter,
        platform=subdir,
        file=pypi_lock_file(variant, subdir),
    )


def pypi_lock_file(variant: Variant, subdir: str) -> str:
    """Return where a lock of uv's lies; PEP 751 fixes how such a file is called, and allows it one dot more."""
    return f"{variant.name}/pylock.{subdir}{f'-{variant.node}' if variant.node else ''}.toml"


def each_once(requests: Iterable[LockRequest]) -> tuple[LockRequest, ...]:
    """Return requests without those that ask the same again: node types that differ in nothing share a lock.

    It lies where the lock for every other node does, when there is one. What other environments ask lies with them:
    one that changes, or gets another name, must not take another's lock away.
    """
    found: dict[tuple[str, str], LockRequest] = {}
    for request in requests:
        asked = (request.key, request.file.partition("/")[0])
        first = found.setdefault(asked, request)
        if len(request.file) < len(first.file):
            found[asked] = request
    return tuple(found.values())


def base_request(site: SiteConfig, name: str, interpreter: Interpreter, platform: str) -> LockRequest:
    """Ask for what every plain Python of ours has besides the standard library: pip."""
    key = digest([ENGINE, platform, site.index.model_dump(), "base", name, interpreter.version])[:20]
    subdir = SUBDIRS.get(platform, platform)
    return LockRequest(key, "uv", f"distribution {name}", BASE, (), interpreter, platform=subdir)


def tool_request(site: SiteConfig, name: str, tool: Tool, interpreter: Interpreter, platform: str) -> LockRequest:
    """Ask for a tool; it is a program of its own, so the interpreter is no part of the question."""
    key = digest([ENGINE, platform, site.index.model_dump(), name, tool.version])[:20]
    subdir = SUBDIRS.get(platform, platform)
    return LockRequest(key, "uv", f"tool {name}", (f"{name}=={tool.version}",), (), interpreter, platform=subdir)


def lock_requests(
    site: SiteConfig, interpreters: Mapping[str, Interpreter], host: Interpreter, platform: str
) -> tuple[LockRequest, ...]:
    """Return every lock that the site needs, each once."""
    wanted = [base_request(site, name, interpreter, platform) for name, interpreter in interpreters.items()]
    wanted += [
        environment_request(site, variant, interpreters[distribution_name], platform)
        for distribution_name, distribution in site.distributions.items()
        if isinstance(distribution, PythonDistribution)
        for name in distribution.environments
        for variant in variants_of(site, name, platform)
    ]
    wanted += [tool_request(site, name, tool, host, platform) for name, tool in site.tools.items()]
    return each_once(wanted)


def locked_packages(lock: str) -> tuple[tuple[str, str], ...]:
    """Return name and version of each package of a lock, sorted."""
    return _read(lock).packages


def locked_files(lock: str) -> tuple[tuple[str, str, str], ...]:
    """Return name and version of each package, and a short digest of its files."""
    found = _read(lock)
    return tuple((name, version, f"files {digest(found.files[name])[:8]}") for name, version in found.packages)


def locked_urls(lock: str) -> tuple[tuple[str, str, str], ...]:
    """Return package, URL and sha256 of each file that may be downloaded."""
    return _read(lock).urls


def download_size(lock: str) -> int | None:
    """Return the bytes to download at the most; None where the index does not say."""
    return _read(lock).size


@dataclass(frozen=True)
class _Lock:
    """What a lock says."""

    packages: tuple[tuple[str, str], ...]
    files: Mapping[str, tuple[str, ...]]
    """sha256 of each file that may be downloaded, by package."""
    urls: tuple[tuple[str, str, str], ...]
    size: int | None


@cache  # asked for packages, then for sizes; parsing TOML is what a plan for many new environments waits for
def _read(text: str) -> _Lock:
    """Read a pylock.toml (PEP 751)."""
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - only a plan that builds reads locks
    else:
        import tomli as tomllib  # noqa: PLC0415 - the same
    packages = tomllib.loads(text).get("packages", [])
    files = [(package["name"], file) for package in packages for file in _files(package)]
    sizes = [file["size"] for _, file in files if "size" in file]
    return _Lock(
        packages=tuple(sorted((package["name"], package["version"]) for package in packages)),
        files={package["name"]: _hashes(package) for package in packages},
        urls=tuple((name, file.get("url", ""), file["hashes"]["sha256"]) for name, file in files),
        size=sum(sizes) if len(sizes) == len(files) else None,
    )


def _hashes(package: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(file["hashes"]["sha256"] for file in _files(package)))


def _files(package: Mapping[str, Any]) -> list[dict[str, Any]]:
    source = [package["sdist"]] if "sdist" in package else []
    return [*package.get("wheels", ()), *source]


def check_tool_hash(name: str, tool: Tool, lock: str, platform: str) -> None:
    """Refuse a tool whose wheel is not the one that the site file, or else lmodforge, knows."""
    expected = tool.sha256.get(platform) or KNOWN_TOOLS.get((name, tool.version, platform))
    found = ", ".join(_read(lock).files.get(name, ()))
    if expected and found != expected:
        raise SiteError(
            f"tool {name} {tool.version}: the index offers a wheel with sha256 {found}, expected was {expected}",
            "nothing was installed; find out which one is right before you change `sha256` in the site file",
        )
