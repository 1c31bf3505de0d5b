"""Look at files and change them: in one step where others read, with modes whatever the umask, never through a link."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from lmodforge.apply.transfer import transfer
from lmodforge.errors import StepFailed


class Files:
    """The files as they are; `System` says what each method is for."""

    def read(self, path: str | Path) -> bytes | None:
        """Read a regular file, never following a link in its last part."""
        file = _opened(path)
        if file is None:
            return None
        with file:
            return file.read()

    def sha256(self, path: str | Path) -> str | None:
        """Read it in pieces."""
        file = _opened(path)
        if file is None:
            return None
        state = hashlib.sha256()
        with file:
            while piece := file.read(1 << 20):
                state.update(piece)
        return state.hexdigest()

    def stat(self, path: str | Path) -> os.stat_result | None:
        """Look at a path without following it."""
        try:
            return os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def target(self, path: str | Path) -> str | None:
        """Read a link."""
        try:
            return os.readlink(path)
        except OSError:
            return None

    def names(self, path: str | Path) -> tuple[str, ...]:
        """List a directory."""
        try:
            return tuple(sorted(os.listdir(path)))
        except (FileNotFoundError, NotADirectoryError):
            return ()

    def free(self, path: str | Path) -> tuple[int, int]:
        """Ask the nearest directory that exists."""
        there = Path(path)
        while not there.exists():
            there = there.parent
        found = os.statvfs(there)
        return found.f_bavail * found.f_frsize, found.f_favail

    def can_lock(self, path: str | Path) -> bool:
        """Try it with a file: a directory would say nothing, because it is locked by this host alone."""
        probe = _staged(Path(path) / "lock")
        try:
            handle = os.open(probe, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            os.close(handle)
            probe.unlink()
        return True

    def make_directory(self, path: str | Path, mode: int = 0o755) -> None:
        """Make each missing directory in turn, so that each gets the mode and none a umask's."""
        missing = [Path(path)]
        while not missing[-1].parent.is_dir():
            missing.append(missing[-1].parent)
        for directory in reversed(missing):
            try:
                directory.mkdir(0o700)
            except FileExistsError:
                if not directory.is_dir():
                    raise StepFailed(f"{directory} is in the way: it is not a directory") from None
            else:
                directory.chmod(mode)

    def write(self, path: str | Path, content: bytes, mode: int = 0o644) -> None:
        """Write beside the file under a name nobody can guess, then rename."""
        with _in_place(path, mode) as file:
            file.write(content)

    def append(self, path: str | Path, content: bytes, mode: int = 0o644) -> None:
        """Append in one write, which does not mix with another's."""
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        try:
            os.write(handle, content)
        finally:
            os.close(handle)

    def download(self, url: str, path: str | Path, on_bytes: Callable[[int, int | None], None]) -> None:
        """Append what comes to what is there; what has come stays when the rest does not."""
        there = self.stat(path)
        with transfer(url, there.st_size if there else 0) as incoming:
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            handle = os.open(path, flags | (os.O_APPEND if incoming.start else os.O_TRUNC), 0o600)
            with os.fdopen(handle, "ab") as file:
                count = incoming.start
                for chunk in incoming.chunks:
                    file.write(chunk)
                    count += len(chunk)
                    on_bytes(count, incoming.total)
        incoming.check(count)

    def share(self, source: str | Path, path: str | Path) -> None:
        """Make a hard link, else a copy."""
        try:
            os.link(source, path)
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
                raise
            with _in_place(path, 0o444) as file, Path(source).open("rb") as there:
                shutil.copyfileobj(there, file, 1 << 20)

    def pack(self, folder: str | Path, names: Iterable[str], path: str | Path) -> None:
        """Write beside the archive, then rename."""
        from lmodforge.apply import archives  # noqa: PLC0415 - only a mirror needs it

        with _in_place(path, 0o644) as file:
            members = ((name, Path(folder) / name) for name in names)
            archives.pack(file, members, compressed=str(path).endswith(archives.ZSTD))

    def unpack(self, path: str | Path, folder: str | Path) -> None:
        """Make the directory for nobody else, then fill it."""
        from lmodforge.apply import archives  # noqa: PLC0415 - the same

        Path(folder).mkdir(0o700)
        with Path(path).open("rb") as file:
            archives.unpack(file, str(path), Path(folder))

    def head(self, path: str | Path, belongs: Callable[[str], bool]) -> dict[str, bytes]:
        """Read no further than needed."""
        from lmodforge.apply import archives  # noqa: PLC0415 - the same

        with Path(path).open("rb") as file:
            return archives.head(file, str(path), belongs)

    def link(self, path: str | Path, target: str) -> None:
        """Make the link beside its place, then rename it there."""
        there = self.stat(path)
        if there is not None and not stat.S_ISLNK(there.st_mode):
            raise StepFailed(f"{path} is in the way: it is not a link", "move it away, then deploy again")
        staged = _staged(path)
        staged.symlink_to(target)
        staged.replace(path)

    def rename(self, source: str | Path, destination: str | Path) -> None:
        """Rename."""
        Path(source).rename(destination)

    def remove(self, path: str | Path) -> None:
        """Remove; directories are made writable first, because releases are read-only."""
        there = self.stat(path)
        if there is None:
            return
        if not stat.S_ISDIR(there.st_mode):
            Path(path).unlink()
            return
        for directory, _, _ in os.walk(path):
            os.chmod(directory, 0o700)
        shutil.rmtree(path)

    def keep_directory(self, path: str | Path, *, group: int | None, for_all: bool) -> None:
        """Set group, then mode: what is made in it later belongs to the group too."""
        if group is not None:
            os.chown(path, -1, group)
        os.chmod(path, (0o755 if for_all else 0o750) | (stat.S_ISGID if group is not None else 0))

    def freeze(self, path: str | Path, *, group: int | None, for_all: bool) -> tuple[int, int]:
        """Take every write bit away; links are left alone, hard links are counted once."""
        size, files, seen = 0, 0, set()
        for entry in _bottom_up(Path(path)):
            found = os.lstat(entry)
            if group is not None and found.st_gid != group:
                os.lchown(entry, -1, group)
            if stat.S_ISLNK(found.st_mode):
                continue
            mode = _frozen(found.st_mode, for_all=for_all)
            if stat.S_IMODE(found.st_mode) != mode:
                os.chmod(entry, mode)
            if stat.S_ISREG(found.st_mode):
                files += 1
                size += found.st_size if found.st_ino not in seen else 0
                seen.add(found.st_ino)
        return size, files

    def thawed(self, path: str | Path, *, for_all: bool) -> tuple[str, ...]:
        """Look at every mode of a tree."""
        found = ((entry, os.lstat(entry).st_mode) for entry in _bottom_up(Path(path)))
        return tuple(
            str(entry)
            for entry, mode in found
            if not stat.S_ISLNK(mode) and stat.S_IMODE(mode) != _frozen(mode, for_all=for_all)
        )


def _opened(path: str | Path) -> BinaryIO | None:
    """Open a regular file for reading; None for anything else."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if stat.S_ISLNK(os.lstat(path).st_mode):
            return None
        raise StepFailed(f"cannot read {path}: {error.strerror}") from None
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    return None


@contextmanager
def _in_place(path: str | Path, mode: int) -> Iterator[BinaryIO]:
    """Open a file beside the one that it becomes when all went well."""
    staged = _staged(path)
    handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fchmod(handle, mode)
            os.fsync(handle)
        staged.replace(path)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise


def _staged(path: str | Path) -> Path:
    there = Path(path)
    return there.with_name(f".{there.name}.{secrets.token_hex(8)}")


def _bottom_up(path: Path) -> Iterator[Path]:
    if not path.is_dir() or path.is_symlink():
        yield path
        return
    # Children first: a directory that is read-only already would keep us from nothing, but a group that is
    # given away might.
    for directory, names, files in os.walk(path, topdown=False):
        here = Path(directory)
        for name in names:
            if (here / name).is_symlink():
                yield here / name
        for name in files:
            yield here / name
        yield here


def _frozen(mode: int, *, for_all: bool) -> int:
    readable = 0o444 if for_all else 0o440
    runnable = (0o111 if for_all else 0o110) if stat.S_ISDIR(mode) or mode & 0o111 else 0
    return readable | runnable
