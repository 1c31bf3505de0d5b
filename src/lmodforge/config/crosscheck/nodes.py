"""Every type of nodes that an environment names is described, and each has nodes that no earlier one takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lmodforge.config.document import Document
from lmodforge.config.models import SiteConfig
from lmodforge.config.naming import digits
from lmodforge.config.node_types import ANY, NodeType
from lmodforge.config.processors import processor
from lmodforge.config.words import nearest
from lmodforge.errors import Mistake


def check_nodes(site: SiteConfig, document: Document) -> Iterator[Mistake]:
    """Check what environments say of types of nodes."""
    plain = document.plain.get("nodes")
    written = {*(plain if isinstance(plain, dict) else ()), ANY}  # right or wrong: a mistake inside is said elsewhere
    for name, environment in site.environments.items():
        for node in environment.nodes:
            if node not in written:
                hint = nearest(node, written) or "describe it under `nodes`, at the top of the file"
                where = document.locate(("environments", name, "nodes", node), key=True)
                yield Mistake(f"there is no node type `{node}`", hint, where)
        yield from _order(name, site, document)


def _order(name: str, site: SiteConfig, document: Document) -> Iterator[Mistake]:
    """Find types that no node ever gets: whatever fits them fits one that stands before them."""
    known: Mapping[str, NodeType | None] = {**site.nodes, ANY: None}
    nodes = [node for node in site.environments[name].nodes if node in known]
    for at, node in enumerate(nodes):
        before = next((other for other in nodes[:at] if takes(known[other], known[node])), None)
        if before:
            where = document.locate(("environments", name, "nodes", node), key=True)
            message = f"no node ever gets what environment `{name}` has for `{node}`: all of them fit `{before}` first"
            yield Mistake(message, f"put `{node}` before `{before}`", where)


def takes(one: NodeType | None, other: NodeType | None) -> bool:
    """Say whether every node of the other type is of this type, too; None is any node."""
    if one is None or other is None:
        return one is None
    return (
        (one.archspec is None or (other.archspec is not None and _as_good(other.archspec, one.archspec)))
        and (one.cuda is None or (other.cuda is not None and digits(other.cuda) >= digits(one.cuda)))
        and (not one.hosts or (bool(other.hosts) and {*other.hosts} <= {*one.hosts}))
    )


def _as_good(one: str, other: str) -> bool:
    """Say whether all that a processor must say of itself for one is said for the other, too."""
    mine, theirs = processor(one), processor(other)
    words = all({*needed} <= {*mine.words.get(key, ())} for key, needed in theirs.words.items())
    return mine.family == theirs.family and words and mine.power >= theirs.power
