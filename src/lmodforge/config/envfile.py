"""Lay conda's `environment.yml` under an environment that names it with `from`; every value keeps its place there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from lmodforge.config.nodes import Entry, Items, Keys, Node, Scalar, merge
from lmodforge.errors import Mistake, Where

Read = Callable[[Path, Where], Keys | None]
"""Read a file that was named at a place; what is wrong with it is noted by who reads."""

_OURS = {"channels": "channels", "variables": "variables"}
_WITHOUT_MEANING = ("name", "prefix")  # of an environment on somebody's laptop
_NO_DEFAULTS = "nodefaults"


def lay_under(root: Keys, read: Read, mistakes: list[Mistake]) -> Keys:
    """Return a document in which the environments hold what their files say; what they say themselves comes first."""
    environments = root.entries.get("environments")
    if environments is None or not isinstance(environments.value, Keys):
        return root
    entries = dict(environments.value.entries)
    for name, entry in entries.items():
        named = entry.value.entries.get("from") if isinstance(entry.value, Keys) else None
        if named and isinstance(named.value, Scalar) and named.value.text and isinstance(entry.value, Keys):
            path = Path(named.value.file).parent / named.value.text
            found = read(path, Where(named.value.file, named.value.line, named.value.column))
            if found:
                entries[name] = entry._replace(value=merge(_translated(found, mistakes), entry.value))
    filled = environments._replace(value=environments.value._replace(entries=entries))
    return root._replace(entries={**root.entries, "environments": filled})


def _translated(file: Keys, mistakes: list[Mistake]) -> Keys:
    """Write an environment file in the words of a site file."""
    entries: dict[str, Entry] = {}
    for key, entry in file.entries.items():
        if key == "dependencies":
            entries |= dict(_packages(entry, mistakes))
        elif key in _OURS:
            entries[_OURS[key]] = entry._replace(value=_without_marker(entry.value))
        elif key not in _WITHOUT_MEANING:
            where = Where(entry.file, entry.line, entry.column)
            hint = "the keys here: `name`, `channels`, `dependencies`, `variables`, `prefix`"
            mistakes.append(Mistake(f"unknown key `{key}` in an environment file", hint, where))
    return file._replace(entries=entries)


def _without_marker(value: Node) -> Node:
    """Drop conda's word for no `defaults`: here there are none unless they are named."""
    if not isinstance(value, Items):
        return value
    kept = (member for member in value.members if not (isinstance(member, Scalar) and member.text == _NO_DEFAULTS))
    return value._replace(members=tuple(kept))


def _packages(entry: Entry, mistakes: list[Mistake]) -> Iterator[tuple[str, Entry]]:
    if not isinstance(entry.value, Items):
        yield "conda", entry
        return
    conda = tuple(member for member in entry.value.members if not isinstance(member, Keys))
    yield "conda", entry._replace(value=entry.value._replace(members=conda))
    for member in entry.value.members:
        for key, inner in member.entries.items() if isinstance(member, Keys) else ():
            if key == "pip":
                yield "pypi", inner
            else:
                where = Where(inner.file, inner.line, inner.column)
                mistakes.append(Mistake(f"`{key}` is no list of packages that lmodforge knows", "write `pip:`", where))
