"""Say in words what a YAML parser means, and point to where a reader must look."""

from __future__ import annotations

import re

import yaml

from lmodforge.errors import Mistake, Where

_QUOTE = "put quotes around the text"
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# What libyaml says -> what is wrong, what to do, and whether its context (where something began) is the better place.
_PROBLEMS = {
    "mapping values are not allowed in this context": (
        "`:` begins a second value here, or the line is indented wrongly",
        "put quotes around text that holds `: `, and indent all keys of one map alike",
        False,
    ),
    "could not find expected ':'": ("a key without `:`", "write `key: value`", True),
    "did not find expected key": (
        "this does not line up with the keys above it",
        "indent all keys of one map alike, with spaces",
        False,
    ),
    "did not find expected '-' indicator": (
        "this does not line up with the list above it",
        "begin each item with `- `, or indent the key as its neighbours are",
        False,
    ),
    "did not find expected ',' or ']'": ("the list that opens here is not closed", "close it with `]`", True),
    "did not find expected ',' or '}'": ("the map that opens here is not closed", "close it with `}`", True),
    "found unexpected end of stream": ("the quote that opens here is not closed", "close it, or drop it", True),
    "found unexpected document indicator": ("the quote that opens here is not closed", "close it, or drop it", True),
}


def explain(error: yaml.YAMLError, text: str, file: str) -> Mistake:
    """Turn an error of the parser into a mistake with its place."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return _unreadable(text, file)
    mark = error.problem_mark
    if tab := _tab_in_indentation(text, mark.line):
        return Mistake(
            "a tab indents this line", "YAML takes spaces only: expand the tab", Where(file, mark.line + 1, tab)
        )
    problem = error.problem or ""
    if problem == "found character that cannot start any token":
        return _bad_start(text, mark, file)
    message, hint, at_context = _PROBLEMS.get(problem, (f"YAML cannot be read: {problem}", None, False))
    if at_context and error.context_mark is not None:
        mark = error.context_mark
    return Mistake(message, hint, Where(file, mark.line + 1, mark.column + 1))


def _tab_in_indentation(text: str, line: int) -> int:
    """Column of the first tab that indents a line, 0 when there is none."""
    lines = text.splitlines()
    if line >= len(lines):
        return 0
    indentation = lines[line][: len(lines[line]) - len(lines[line].lstrip())]
    return indentation.find("\t") + 1


def _bad_start(text: str, mark: yaml.Mark, file: str) -> Mistake:
    character = text.splitlines()[mark.line][mark.column]
    shown = "a tab" if character == "\t" else f"`{character}`"
    return Mistake(f"a value cannot begin with {shown}", _QUOTE, Where(file, mark.line + 1, mark.column + 1))


def _unreadable(text: str, file: str) -> Mistake:
    """Find the character that a YAML reader refuses; it says only how many bytes stand before it."""
    found = _UNREADABLE.search(text)
    if found is None:
        return Mistake("YAML cannot be read", where=Where(file))
    before = text[: found.start()]
    where = Where(file, before.count("\n") + 1, found.start() - before.rfind("\n"))
    return Mistake(f"a control character, U+{ord(found.group()):04X}", "delete it", where)
