"""Look at what is on disk and report it as facts; nothing is changed and nothing is concluded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from lmodforge.apply.distributions.existing import channels_in, packages_in
from lmodforge.apply.interpreters import find_interpreter, host_glibc
from lmodforge.apply.observe import Observer
from lmodforge.apply.system import System
from lmodforge.config.distributions import ExistingDistribution, PythonDistribution
from lmodforge.config.models import SiteConfig
from lmodforge.config.platforms import host_platform
from lmodforge.errors import SiteError
from lmodforge.plan.desire import Desired
from lmodforge.plan.digest import sha256
from lmodforge.plan.facts import Facts
from lmodforge.plan.layout import Layout
from lmodforge.receipts.models import ArchiveReceipt, GenerationReceipt, Installed
from lmodforge.receipts.store import decode_generation, decode_installed


def probe_site(site: SiteConfig, system: System, observer: Observer) -> Facts:
    """Find interpreters, receipts and the current tree: all that must be known to work out what is desired."""
    layout = Layout.of(site.paths)
    installed = read_installed(layout, observer)
    generation = current_generation(layout, observer)
    if generation and generation.site != site.name:
        raise SiteError(
            f"{layout.modulefiles} holds the modules of site `{generation.site}`, not of `{site.name}`",
            "give each site its own `paths`",
        )
    facts = probe_tree(layout, generation, installed, observer)
    return replace(
        facts,
        platform=host_platform(),
        glibc=host_glibc(),
        interpreters={
            name: find_interpreter(name, distribution, observer, system, installed)
            for name, distribution in site.distributions.items()
            if isinstance(distribution, PythonDistribution)
        },
        packages={
            distribution.prefix: packages_in(distribution.prefix, observer)
            for distribution in site.distributions.values()
            if isinstance(distribution, ExistingDistribution)
        },
        channels={
            distribution.prefix: channels_in(distribution.prefix, observer)
            for distribution in site.distributions.values()
            if isinstance(distribution, ExistingDistribution)
        },
        earlier=_modules_ever(layout, observer) if site.lmod.current else frozenset(),
        newest=newest_generation(layout, observer),
    )


def probe_tree(
    layout: Layout, generation: GenerationReceipt | None, installed: Mapping[str, Installed], observer: Observer
) -> Facts:
    """Look at what a generation consists of: its tree, its by-name links, the profile scripts."""
    if generation is None:
        return Facts(installed=installed)
    tree = dict(_tree(layout.generation(generation.number), observer))
    links = {link: observer.link(link) for link in generation.links}
    return Facts(
        installed=installed,
        generation=generation,
        tree={path: content for path, (content, _) in tree.items()},
        wrong_modes=frozenset(path for path, (_, mode) in tree.items() if mode != "-rw-r--r--"),
        links={link: target for link, target in links.items() if target is not None},
        scripts=_hashes(generation.scripts, observer),
    )


def _hashes(paths: Iterable[str], observer: Observer) -> dict[str, str]:
    texts = {path: observer.read(path) for path in paths}
    return {path: sha256(text) for path, text in texts.items() if text is not None}


def probe_paths(facts: Facts, layout: Layout, observer: Observer, desired: Desired, scripts: Iterable[str]) -> Facts:
    """Look at the places that are desired: what is there, what was begun, where the by-name links lead."""
    paths = desired.paths
    links = {link: observer.link(link) for link in desired.links if link not in facts.links}
    return replace(
        facts,
        present=frozenset(path for path in paths if observer.mode(path) is not None),
        base_files=_hashes(desired.base_files, observer),
        unfinished=frozenset(path for path in paths if _begun(facts, layout, observer, path)),
        changed=frozenset(
            each.path for each in desired.archives if is_changed(facts.installed.get(each.path), observer)
        ),
        links={**facts.links, **{link: target for link, target in links.items() if target is not None}},
        scripts=_hashes(scripts, observer),
    )


def _begun(facts: Facts, layout: Layout, observer: Observer, path: str) -> bool:
    return path not in facts.installed and observer.read(layout.started(path)) is not None


def is_changed(receipt: Installed | None, observer: Observer) -> bool:
    """Say whether an archive that is there is not what was made; it is read only when it looks different."""
    if not isinstance(receipt, ArchiveReceipt) or observer.program(receipt.path) in ("absent", receipt.signature):
        return False
    return observer.sha256(receipt.path) != receipt.sha256


def read_installed(layout: Layout, observer: Observer) -> dict[str, Installed]:
    """Read the receipts of distributions, releases, tools and archives, by the path of what they are about."""
    found = {}
    for path in _files(layout.installed, observer):
        content = observer.read(path)
        if content is not None:
            receipt = decode_installed(content, path)
            found[receipt.path] = receipt
    return found


def _files(directory: str, observer: Observer) -> Iterator[str]:
    for name in observer.names(directory):
        if name.endswith(".json"):
            yield f"{directory}/{name}"
        elif not name.startswith("."):
            yield from _files(f"{directory}/{name}", observer)


def current_generation(layout: Layout, observer: Observer) -> GenerationReceipt | None:
    """Read the receipt of the generation that `current` points to; None before the first one."""
    target = observer.link(layout.current)
    if target is None:
        return None
    number = layout.number_of(target)
    receipt = read_generation(layout, number, observer) if number is not None else None
    if receipt is None:
        raise SiteError(
            f"{layout.current} does not lead to a generation of ours (it is {target or 'no link'})",
            "move it away, then deploy again: the deploy makes it anew",
        )
    return receipt


def read_generation(layout: Layout, number: int, observer: Observer) -> GenerationReceipt | None:
    """Read a generation's receipt."""
    path = layout.generation_receipt(number)
    content = observer.read(path)
    return None if content is None else decode_generation(content, path)


def _modules_ever(layout: Layout, observer: Observer) -> frozenset[str]:
    numbers = (int(name) for name in observer.names(layout.generations) if name.isdecimal())
    receipts = (read_generation(layout, number, observer) for number in numbers)
    return frozenset(module for receipt in receipts if receipt for module in receipt.modules)


def newest_generation(layout: Layout, observer: Observer) -> int:
    """Return the highest number that was ever given, also to a tree that was never published."""
    names = (*observer.names(layout.generations), *observer.names(f"{layout.state}/receipts/generations"))
    return max((int(name.removesuffix(".json")) for name in names if name[:4].isdecimal()), default=0)


def _tree(directory: str, observer: Observer, below: str = "") -> Iterator[tuple[str, tuple[str, str]]]:
    for name in observer.names(directory):
        path = f"{directory}/{name}"
        mode = observer.mode(path) or ""
        if mode.startswith("d"):
            yield from _tree(path, observer, f"{below}{name}/")
        else:
            content = observer.read(path)
            yield f"{below}{name}", ("" if content is None else sha256(content), mode)


def stored_locks(layout: Layout, keys: Iterable[str], observer: Observer) -> Mapping[str, str]:
    """Read those of the locks that were resolved before."""
    found = {key: observer.read(layout.lock(key)) for key in keys}
    return {key: text.decode() for key, text in found.items() if text is not None}
