"""Which modules a change touches: those whose text, defaults or common Lua differ between two rendered trees. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from lmodforge.modulefile.render import SHARED


def changed_files(before: Mapping[str, str], after: Mapping[str, str]) -> frozenset[str]:
    """Return the paths whose text differs, or that only one of them has."""
    return frozenset(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def touches(changed: frozenset[str], file: str) -> bool:
    """Say whether a modulefile does something else once these have changed."""
    defaults = f"{file.rpartition('/')[0]}/.modulerc.lua".lstrip("/")
    return file in changed or defaults in changed or any(path.startswith(f"{SHARED}/") for path in changed)
