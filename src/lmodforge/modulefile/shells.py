"""Quote text for the shells that read it: any text without NUL becomes one word with the same text."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z0-9/._+@=,:-]+")


def sh(text: str) -> str:
    """Quote for bash, zsh, ksh and dash."""
    return _quoted(text, {"'": "'\\''"})


def csh(text: str) -> str:
    """Quote for csh and tcsh, which read `!` and end a line even between single quotes."""
    return _quoted(text, {"'": "'\\''", "!": "\\!", "\n": "\\\n"})


def fish(text: str) -> str:
    """Quote for fish, which reads a backslash between single quotes."""
    return _quoted(text, {"'": "\\'", "\\": "\\\\"})


def _quoted(text: str, escapes: dict[str, str]) -> str:
    if "\0" in text:
        raise ValueError("no shell has a word with a NUL in it")
    if _PLAIN.fullmatch(text):
        return text
    return "'" + "".join(escapes.get(character, character) for character in text) + "'"
