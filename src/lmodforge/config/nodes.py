"""What a YAML file says: immutable, all scalars text, each value and key with its place, which merging keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias, Union

from lmodforge.errors import Where

Loc: TypeAlias = tuple[str | int, ...]
"""A way through a document: keys and list positions, as in pydantic's errors."""

Plain: TypeAlias = Union[str, list["Plain"], dict[str, "Plain"], None]  # noqa: UP007 - forward references


class Scalar(NamedTuple):
    """Text, or nothing at all."""

    text: str | None
    file: str
    line: int
    column: int


class Items(NamedTuple):
    """A list."""

    members: tuple[Node, ...]
    file: str
    line: int
    column: int


class Entry(NamedTuple):
    """A value and the place of its key."""

    value: Node
    file: str
    line: int
    column: int
    inherited: bool = False
    """Whether a base gave this key a value, which this one replaces."""


class Keys(NamedTuple):
    """A map. Its own place is that of its first key."""

    entries: Mapping[str, Entry]
    file: str
    line: int
    column: int


Node: TypeAlias = Scalar | Items | Keys


def plain(node: Node) -> Plain:
    """Drop the places. A key without a value is a key that is not there; in a list, nothing stays nothing."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Items):
        return [plain(member) for member in node.members]
    return {key: plain(entry.value) for key, entry in node.entries.items() if not _is_null(entry)}


def merge(base: Keys, over: Keys) -> Keys:
    """Lay one map over another: maps merge by key, lists and scalars replace, nothing removes."""
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        entries[key] = _over(entries[key], entry) if key in entries else entry
    return Keys(entries, over.file, over.line, over.column)


def _over(base: Entry, over: Entry) -> Entry:
    value = over.value
    if isinstance(base.value, Keys) and isinstance(value, Keys):
        value = merge(base.value, value)
    return over._replace(value=value, inherited=not _is_null(base) or base.inherited)


def _is_null(entry: Entry) -> bool:
    return isinstance(entry.value, Scalar) and entry.value.text is None


def removes_nothing(node: Node, loc: Loc = ()) -> list[Loc]:
    """List the keys without a value that take nothing away from a base."""
    if isinstance(node, Items):
        return [found for i, member in enumerate(node.members) for found in removes_nothing(member, (*loc, i))]
    if isinstance(node, Scalar):
        return []
    found: list[Loc] = []
    for key, entry in node.entries.items():
        if not isinstance(entry.value, Scalar):
            found += removes_nothing(entry.value, (*loc, key))
        elif entry.value.text is None and not entry.inherited:
            found.append((*loc, key))
    return found


def locate(root: Keys, loc: Sequence[str | int], *, key: bool = False) -> Where:
    """Find the place of a value, or of its `key`; of its nearest parent when it is not there.

    Parts that are no way down are skipped: pydantic puts the tag of a union among the keys.
    A map or a list that has a key is where its key is, for that is where a reader looks for it.
    """
    node: Node = root
    place: Scalar | Items | Keys | Entry = Scalar(None, root.file, 0, 0)
    for part in loc:
        if isinstance(node, Keys) and isinstance(part, str) and part in node.entries:
            place = node.entries[part]
            node = place.value
        elif isinstance(node, Items) and isinstance(part, int) and part < len(node.members):
            place = node = node.members[part]
    if isinstance(node, Scalar) and not key and node.text is not None:
        place = node
    return Where(place.file, place.line, place.column)
