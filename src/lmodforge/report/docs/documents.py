"""Everything as data: the documents `modules` and `packages`, and the JSON schemas that describe them."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import NotRequired, TypedDict

from lmodforge.kits.archive import Archive
from lmodforge.report.docs.catalogue import Catalogue, Cluster, Environment, Package, Release
from lmodforge.report.docs.versions import newest_first

_described = with_config(ConfigDict(use_attribute_docstrings=True))


@_described
class ArchiveEntry(TypedDict):
    """An environment in one file."""

    name: str
    """The path that users find it by; another release may have it later."""
    file: str
    """The path that only this release ever has."""
    format: Literal["tar.gz", "tar.zst", "squashfs"]
    place: NotRequired[str]
    """The only directory where it works."""
    size: int
    sha256: str


@_described
class ModuleEntry(TypedDict):
    """A module and what it leads to."""

    name: str
    """Full name: what follows `module load`."""
    kind: Literal["distribution", "environment", "tool"]
    version: str
    summary: str
    made: str
    """When it was installed; UTC, ISO 8601."""
    default: bool
    """Loaded when the version is left out."""
    prefix: NotRequired[str]
    python: NotRequired[str]
    """Version of the Python in it."""
    environment: NotRequired[str]
    """What follows `source activate`."""
    distribution: NotRequired[str]
    """Full name of the module of the distribution that it was built for."""
    engine: NotRequired[Literal["conda", "uv"]]
    """What installed its packages."""
    size: NotRequired[int]
    """Bytes on disk."""
    files: NotRequired[int]
    archives: NotRequired[list[ArchiveEntry]]
    """It is packed into these files, too."""
    packages: NotRequired[int]
    """How many there are; the document `packages` names them."""


@_described
class ClusterEntry(TypedDict):
    """A cluster, and its modules by name."""

    name: str
    title: str
    generation: int
    """Number of the module tree that is published."""
    made: str
    """When it was published; UTC, ISO 8601."""
    modules: list[ModuleEntry]


@_described
class ModulesDocument(TypedDict):
    """Every module of every cluster."""

    document: Literal["modules"]
    version: Literal[1]
    clusters: list[ClusterEntry]


@_described
class VersionEntry(TypedDict):
    """A version of a package, and the modules that have it."""

    version: str
    modules: dict[str, list[str]]
    """Cluster -> full names."""


@_described
class PackageEntry(TypedDict):
    """A package, by the channel that it comes from."""

    name: str
    channel: str
    """`conda-forge`, `PyPI`; empty where nobody wrote it down."""
    licence: str
    """Of its newest version."""
    versions: list[VersionEntry]
    """Newest first."""


@_described
class PackagesDocument(TypedDict):
    """Every package of every module."""

    document: Literal["packages"]
    version: Literal[1]
    packages: list[PackageEntry]


def document_files(catalogue: Catalogue) -> dict[str, bytes]:
    """Return the documents and their schemas by file name."""
    return {
        "modules.json": _encode(modules_document(catalogue), indent=1),
        "modules.schema.json": _encode(_schema(ModulesDocument), indent=2),
        "packages.json": _encode(packages_document(catalogue)),
        "packages.schema.json": _encode(_schema(PackagesDocument), indent=2),
    }


def modules_document(catalogue: Catalogue) -> ModulesDocument:
    """Return the `modules` document, version 1."""
    return {"document": "modules", "version": 1, "clusters": [_cluster(cluster) for cluster in catalogue.clusters]}


def _cluster(cluster: Cluster) -> ClusterEntry:
    modules: list[ModuleEntry] = []
    for base in cluster.distributions:
        modules.append(
            {
                "name": base.module,
                "kind": "distribution",
                "version": base.version,
                "summary": base.summary,
                "made": base.made,
                "default": base.default,
                "prefix": base.prefix,
                "python": base.python,
                "size": base.size,
                "files": base.files,
                "packages": len(base.packages),
            }
        )
        modules += [_release(env, one) for env in base.environments for one in env.releases if one.module]
    modules += [
        {
            "name": tool.module,
            "kind": "tool",
            "version": tool.version,
            "summary": tool.summary,
            "made": tool.made,
            "default": tool.default,
        }
        for tool in cluster.tools
    ]
    return {
        "name": cluster.name,
        "title": cluster.title,
        "generation": cluster.generation,
        "made": cluster.made,
        "modules": sorted(modules, key=lambda module: module["name"]),
    }


def _archive(archive: Archive) -> ArchiveEntry:
    entry: ArchiveEntry = {
        "name": archive.name,
        "file": archive.path,
        "format": archive.format,
        "size": archive.size or 0,
        "sha256": archive.sha256,
    }
    return entry | {"place": archive.dest_prefix} if archive.dest_prefix else entry


def _release(env: Environment, release: Release) -> ModuleEntry:
    entry: ModuleEntry = {
        "name": release.module,
        "kind": "environment",
        "version": release.version,
        "summary": env.summary,
        "made": release.made,
        "default": env.default and release is env.newest,
        "prefix": release.path,
        "python": release.python,
        "environment": env.name if release is env.newest else release.name,
        "distribution": env.distribution,
        "engine": "uv" if release.engine == "uv" else "conda",
        "size": release.size,
        "files": release.files,
        "packages": len(release.packages),
    }
    return entry | {"archives": [_archive(each) for each in release.archives]} if release.archives else entry


def packages_document(catalogue: Catalogue) -> PackagesDocument:
    """Return the `packages` document, version 1."""
    found: dict[tuple[str, str], dict[str, dict[str, list[str]]]] = {}
    licences: dict[tuple[str, str, str], str] = {}
    for cluster in catalogue.clusters:
        for module, packages in _holders(cluster):
            for package in packages:
                versions = found.setdefault((package.name, package.channel), {})
                versions.setdefault(package.version, {}).setdefault(cluster.name, []).append(module)
                licences[package.name, package.channel, package.version] = package.licence
    entries = [_package(name, channel, versions, licences) for (name, channel), versions in sorted(found.items())]
    return {"document": "packages", "version": 1, "packages": entries}


def _package(
    name: str,
    channel: str,
    versions: dict[str, dict[str, list[str]]],
    licences: dict[tuple[str, str, str], str],
) -> PackageEntry:
    order = newest_first(versions)
    return {
        "name": name,
        "channel": channel,
        "licence": licences[name, channel, order[0]],
        "versions": [{"version": version, "modules": versions[version]} for version in order],
    }


def _holders(cluster: Cluster) -> list[tuple[str, tuple[Package, ...]]]:
    bases = [(base.module, base.packages) for base in cluster.distributions]
    releases = [(one.module, one.packages) for env in cluster.environments for one in env.releases if one.module]
    tools = [(tool.module, (Package(tool.name, tool.version, "PyPI"),)) for tool in cluster.tools]
    return sorted([*bases, *releases, *tools])


def _schema(document: type) -> dict[str, Any]:
    schema = TypeAdapter(document).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _encode(document: object, indent: int | None = None) -> bytes:
    separators = (",", ":") if indent is None else None
    return (json.dumps(document, ensure_ascii=False, indent=indent, separators=separators) + "\n").encode()
