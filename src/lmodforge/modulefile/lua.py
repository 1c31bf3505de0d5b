"""The one place that quotes Lua: any text becomes a literal that evaluates to the same text, in Lua 5.1 to 5.4."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYWORDS = re.compile(
    "and|break|do|else|elseif|end|false|for|function|goto|if|in|local|nil|not|or|repeat|return|then|true|until|while"
)


def lua(value: object) -> str:
    """Write a value as a Lua literal: text, numbers, booleans, None, lists and mappings of these."""
    match value:
        case None:
            return "nil"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return _text(value)
        case Mapping():
            return _table(f"{_key(key)} = {lua(item)}" for key, item in value.items())
        case Iterable():
            return _table(map(lua, value))
    raise TypeError(f"{value!r} has no Lua literal")


def long_text(text: str) -> str:
    """Write text as a long bracket, for people to read; as a short literal where a bracket would change it.

    Lua reads CR and CR LF inside a long bracket as LF, and drops a first newline (so one is added here); Lua 5.1
    refuses `[[` inside `[[ ]]`.
    """
    if not all(character.isprintable() or character in "\n\t" for character in text):
        return _text(text)
    equals = "=" if "[[" in text else ""
    while f"]{equals}]" in f"{text}]{equals}":
        equals += "="
    return f"[{equals}[\n{text}]{equals}]"


def comment(text: str) -> str:
    """Write text as comment lines; after `-- ` nothing opens a long comment, and no character ends the line early."""
    lines = re.split(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", text) or [""]
    return "\n".join(f"-- {_encodable(_printable(line))}".rstrip() for line in lines)


def one_line(text: str) -> str:
    """Fold white space: what whatis shows stands on one line."""
    return " ".join(text.split())


def _text(text: str) -> str:
    return '"' + "".join(map(_character, text)) + '"'


def _character(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if character.isprintable() and not 0xD800 <= ord(character) <= 0xDFFF:
        return character
    # Three digits, always: a digit that follows must not be read as a part of the escape.
    return "".join(f"\\{byte:03d}" for byte in _bytes(character))


def _bytes(character: str) -> bytes:
    """Encode a character; a lone surrogate is a byte of a file name that could not be decoded (PEP 383)."""
    try:
        return character.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return character.encode("utf-8", "surrogatepass")


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _key(key: object) -> str:
    text = str(key)
    return text if _NAME.fullmatch(text) and not _KEYWORDS.fullmatch(text) else f"[{_text(text)}]"


def _table(items: Iterable[str]) -> str:
    inside = ", ".join(items)
    return f"{{ {inside} }}" if inside else "{}"
