"""Whether a node is of a type: everything that the type states must hold there.

Modules ask the same at load, in Lua (`shared/nodes.lua`), of the same files: what a node loads, one like it built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from lmodforge.config.drivers import DRIVERS
from lmodforge.config.node_types import ANY, NodeType
from lmodforge.config.processors import processor

CPUINFO = "/proc/cpuinfo"
DRIVER = "/proc/driver/nvidia/version"
_SHOWN = 4


@dataclass(frozen=True)
class Node:
    """What a node says of itself."""

    name: str
    processor: Mapping[str, str]
    """The lines of /proc/cpuinfo about the first one, by key."""
    driver: int = 0
    """The branch of NVIDIA's driver, 560 of 560.35.03; 0: there is none."""


def node_of(name: str, cpuinfo: str, driver: str) -> Node:
    """Read what /proc/cpuinfo and /proc/driver/nvidia/version of a node say; empty where there is none."""
    lines: dict[str, str] = {}
    for line in cpuinfo.splitlines():
        key, colon, value = line.partition(":")
        if not colon and lines:
            break
        lines[key.strip()] = value.strip()
    found = re.search(r"\s(\d+)\.\d", driver.partition("\n")[0])
    return Node(name, lines, int(found[1]) if found else 0)


def release_for(kind: str) -> str:
    """Name a release by the type of nodes that it is for."""
    return f"the release for {where([kind])}"


def where(kinds: Sequence[str]) -> str:
    """Name nodes by their types: `nodes of type a100 or zen4, and every other node`."""
    named = [kind for kind in kinds if kind != ANY]
    types = f"nodes of type {' or '.join(named)}" if named else ""
    return ", and ".join(filter(None, [types, "every other node" if ANY in kinds else ""]))


def misfits(kind: NodeType, node: Node) -> tuple[str, ...]:
    """Say why a node is not of a type; nothing: it is."""
    return (*_processor(kind, node), *_driver(kind, node), *_name(kind, node))


def _processor(kind: NodeType, node: Node) -> Iterator[str]:
    if kind.archspec is None:
        return
    wanted = processor(kind.archspec)
    for key, words in wanted.words.items():
        if key not in node.processor:
            yield f"{CPUINFO} has no line `{key}`, as processors of the family {wanted.family} have"
        elif lacking := [word for word in words if word not in node.processor[key].split()]:
            more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
            yield f"`{key}` in {CPUINFO} lacks {', '.join(lacking[:_SHOWN])}{more} of {wanted.name}"
    found = re.search(r"POWER(\d+)", node.processor.get("cpu", ""))
    if wanted.power > (int(found[1]) if found else 0):
        yield f"`cpu` in {CPUINFO} is older than POWER{wanted.power}"


def _driver(kind: NodeType, node: Node) -> Iterator[str]:
    if kind.cuda and node.driver < DRIVERS[kind.cuda]:
        found = f"NVIDIA's driver is {node.driver}" if node.driver else f"there is no NVIDIA driver ({DRIVER})"
        yield f"{found}, CUDA {kind.cuda} comes with {DRIVERS[kind.cuda]} or newer"


def _name(kind: NodeType, node: Node) -> Iterator[str]:
    names = (node.name, node.name.partition(".")[0])
    if kind.hosts and not any(fnmatchcase(name, pattern) for name in names for pattern in kind.hosts):
        yield f"its name is not like {' or '.join(kind.hosts)}"
