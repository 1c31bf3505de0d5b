"""A site that lies on several systems at once has a place for each: paths may hold `{system}` and `{platform}`."""

from __future__ import annotations

import sys
from os import uname

from lmodforge.config.nodes import Entry, Keys, Scalar

_PLACES = (
    ("paths", "software"),
    ("paths", "modulefiles"),
    ("lmod", "spider_cache"),
    ("distributions", "*", "prefix"),
)
"""Where they are filled in; `*` is any name."""


def host_platform() -> str:
    """Return operating system and machine, such as `linux-x86_64` or `macos-arm64`."""
    return f"{'macos' if sys.platform == 'darwin' else sys.platform}-{uname().machine}"


def fill_in(root: Keys, platform: str) -> Keys:
    """Fill in the host's system, `linux` or `macOS`, and its platform, such as `linux-x86_64`."""
    system = platform.partition("-")[0].replace("macos", "macOS")
    words = {"{system}": system, "{platform}": platform}
    for place in _PLACES:
        root = _filled(root, place, words)
    return root


def _filled(keys: Keys, place: tuple[str, ...], words: dict[str, str]) -> Keys:
    names = keys.entries if place[0] == "*" else place[:1]
    entries = {name: _entry(keys.entries[name], place[1:], words) for name in names if name in keys.entries}
    return keys._replace(entries={**keys.entries, **entries})


def _entry(entry: Entry, place: tuple[str, ...], words: dict[str, str]) -> Entry:
    if place and isinstance(entry.value, Keys):
        return entry._replace(value=_filled(entry.value, place, words))
    if not place and isinstance(entry.value, Scalar) and entry.value.text:
        text = entry.value.text
        for word, value in words.items():
            text = text.replace(word, value)
        return entry._replace(value=entry.value._replace(text=text))
    return entry
