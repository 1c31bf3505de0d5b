"""Versions in the order of their numbers; those of conda and of PyPI alike, as well as people read them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

_PART = re.compile(r"\d+|[a-z]+")
_BEFORE_RELEASE = frozenset({"a", "alpha", "b", "beta", "c", "dev", "pre", "rc"})


def newest_first(versions: Iterable[str]) -> list[str]:
    """Sort versions, newest first."""
    return sorted(versions, key=_key, reverse=True)


def compare(one: str, other: str) -> int:
    """Return 1 when `one` is newer, -1 when it is older, 0 when nobody can tell."""
    return (_key(one)[0] > _key(other)[0]) - (_key(one)[0] < _key(other)[0])


@cache  # the same versions stand in a thousand environments
def _key(version: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    parts = [_part(text) for text in _PART.findall(version.lower())]
    return (*parts, (1, 0, "")), version


def _part(text: str) -> tuple[int, int, str]:
    if text.isdigit():
        return 2, int(text), ""
    return (0, 0, text) if text in _BEFORE_RELEASE else (1, 1, text)
