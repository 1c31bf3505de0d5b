"""Archives of plain files: the same files give the same bytes, and nothing is unpacked that could lead elsewhere."""

from __future__ import annotations

import os
import sys
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

from lmodforge.errors import StepFailed

ZSTD = ".zst"
"""How the name of a compressed archive ends."""

_NOT_OURS = "it was not made by `invoke mirror`: nothing of it is used"
_MAGIC = b"\x28\xb5\x2f\xfd"
_PIECE = 1 << 20
_LEVEL = 3
"""Packages are compressed already: more of it costs time and gains nothing."""


def pack(target: BinaryIO, members: Iterable[tuple[str, Path]], *, compressed: bool) -> None:
    """Write files under these names, in this order; times, owners and modes are everybody's."""
    with ExitStack() as stack:
        stream = stack.enter_context(_zstd().ZstdFile(target, "w", level=_LEVEL)) if compressed else target
        archive = stack.enter_context(tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT))
        for name, path in members:
            member = tarfile.TarInfo(name)
            with path.open("rb") as file:
                member.size, member.mode = os.fstat(file.fileno()).st_size, 0o444
                archive.addfile(member, file)


def unpack(source: BinaryIO, place: str, folder: Path) -> None:
    """Unpack into a directory that nobody else writes; raises StepFailed for whatever is no plain file below it."""
    with _explained(place):
        for name, content in _members(source, place):
            with _new(folder / name, f"{place} holds {name} twice") as file:
                while piece := content.read(_PIECE):
                    file.write(piece)


def head(source: BinaryIO, place: str, belongs: Callable[[str], bool]) -> dict[str, bytes]:
    """Return the content of the first files, up to one that does not belong to them."""
    found: dict[str, bytes] = {}
    with _explained(place):
        for name, content in _members(source, place):
            if not belongs(name):
                break
            found[name] = content.read()
    return found


def _new(path: Path, twice: str) -> BinaryIO:
    """Open a file that is not there yet, whatever the archive says of its mode."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        return os.fdopen(os.open(path, flags, 0o400), "wb")
    except (FileExistsError, NotADirectoryError):
        raise StepFailed(twice, _NOT_OURS) from None


def _members(source: BinaryIO, place: str) -> Iterator[tuple[str, IO[bytes]]]:
    with ExitStack() as stack:
        compressed = source.read(len(_MAGIC)) == _MAGIC
        source.seek(0)
        stream = stack.enter_context(_zstd().ZstdFile(source)) if compressed else source
        archive = stack.enter_context(tarfile.open(fileobj=stream, mode="r|"))
        for member in archive:
            content = archive.extractfile(member) if member.isreg() else None
            if content is None or any(part in ("", ".", "..") for part in member.name.split("/")):
                raise StepFailed(f"{place} holds `{member.name}`, which is no plain file below it", _NOT_OURS)
            yield member.name, content


@contextmanager
def _explained(place: str) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, _zstd().ZstdError) as error:
        raise StepFailed(f"{place} is damaged, or no archive: {error}", "copy it again, or make it anew") from None


def _zstd() -> Any:  # noqa: ANN401 - the module, which has another name in newer Pythons
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415 - only an archive needs it
    else:
        from backports import zstd  # noqa: PLC0415 - the same
    return zstd
