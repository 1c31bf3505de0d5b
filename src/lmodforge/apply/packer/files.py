"""What an archive of a release holds: each file with the path that is written in it, and how it is written there."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conda_pack import CondaEnv, CondaPackException, File

from lmodforge.modulefile.shells import sh

# They keep everybody's release as it is; a packed one belongs to one user.
_MARKS = re.compile(r"conda-meta/frozen|lib/python[^/]+/EXTERNALLY-MANAGED")
_ACTIVATION = "etc/conda/{}.d/zz-variables.sh"


def release_environment(prefix: Path, made: Path, *, marks: bool) -> CondaEnv:
    """Gather the files of a release; those that have to be made for the archive are written below `made`.

    With its marks, what takes the place of a release is as little to be changed as the release.
    """
    recorded = {entry["_path"]: entry for record in _records(prefix) for entry in record["paths_data"]["paths"]}
    paths = (path for path in _paths(prefix) if marks or not _MARKS.fullmatch(path))
    files = [_file(prefix, path, recorded.get(path), made) for path in paths]
    return CondaEnv(str(prefix), [*files, *_variables(prefix, made)])


def _records(prefix: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((prefix / "conda-meta").glob("*.json")):
        yield json.loads(path.read_bytes())


def _paths(prefix: Path) -> Iterator[str]:
    """Find every file and link, and the directories that hold none; tar makes the others itself."""
    for path in sorted(prefix.rglob("*")):
        if path.is_symlink() or not path.is_dir() or not any(path.iterdir()):
            yield path.relative_to(prefix).as_posix()


def _file(prefix: Path, path: str, entry: dict[str, Any] | None, made: Path) -> File:
    source = prefix / path
    if source.is_symlink() or source.is_dir() or path.endswith(".pyc"):
        return File(str(source), path)
    if entry is None:
        # conda-pack knows its own records by their names; in all else it looks for the prefix.
        kept = path.startswith("conda-meta/") and path.endswith(".json")
        return File(str(source), path, is_conda=kept, file_mode=None if kept else "unknown")
    if entry.get("file_mode") == "binary":
        original = _original(source, str(prefix), entry)
        return File(_write(made, path, original, like=source), path, True, "binary", entry["prefix_placeholder"])
    if "prefix_placeholder" in entry or entry["path_type"] == "unix_python_entry_point":
        return File(str(source), path, True, "text", str(prefix))
    return File(str(source), path)


def _original(source: Path, prefix: str, entry: dict[str, Any]) -> bytes:
    """Undo what installation did: the path is shorter than the place for it, and NULs fill the end of each string.

    Only the original has room for any path that a job may have.
    """
    here, placeholder = prefix.encode(), entry["prefix_placeholder"].encode()
    longer = len(placeholder) - len(here)

    def restore(found: re.Match[bytes]) -> bytes:
        text, nuls = found.groups()
        return text.replace(here, placeholder) + nuls[text.count(here) * longer :]

    original = re.sub(rb"(" + re.escape(here) + rb"[^\0]*)(\0+)", restore, source.read_bytes())
    recorded = entry.get("sha256")  # packages of old have none
    if recorded and hashlib.sha256(original).hexdigest() != recorded:
        raise CondaPackException(f"{source} is not what its package holds: the release was changed by hand")
    return original


def _variables(prefix: Path, made: Path) -> Iterator[File]:
    """Write the environment's own variables as scripts: conda-pack's activation knows no others."""
    state = prefix / "conda-meta/state"
    variables = json.loads(state.read_bytes()).get("env_vars", {}) if state.is_file() else {}
    lines = {
        "activate": "".join(f"export {name}={sh(value)}\n" for name, value in variables.items()),
        "deactivate": "".join(f"unset {name}\n" for name in variables),
    }
    for when, text in lines.items() if variables else ():
        path = _ACTIVATION.format(when)
        yield File(_write(made, path, text.encode(), like=state), path, True, "text", str(prefix))


def _write(made: Path, path: str, content: bytes, *, like: Path) -> str:
    written, status = made / path, like.stat()
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_bytes(content)
    written.chmod(status.st_mode)
    os.utime(written, ns=(status.st_atime_ns, status.st_mtime_ns))
    return str(written)
