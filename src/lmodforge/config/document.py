"""Read a site file and all that it extends into one document that still knows the place of every key and value.

Imports yaml and nothing heavy: a run that has nothing to do compares the `digest` before pydantic is loaded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lmodforge.config import nodes
from lmodforge.config.envfile import lay_under
from lmodforge.config.nodes import Items, Keys, Loc, Node, Plain, Scalar
from lmodforge.config.platforms import fill_in, host_platform
from lmodforge.config.shipped import shipped
from lmodforge.config.yamltext import parse
from lmodforge.errors import Mistake, Where

_LARGEST = 16_000_000
_EXTENDS = "extends"


@dataclass(frozen=True)
class Document:
    """A site file with everything it extends merged in, not yet checked against the models."""

    root: Keys
    files: tuple[Path, ...]
    """All that was read: the site file, then its bases."""
    mistakes: tuple[Mistake, ...]
    complete: bool
    """False when a file could not be read to its end: what is missing then says nothing."""

    @cached_property
    def plain(self) -> dict[str, Plain]:
        """Hold dicts, lists and text; a key without a value is left out."""
        plain = nodes.plain(self.root)
        assert isinstance(plain, dict)  # noqa: S101 - the root is a map, and a map becomes a dict
        return plain

    @cached_property
    def digest(self) -> str:
        """Sum up `plain` as sha256 in hexadecimal digits. The order of keys counts: in places it means something."""
        return hashlib.sha256(json.dumps(self.plain, separators=(",", ":")).encode()).hexdigest()

    def locate(self, loc: Sequence[str | int], *, key: bool = False) -> Where:
        """Find the place of a value, or of its `key`; of its nearest parent when it is not there."""
        return nodes.locate(self.root, loc, key=key)

    def removes_nothing(self) -> list[Loc]:
        """List the keys that have no value and take nothing away from a base."""
        return nodes.removes_nothing(self.root)


def read_document(path: Path) -> Document:
    """Read a site file. Never raises for what a file holds: see `mistakes`."""
    reader = _Reader()
    root = reader.read(path, (), None)
    if root is not None:
        root = fill_in(lay_under(root, reader.read_beside, reader.mistakes), host_platform())
    return Document(
        root=root or Keys({}, str(path), 0, 0),
        files=tuple(reader.files),
        mistakes=tuple(dict.fromkeys(reader.mistakes)),
        complete=reader.complete,
    )


class _Reader:
    """Reads a file and what it extends, each file once."""

    def __init__(self) -> None:
        self.files: list[Path] = []
        self.mistakes: list[Mistake] = []
        self.complete = True
        self._done: dict[Path, Keys | None] = {}

    def read(self, path: Path, above: tuple[Path, ...], said: Where | None) -> Keys | None:
        """Read a file and, under it, its bases. `above`: the files that led here; `said`: where it was named."""
        real = path.resolve()
        if real in above:
            circle = " -> ".join(file.name for file in (*above[above.index(real) :], real))
            self._fail(f"`extends` goes in a circle: {circle}", "a base cannot extend what extends it", said)
            return None
        if real not in self._done:
            self._done[real] = self._read_with_bases(path, (*above, real), said)
        return self._done[real]

    def read_beside(self, path: Path, said: Where) -> Keys | None:
        """Read a file that is no base but is named in one; `said`: where."""
        return self._read_one(path, said, "an environment file")

    def _read_with_bases(self, path: Path, above: tuple[Path, ...], said: Where | None) -> Keys | None:
        own = self._read_one(path, said)
        if own is None or _EXTENDS not in own.entries:
            return own
        entries = dict(own.entries)
        extends = entries.pop(_EXTENDS)
        merged = own._replace(entries={})
        for name in self._names(extends.value, Where(extends.file, extends.line, extends.column)):
            base = self._read_base(name, path.parent, above)
            merged = nodes.merge(merged, base) if base else merged
        return nodes.merge(merged, own._replace(entries=entries))

    def _names(self, value: Node, where: Where) -> list[Scalar]:
        """Take `extends: file` and `extends: [file, file]`."""
        members = value.members if isinstance(value, Items) else (value,)
        names = [member for member in members if isinstance(member, Scalar) and member.text]
        if len(names) < len(members):
            self._fail("`extends` takes a file name or a list of them", "such as `extends: _base.yaml`", where)
        return names

    def _read_base(self, name: Scalar, beside: Path, above: tuple[Path, ...]) -> Keys | None:
        said = Where(name.file, name.line, name.column)
        text = name.text or ""
        for directory in (beside, shipped("site-configs")):
            if "\0" not in text and (directory / text).is_file():
                return self.read(directory / text, above, said)
        self._fail(f"`extends` names `{text}`, which is not there", _hint_for_base(text, beside), said)
        return None

    def _read_one(self, path: Path, said: Where | None, what: str = "a site file") -> Keys | None:
        text = self._text(path, said)
        if text is None:
            return None
        self.files.append(path)
        root, mistakes, whole = parse(text, str(path))
        self.mistakes += mistakes
        self.complete &= whole
        if isinstance(root, Keys):
            return root
        if whole and (root is None or (isinstance(root, Scalar) and root.text is None)):
            self._fail("the file is empty", "`invoke init` writes a site file to begin with", Where(str(path)))
        elif whole and root is not None:
            where = Where(root.file, root.line, root.column)
            self._fail(f"{what} is a map of keys", "begin with `name: value`", where)
        return None

    def _text(self, path: Path, said: Where | None) -> str | None:
        where = said or Where(str(path))
        try:
            if not path.is_file():
                self._fail(f"{path} is not a file", None, where)
                return None
            if path.stat().st_size > _LARGEST:
                self._fail(f"{path} is larger than {_LARGEST:,} bytes", None, where)
                return None
            raw = path.read_bytes()
        except OSError as error:
            self._fail(f"{path} cannot be read: {error.strerror}", None, where)
            return None
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            place = Where(str(path), line, error.start - raw.rfind(b"\n", 0, error.start))
            self._fail("the file is not UTF-8", "save it as UTF-8", place)
            return None

    def _fail(self, message: str, hint: str | None, where: Where | None) -> None:
        self.mistakes.append(Mistake(message, hint, where))
        self.complete = False


def _hint_for_base(text: str, beside: Path) -> str:
    there = sorted({file.name for where in (beside, shipped("site-configs")) for file in where.glob("*.yaml")})
    from difflib import get_close_matches  # noqa: PLC0415 - only who mistypes pays for it

    near = get_close_matches(text, there, 1)
    return f"did you mean `{near[0]}`?" if near else "it is looked for beside this file, then among the shipped sites"
