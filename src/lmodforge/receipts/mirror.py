"""The manifest of a mirror: every file with its hash, and which question each of its locks answers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lmodforge.errors import StepFailed

NAME = "mirror.json"
"""Where it lies in a mirror."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class FileEntry(_Entry):
    """A file."""

    sha256: str
    size: int


class LockEntry(_Entry):
    """A lock, and what it was asked for."""

    path: str
    subject: str
    platform: str
    """Such as `linux-64`."""
    python: str
    """The Python that it was solved for; empty where that is one of its packages."""


class PythonEntry(_Entry):
    """A Python that uv downloads."""

    path: str
    url: str
    """Where its makers keep it."""
    key: str
    """What uv calls it."""
    asked: str
    """The version that the site file names."""
    downloads: str
    """The list that the site file names; empty: uv's own."""
    platform: str
    """Such as `linux-x86_64`."""


class MirrorManifest(_Entry):
    """What a mirror says of itself; it holds no clock and no host, so that the same locks give the same bytes."""

    document: Literal["mirror"] = "mirror"
    version: Literal[1] = 1
    site: str
    platforms: tuple[str, ...]
    locks: dict[str, LockEntry]
    """By key."""
    pythons: tuple[PythonEntry, ...] = ()
    files: dict[str, FileEntry]
    """By path, all but this one."""


def encode_manifest(manifest: MirrorManifest) -> bytes:
    """Write a manifest as JSON."""
    return f"{manifest.model_dump_json(indent=1)}\n".encode()


def decode_manifest(content: bytes, place: str) -> MirrorManifest:
    """Read a manifest; `place` is for messages."""
    try:
        return MirrorManifest.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first["loc"] else first["msg"]
        raise StepFailed(
            f"{place}: {NAME} is not a manifest that this lmodforge reads ({why})",
            "make the mirror anew: invoke mirror",
        ) from None
