"""Make a generation current: write it beside the others, load it in Lmod, then switch names and the one link."""

from __future__ import annotations

import getpass
import json
import socket
from collections.abc import Callable, Mapping, Sequence

from lmodforge import __version__
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import StepFailed
from lmodforge.modulefile.render import BELOW
from lmodforge.plan.actions import Publish
from lmodforge.plan.digest import sha256
from lmodforge.receipts.models import GenerationReceipt
from lmodforge.receipts.store import encode

LoadTest = Callable[[str, Sequence[str], str], Sequence[str]]
"""MODULEPATH, full names of modules, the type of nodes whose releases are looked at -> what is wrong with them; raises
when there is no Lmod and one is required."""

MODULES = "modules"
"""The subject of all that concerns the module tree."""


def publish(action: Publish, workshop: Workshop, load_test: LoadTest, *, why: str = "deploy") -> None:
    """Publish a generation; until its last step users see the one before."""
    _remove_failed(workshop)
    _write_tree(action, workshop)
    _test(action, workshop, load_test)
    workshop.progress.state(MODULES, "publishing")
    receipt = _receipt(action, workshop)
    system, layout = workshop.system, workshop.layout
    system.make_directory(layout.generation_receipt(action.number).rpartition("/")[0])
    system.write(layout.generation_receipt(action.number), encode(receipt))
    _write_scripts(action, workshop)
    switch(workshop, action.number, action.links, why=why)
    workshop.progress.done(MODULES, f"generation {action.number} is current")


def _write_scripts(action: Publish, workshop: Workshop) -> None:
    system = workshop.system
    for path, text in action.scripts.items():
        folder, _, name = path.rpartition("/")
        system.make_directory(folder)
        before = system.read(path)
        if before == text.encode():
            continue
        if before is not None:
            kept = f"{workshop.layout.state}/replaced/{action.number:04d}"
            system.make_directory(kept)
            system.write(f"{kept}/{name}", before)
        system.write(path, text.encode())


def switch(workshop: Workshop, number: int, links: Mapping[str, str], *, why: str) -> None:
    """Lead the by-name links and `current` to a generation; the rename of `current` comes last."""
    system, layout = workshop.system, workshop.layout
    for path, target in links.items():
        if system.target(path) != target:
            system.link(path, target)
    left = layout.number_of(system.target(layout.current)) or 0
    at = workshop.now().isoformat(timespec="seconds")
    entry = {"at": at, "from": left, "to": number, "why": why, "by": _who()}
    # Written first: prune must know of every switch, and one that did not happen does no harm there.
    system.append(layout.journal, f"{json.dumps(entry)}\n".encode())
    system.link(layout.current, f"generations/{number:04d}")


def _who() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"


def _remove_failed(workshop: Workshop) -> None:
    """Remove trees that were never published: without a receipt nobody can have been led to them."""
    system, layout = workshop.system, workshop.layout
    for name in system.names(layout.generations):
        if name.isdecimal() and system.stat(layout.generation_receipt(int(name))) is None:
            system.remove(f"{layout.generations}/{name}")


def _write_tree(action: Publish, workshop: Workshop) -> None:
    system, final = workshop.system, workshop.layout.generation(action.number)
    staged = f"{workshop.layout.generations}/.{action.number:04d}"
    system.remove(staged)
    system.make_directory(staged)
    for path, text in action.files.items():
        system.make_directory(f"{staged}/{path}".rpartition("/")[0])
        system.write(f"{staged}/{path}", text.encode())
    system.rename(staged, final)


def _test(action: Publish, workshop: Workshop, load_test: LoadTest) -> None:
    workshop.progress.state(MODULES, "loading in Lmod")
    tree = workshop.layout.generation(action.number)
    failures = [
        failure
        for opener, modules in action.fresh.items()
        for node, names in _by_node(action, modules).items()
        for failure in load_test(f"{tree}/{BELOW}/{opener}:{tree}" if opener else tree, names, node)
    ]
    if failures:
        # The tree stays for looking at, under a number that was never current; the next publication removes it.
        workshop.progress.failed(MODULES, "not published")
        raise StepFailed.together([StepFailed(failure) for failure in failures])


def _by_node(action: Publish, modules: Sequence[str]) -> dict[str, list[str]]:
    """Return which modules to load for which types of nodes; most are the same on all, which is `""`."""
    found: dict[str, list[str]] = {}
    for module in modules:
        for node in action.variants.get(module, ("",)):
            found.setdefault(node, []).append(module)
    return found


def _receipt(action: Publish, workshop: Workshop) -> GenerationReceipt:
    return GenerationReceipt(
        lmodforge=__version__,
        made_at=workshop.now().isoformat(timespec="seconds"),
        site=workshop.site.name,
        number=action.number,
        files={path: sha256(text.encode()) for path, text in action.files.items()},
        links=dict(action.links),
        scripts={path: sha256(text.encode()) for path, text in action.scripts.items()},
        modules=dict(action.modules),
        variants={name: dict(releases) for name, releases in action.variants.items()},
    )
