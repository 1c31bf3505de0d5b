"""Decide what a new generation would change for users, and what somebody changed by hand. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from lmodforge.modulefile.context import EnvironmentModule, Module, RemovedModule
from lmodforge.modulefile.render import BELOW, SHARED, place
from lmodforge.plan.actions import Change, Publish
from lmodforge.plan.archives import dropped_archives
from lmodforge.plan.desire import Desired
from lmodforge.plan.digest import sha256
from lmodforge.plan.facts import Facts
from lmodforge.plan.layout import led_to

KEEP_EDIT = "move the edit into the site file or a template of the site's own; `--replace-edited` gives it up"


@dataclass(frozen=True)
class Rendered:
    """The text of a module tree by path in the tree, and of the profile scripts by absolute path."""

    files: Mapping[str, str]
    scripts: Mapping[str, str]


def publication(
    desired: Desired, rendered: Rendered, facts: Facts, building: Collection[str]
) -> tuple[Publish | None, tuple[Change, ...]]:
    """Return the generation to publish, if the present one is not it, and its lines of the plan.

    `building` holds the releases and archives that the plan makes anyway: their links need no line of their own.
    """
    before = facts.generation.files if facts.generation else {}
    wanted = {path: sha256(text.encode()) for path, text in rendered.files.items()}
    places = {f"{place(module)}.lua": module for module in desired.modules}
    moved = {path for path, module in places.items() if any(found in building for found in _behind(module))}
    changes = (
        *edited_files(before, wanted, facts.tree),
        *changed_modules(before, wanted, facts, moved),
        *changed_links(desired.links, facts, building),
        *dropped_archives(desired.links, facts),
        *changed_scripts({path: sha256(text.encode()) for path, text in rendered.scripts.items()}, facts),
    )
    if not changes and all(facts.links.get(path) == target for path, target in desired.links.items()):
        return None, ()
    publish = Publish(
        number=facts.newest + 1,
        files=rendered.files,
        fresh=_by_opener(module for path, module in places.items() if wanted[path] != before.get(path)),
        links=desired.links,
        scripts=rendered.scripts,
        modules={module.look.full_name: module.prefix for module in desired.modules if module.prefix},
        variants={
            module.look.full_name: {release.type: release.prefix for release in module.releases}
            for module in desired.modules
            if isinstance(module, EnvironmentModule) and module.releases
        },
    )
    return publish, changes


def _behind(module: Module) -> tuple[str, ...]:
    """Return what a module leads to."""
    releases = module.releases if isinstance(module, EnvironmentModule) else ()
    return (module.prefix, *(release.prefix for release in releases))


def _by_opener(modules: Iterable[Module]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for module in modules:
        if module.look.lifecycle.removed or isinstance(module, RemovedModule):
            continue  # it refuses to load, as it should
        opener = module.below if isinstance(module, EnvironmentModule) else ""
        found.setdefault(opener, []).append(module.look.full_name)
    return {opener: tuple(sorted(names)) for opener, names in sorted(found.items())}


def _noun(path: str) -> tuple[str, str]:
    if path.endswith(".modulerc.lua"):
        return "defaults", path.rpartition("/")[0] or "/"
    if path.startswith(f"{SHARED}/"):
        return "file", path
    return "module", path.removeprefix(f"{BELOW}/").removesuffix(".lua")


def edited_files(before: Mapping[str, str], wanted: Mapping[str, str], tree: Mapping[str, str]) -> Iterator[Change]:
    """Find what somebody changed in the current tree, unless it is what we want anyway."""
    for path in sorted(before.keys() | tree.keys()):
        if tree.get(path) in (before.get(path), wanted.get(path)):
            continue
        what, name = _noun(path)
        if path not in before:
            yield Change("!", what, name, "somebody put this file into the current tree", hint=KEEP_EDIT, edited=True)
        elif tree.get(path):
            yield Change("!", what, name, "edited by hand", hint=KEEP_EDIT, edited=True)


def changed_modules(
    before: Mapping[str, str], wanted: Mapping[str, str], facts: Facts, moved: Collection[str]
) -> Iterator[Change]:
    """Find what differs between the wanted tree and the current one; `moved` holds modules that get a new release.

    The files that all modules share make one line: they are ours, and nobody asked for them one by one.
    """
    shared = []
    for path in sorted(before.keys() | wanted.keys()):
        change = _changed(path, before, wanted, facts, moved)
        if change and change.what == "file":
            shared.append(change)
        elif change:
            yield change
    if shared:
        signs = {change.sign for change in shared}
        reasons = sorted({change.reason for change in shared})
        sign = signs.pop() if len(signs) == 1 else "~"
        yield Change(sign, "files", "shared by all modules", f"{len(shared)}: {', '.join(reasons)}")


def _changed(
    path: str, before: Mapping[str, str], wanted: Mapping[str, str], facts: Facts, moved: Collection[str]
) -> Change | None:
    what, name = _noun(path)
    if path not in before:
        return Change("+", what, name, "new")
    if path not in wanted:
        return Change("-", what, name, "no longer in the site file" if what != "file" else "no longer needed")
    if before[path] != wanted[path]:
        return Change("~", what, name, "leads to the new release" if path in moved else "its text changes")
    if path not in facts.tree:
        return Change("~", what, name, "missing from the current tree")
    if not facts.tree[path]:
        return Change("~", what, name, "not a file in the current tree")
    return Change("~", what, name, "its mode was changed") if path in facts.wrong_modes else None


def changed_links(wanted: Mapping[str, str], facts: Facts, building: Collection[str]) -> Iterator[Change]:
    """Find by-name links that do not lead where they should, but for those to what is made anyway.

    The name of an environment that the site file drops stays until its release is pruned: a login that pinned an
    earlier generation may still use it.
    """
    for path, target in sorted(wanted.items()):
        found = facts.links.get(path)
        if found == "":
            hint = "move it away, or give the environment another name"
            yield Change("!", "link", _short(path), "something else than a link is there", hint=hint)
        elif found != target and led_to(path, target) not in building:
            reason = "missing" if found is None else f"leads to {found.rpartition('/')[2]}"
            yield Change("~" if found else "+", "link", _short(path), reason)


def _short(path: str) -> str:
    return "/".join(path.split("/")[-3:])


def changed_scripts(wanted: Mapping[str, str], facts: Facts) -> Iterator[Change]:
    """Find profile scripts that are not as wanted, by their sha256."""
    before = facts.generation.scripts if facts.generation else {}
    for path, want in sorted(wanted.items()):
        name, found = path.rpartition("/")[2], facts.scripts.get(path)
        if found == want:
            continue
        if found is not None and found != before.get(path):
            yield Change("!", "script", name, "edited by hand", hint=KEEP_EDIT, edited=True)
        else:
            yield Change("~" if path in before else "+", "script", name, "missing" if path in before else "new")
