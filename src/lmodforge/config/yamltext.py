"""Turn the text of one YAML file into nodes; whatever YAML can get wrong becomes a mistake with its place.

Built on the parser's events, not on its node graph: they are three times as fast, aliases can be counted before they
expand, and depth can be bounded before anything recurses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import yaml

from lmodforge.config.nodes import Entry, Items, Keys, Node, Scalar
from lmodforge.config.yamlmistakes import explain
from lmodforge.errors import Mistake, Where

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_STRING_TAG = "tag:yaml.org,2002:str"
_DEEPEST = 32
_MOST_BY_ALIAS = 100_000
_MERGE_KEY = "<<"


def parse(text: str, file: str) -> tuple[Node | None, list[Mistake], bool]:
    """Read one document: its root, if any; what is wrong with it; whether it was read to its end."""
    builder = _Builder(file)
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.YAMLError as error:
        return builder.root, [*builder.mistakes, explain(error, text, file)], False
    except _Stop as stop:
        return builder.root, [*builder.mistakes, stop.mistake], False
    return builder.root, builder.mistakes, True


def _events(text: str) -> Iterator[yaml.Event]:
    return yaml.parse(text, Loader=_LOADER)


def _mark(event: yaml.Event) -> yaml.Mark:
    return cast("yaml.Mark", event.start_mark)  # the parser always sets it


class _Stop(Exception):
    """Reading on would be of no use or of no end."""

    def __init__(self, message: str, hint: str, where: Where) -> None:
        self.mistake = Mistake(message, hint, where)
        super().__init__(message)


class _Open:
    """A map or a list whose end has not come yet."""

    __slots__ = ("anchor", "before", "column", "entries", "key", "line", "members")

    def __init__(self, event: yaml.CollectionStartEvent, before: int) -> None:
        mark = _mark(event)
        self.line = mark.line + 1
        self.column = mark.column + 1
        self.anchor: str | None = event.anchor
        self.before = before
        self.members: list[Node] = []
        self.entries: dict[str, Entry] | None = {} if isinstance(event, yaml.MappingStartEvent) else None
        self.key: Node | None = None


class _Builder:
    """Takes the parser's events and builds the root."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.mistakes: list[Mistake] = []
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._count = 0
        self._by_alias = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise _Stop("a second YAML document begins here", "one file, one document", self._where(event))

    def _where(self, event: yaml.Event) -> Where:
        mark = _mark(event)
        return Where(self.file, mark.line + 1, mark.column + 1)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._check_tag(event)
        mark = _mark(event)
        null = event.implicit[0] and not event.style and event.value in _NULLS
        # Inside a flow map the mark of an empty value is that of what follows; nobody looks for it there anyway.
        node = Scalar(None if null else event.value, self.file, mark.line + 1, mark.column + 1)
        self._count += 1
        self._remember(event.anchor, node, 1)
        self._add(node)

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        self._check_tag(event)
        if len(self._open) == _DEEPEST:
            raise _Stop(f"more than {_DEEPEST} levels deep", "a site file needs six", self._where(event))
        self._open.append(_Open(event, self._count))
        self._count += 1

    def _end(self) -> None:
        done = self._open.pop()
        node: Node
        if done.entries is None:
            node = Items(tuple(done.members), self.file, done.line, done.column)
        else:
            node = Keys(self._with_merged(done.entries), self.file, done.line, done.column)
        self._remember(done.anchor, node, self._count - done.before)
        self._add(node)

    def _with_merged(self, entries: dict[str, Entry]) -> dict[str, Entry]:
        """Put the entries of `<<: *other` and `<<: [*first, *second]` under a map's own; the first wins."""
        if _MERGE_KEY not in entries:
            return entries
        merge = entries.pop(_MERGE_KEY)
        merged: dict[str, Entry] = {}
        for other in reversed(merge.value.members if isinstance(merge.value, Items) else (merge.value,)):
            if isinstance(other, Keys):
                merged.update(other.entries)
            else:
                where = Where(merge.file, merge.line, merge.column)
                self.mistakes.append(Mistake("`<<` takes a map or a list of maps", "such as `<<: *other`", where))
        return merged | entries

    def _alias(self, event: yaml.AliasEvent) -> None:
        if event.anchor not in self._anchors:
            hint = "an alias stands for a value that is complete above it"
            raise _Stop(f"alias `*{event.anchor}` stands for nothing", hint, self._where(event))
        node, size = self._anchors[event.anchor]
        self._count += size
        self._by_alias += size
        if self._by_alias > _MOST_BY_ALIAS:
            hint = "aliases of aliases multiply: write the values out"
            raise _Stop(f"aliases expand to more than {_MOST_BY_ALIAS:,} values", hint, self._where(event))
        self._add(node)

    def _remember(self, anchor: str | None, node: Node, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (node, size)

    def _check_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None and event.tag != _STRING_TAG:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            hint = "leave the tag out: values are text and become what their key needs"
            self.mistakes.append(Mistake(f"tag `{tag}` means nothing here", hint, self._where(event)))

    def _add(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if parent.entries is None:
            parent.members.append(node)
        elif parent.key is None:
            parent.key = node
        else:
            self._add_entry(parent.entries, parent.key, node)
            parent.key = None

    def _add_entry(self, entries: dict[str, Entry], key: Node, value: Node) -> None:
        where = Where(key.file, key.line, key.column)
        if not isinstance(key, Scalar):
            self.mistakes.append(Mistake("a key is a list or a map", "write `key: value` with a plain word", where))
        elif not key.text:
            self.mistakes.append(Mistake("a key is empty", "write `key: value`", where))
        elif key.text in entries:
            first = entries[key.text].line
            lines = f"lines {first} and {key.line}" if first != key.line else f"line {first}"
            hint = "YAML would silently keep one of them: keep the right one"
            self.mistakes.append(Mistake(f"key `{key.text}` stands twice, in {lines}", hint, where))
        else:
            entries[key.text] = Entry(value, key.file, key.line, key.column)
