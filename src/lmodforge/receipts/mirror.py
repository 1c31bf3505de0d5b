"""The manifest of a mirror: every file with its hash, and which question each of its locks answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator

from lmodforge.errors import StepFailed

NAME = "mirror.json"
"""Where it lies in a mirror."""


def _below(path: str) -> str:
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise ValueError(f"{path} is not below it")
    return path


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
    build: str
    """What uv writes beside it."""
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
    files: dict[Annotated[str, AfterValidator(_below)], FileEntry]
    """By path, all but this one."""

    @model_validator(mode="after")
    def _lists_what_it_names(self) -> MirrorManifest:
        named = {entry.path for entry in self.locks.values()} | {python.path for python in self.pythons}
        for path in sorted(named - self.files.keys()):
            raise ValueError(f"{path} is not among its files")
        return self


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
