"""Decide what a new generation would change for users, and what somebody changed by hand. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from lmodforge.plan.actions import Change, Publish
from lmodforge.plan.desire import Desired
from lmodforge.plan.digest import sha256
from lmodforge.plan.facts import Facts

_KEEP_EDIT = "move the edit into the site file or a template of the site's own; `--replace-edited` gives it up"


@dataclass(frozen=True)
class Rendered:
    """The text of a module tree by path in the tree, and of the profile scripts by absolute path."""

    files: Mapping[str, str]
    scripts: Mapping[str, str]


def publication(
    desired: Desired, rendered: Rendered, facts: Facts, building: Collection[str]
) -> tuple[Publish | None, tuple[Change, ...]]:
    """Return the generation to publish, if the present one is not it, and its lines of the plan.

    `building` holds the releases that the plan builds anyway: their links need no line of their own.
    """
    before = facts.generation.files if facts.generation else {}
    wanted = {path: sha256(text.encode()) for path, text in rendered.files.items()}
    moved = {module.look.full_name for module in desired.modules if module.prefix in building}
    changes = (
        *edited_files(before, wanted, facts.tree),
        *changed_modules(before, wanted, facts, moved),
        *changed_links(desired.links, facts, building),
        *changed_scripts({path: sha256(text.encode()) for path, text in rendered.scripts.items()}, facts),
    )
    if not changes:
        return None, ()
    stale = [link for link in (facts.generation.links if facts.generation else {}) if link not in desired.links]
    publish = Publish(
        number=facts.newest + 1,
        files=rendered.files,
        fresh=tuple(module_of(path) for path in sorted(wanted) if wanted[path] != before.get(path) and is_module(path)),
        links=desired.links,
        stale_links=tuple(sorted(stale)),
        scripts=rendered.scripts,
        modules={module.look.full_name: module.prefix for module in desired.modules},
    )
    return publish, changes


def is_module(path: str) -> bool:
    """Say whether a file of the tree is a module that users can load."""
    return path.endswith(".lua") and not any(part.startswith((".", "__")) for part in path.split("/"))


def module_of(path: str) -> str:
    """Return the full name of the module in a file of the tree."""
    return path.removesuffix(".lua")


def _noun(path: str) -> tuple[str, str]:
    if is_module(path):
        return "module", module_of(path)
    if path.endswith(".modulerc.lua"):
        return "defaults", path.rpartition("/")[0] or "/"
    return "file", path


def edited_files(before: Mapping[str, str], wanted: Mapping[str, str], tree: Mapping[str, str]) -> Iterator[Change]:
    """Find what somebody changed in the current tree, unless it is what we want anyway."""
    for path in sorted(before.keys() | tree.keys()):
        if tree.get(path) in (before.get(path), wanted.get(path)):
            continue
        what, name = _noun(path)
        if path not in before:
            yield Change("!", what, name, "somebody put this file into the current tree", hint=_KEEP_EDIT, edited=True)
        elif tree.get(path):
            yield Change("!", what, name, "edited by hand", hint=_KEEP_EDIT, edited=True)


def changed_modules(
    before: Mapping[str, str], wanted: Mapping[str, str], facts: Facts, moved: Collection[str]
) -> Iterator[Change]:
    """Find what differs between the wanted tree and the current one; `moved` names modules that get a new release."""
    for path in sorted(before.keys() | wanted.keys()):
        what, name = _noun(path)
        if path not in before:
            yield Change("+", what, name, "new")
        elif path not in wanted:
            yield Change("-", what, name, "no longer in the site file")
        elif before[path] != wanted[path]:
            yield Change("~", what, name, "leads to the new release" if name in moved else "its text changes")
        elif path not in facts.tree:
            yield Change("~", what, name, "missing from the current tree")
        elif not facts.tree[path]:
            yield Change("~", what, name, "not a file in the current tree")
        elif path in facts.wrong_modes:
            yield Change("~", what, name, "its mode was changed")


def changed_links(wanted: Mapping[str, str], facts: Facts, building: Collection[str]) -> Iterator[Change]:
    """Find by-name links that do not lead where they should, but for those to releases that are built anyway."""
    before = facts.generation.links if facts.generation else {}
    for path in sorted(wanted.keys() | before.keys()):
        name, found = "/".join(path.split("/")[-3:]), facts.links.get(path)
        if path not in wanted:
            if found is not None:
                yield Change("-", "link", name, "no environment has this name any more")
        elif found == "":
            hint = "move it away, or give the environment another name"
            yield Change("!", "link", name, "something else than a link is there", hint=hint)
        elif found != wanted[path] and _release_behind(path, wanted[path]) not in building:
            reason = "missing" if found is None else f"leads to {found.rpartition('/')[2]}"
            yield Change("~" if found else "+", "link", name, reason)


def _release_behind(link: str, target: str) -> str:
    return f"{link.rpartition('/envs/')[0]}/{target.removeprefix('../')}"


def changed_scripts(wanted: Mapping[str, str], facts: Facts) -> Iterator[Change]:
    """Find profile scripts that are not as wanted, by their sha256."""
    before = facts.generation.scripts if facts.generation else {}
    for path, want in sorted(wanted.items()):
        name, found = path.rpartition("/")[2], facts.scripts.get(path)
        if found == want:
            continue
        if found is not None and found != before.get(path):
            yield Change("!", "script", name, "edited by hand", hint=_KEEP_EDIT, edited=True)
        else:
            yield Change("~" if path in before else "+", "script", name, "missing" if path in before else "new")
