"""Find what has changed on disk since the last deploy: receipts against facts. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lmodforge.plan.actions import Change
from lmodforge.plan.archives import archives_of
from lmodforge.plan.facts import Facts
from lmodforge.plan.publish import changed_links, changed_modules, changed_scripts, edited_files
from lmodforge.receipts.models import GenerationReceipt, ToolReceipt

_PUBLISHES = "deploy publishes the tree anew"
_REPAIRS = {
    "module": _PUBLISHES,
    "defaults": _PUBLISHES,
    "files": _PUBLISHES,
    "link": "deploy switches it back",
    "script": "deploy writes it again",
}


@dataclass(frozen=True)
class Inside:
    """What was found inside the prefixes, releases and tools of the current generation."""

    missing: Sequence[str] = ()
    """Paths that are gone."""
    thawed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By path: what in it no longer has its mode."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    """sha256 of the files of tools, by path."""
    changed: Collection[str] = ()
    """Archives that hold other bytes than were made."""


def drift(generation: GenerationReceipt, facts: Facts, inside: Inside) -> tuple[Change, ...]:
    """Return every deviation, with what `deploy` would do about it as its hint."""
    found = (
        *edited_files(generation.files, generation.files, facts.tree),
        *changed_modules(generation.files, generation.files, facts, ()),
        *changed_links(generation.links, facts, ()),
        *changed_scripts(generation.scripts, facts),
        *_inside(facts, inside, {each.path: link for link, each in archives_of(generation, facts.installed).items()}),
    )
    return tuple(_with_repair(change) for change in found)


def _with_repair(change: Change) -> Change:
    if change.edited:
        return replace(change, hint=f"deploy refuses: {change.hint}")
    return change if change.hint else replace(change, hint=_REPAIRS[change.what])


def _inside(facts: Facts, inside: Inside, archives: Mapping[str, str]) -> Iterator[Change]:
    for path in inside.missing:
        kind = getattr(facts.installed.get(path), "kind", "prefix")
        if path in archives:
            yield _archive(archives[path], f"{path} is missing")
        else:
            yield Change("~", kind, path, "missing", hint="deploy makes it again, from the same lock")
    for path in inside.changed:
        yield _archive(archives[path], f"{path} is not what was made")
    for path, entries in inside.thawed.items():
        kind = getattr(facts.installed.get(path), "kind", "prefix")
        more = f" and {len(entries) - 1} more" if len(entries) > 1 else ""
        hint = f"deploy leaves it: chmod -R a-w {path}"
        yield Change("~", kind, path, f"wrong mode: {entries[0]}{more}", hint=hint)
    for path, receipt in facts.installed.items():
        if isinstance(receipt, ToolReceipt) and path not in inside.missing:
            yield from _tool(path, receipt, inside.hashes)


def _archive(link: str, reason: str) -> Change:
    return Change("~", "archive", posixpath.basename(link), reason, hint="deploy makes it again, from its release")


def _tool(path: str, receipt: ToolReceipt, hashes: Mapping[str, str]) -> Iterator[Change]:
    for name, expected in receipt.hashes.items():
        if hashes.get(f"{path}/{name}", expected) != expected:
            hint = f"deploy leaves it: find out who changed it, remove {path}, then deploy"
            yield Change("~", "tool", path, f"{name} is not what was installed", hint=hint)
