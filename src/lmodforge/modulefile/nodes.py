"""Types of nodes as modules know them: what `shared/nodes.lua` compares at load."""

from __future__ import annotations

import re

from lmodforge.config.drivers import DRIVERS
from lmodforge.config.node_types import NodeType
from lmodforge.config.processors import processor
from lmodforge.modulefile.context import Known

_TOKEN = re.compile(r"\[(!?)([^]]+)\]|(.)")


def known_by(kind: NodeType) -> Known:
    """Return what modules compare for a type of nodes."""
    wanted = processor(kind.archspec) if kind.archspec else None
    return Known(
        wanted.name if wanted else "",
        {key: " ".join(words) for key, words in wanted.words.items()} if wanted else {},
        wanted.power if wanted else 0,
        DRIVERS[kind.cuda] if kind.cuda else 0,
        tuple(map(host_pattern, kind.hosts)),
    )


def host_pattern(glob: str) -> str:
    """Write a pattern as shells have it in Lua's words: `gpu-[0-9]*` is `^gpu%-[0-9].*$`."""
    return f"^{''.join(map(_token, _TOKEN.finditer(glob)))}$"


def _token(found: re.Match[str]) -> str:
    negated, inside, character = found.groups()
    if inside:
        return f"[{'^' if negated else ''}{inside}]"
    wild = {"*": ".*", "?": "."}.get(character)
    return wild or (character if character.isalnum() else f"%{character}")
