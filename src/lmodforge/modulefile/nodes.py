"""Types of nodes as modules know them: what `shared/nodes.lua` compares at load."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a deploy with nothing to do imports this, and must not load pydantic (tests/end_to_end)
    from lmodforge.config.node_types import NodeType

_TOKEN = re.compile(r"\[(!?)([^]]+)\]|(.)")


@dataclass(frozen=True)
class Known:
    """What a node of a type is known by; nothing: every node."""

    archspec: str = ""
    """For people: what is compared is `cpu`."""
    cpu: Mapping[str, str] = field(default_factory=dict)
    """By the key of a line of /proc/cpuinfo: words that all stand in it."""
    power: int = 0
    """The oldest generation of POWER."""
    driver: int = 0
    """The oldest branch of NVIDIA's driver."""
    hosts: tuple[str, ...] = ()
    """Lua patterns, of which the name of the node fits one."""

    @property
    def stated(self) -> dict[str, object]:
        """What there is to compare."""
        return {name: value for name, value in vars(self).items() if value}


def known_by(kind: NodeType) -> Known:
    """Return what modules compare for a type of nodes."""
    from lmodforge.config.drivers import DRIVERS  # noqa: PLC0415 - see above
    from lmodforge.config.processors import processor  # noqa: PLC0415 - see above

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
