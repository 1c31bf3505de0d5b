"""Remove what no kept generation needs, and no login of the last days may still use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from lmodforge.apply.holder import hold
from lmodforge.apply.leftover import Leftover, leftovers, unfinished
from lmodforge.apply.observe import Observer
from lmodforge.apply.pack import remove_parts
from lmodforge.apply.probe import read_generation
from lmodforge.apply.workshop import MARK, Workshop
from lmodforge.commands.planning import workshop_for
from lmodforge.commands.receipts import Deployment, read_deployment
from lmodforge.commands.site import open_site
from lmodforge.errors import SiteError
from lmodforge.plan.layout import led_to
from lmodforge.plan.prune import Removal, Switch, kept_generations, removals
from lmodforge.receipts.models import GenerationReceipt
from lmodforge.report.progress import progress_for_stderr
from lmodforge.report.style import counted, size, table


def prune_site(site: str, root: str, keep: int, older_than: int, *, show: bool) -> str:
    """Prune, or only say what would go; the site's `retention` holds where a number is negative."""
    opened = open_site(site, root)
    retention = opened.config.retention
    keep = retention.generations if keep < 0 else keep
    days = retention.days if older_than < 0 else older_than
    if keep < 1:
        raise SiteError("`--keep` must be at least 1", "the current generation is always kept")
    read_deployment(opened)  # without one there is nothing to hold either
    with progress_for_stderr() as progress:
        workshop = workshop_for(opened, progress)
        with hold(opened.system, workshop.layout):
            _refuse_jobs(workshop)
            plan = _plan(workshop, read_deployment(opened), keep, days)
            cache = _cache(plan, leftovers(workshop), workshop.layout.cache)
            if not show:
                opened.system.end_marked(MARK, workshop.layout.software)  # of a deploy that was killed
                for removal in plan:
                    _remove(workshop, removal)
                for leftover in leftovers(workshop):
                    opened.system.remove(leftover.path)
    return _text((*plan, *cache), show=show)


def _refuse_jobs(workshop: Workshop) -> None:
    """Raise while what jobs have built or are building belongs to no generation yet."""
    if workshop.system.names(workshop.layout.jobs):
        hint = "`invoke deploy` takes them up, or ends them; prune then"
        raise SiteError("jobs of a deploy that did not end still build for this site", hint)


def _plan(workshop: Workshop, deployment: Deployment, keep: int, days: int) -> tuple[Removal, ...]:
    layout, observer = workshop.layout, Observer(workshop.system)
    trees = [int(name) for name in workshop.system.names(layout.generations) if name.isdecimal()]
    journal = read_journal(workshop)
    current = deployment.generation.number
    numbers = kept_generations(trees, current, journal, keep=keep, now=workshop.now(), days=days)
    kept = {number: _receipt(workshop, number, observer) for number in numbers}
    return removals(trees, kept, deployment.installed, unfinished(workshop), layout.generations)


def _receipt(workshop: Workshop, number: int, observer: Observer) -> GenerationReceipt:
    receipt = read_generation(workshop.layout, number, observer)
    if receipt is None:
        # Without it nobody knows what the tree leads to, so nothing may be removed.
        path = workshop.layout.generation_receipt(number)
        raise SiteError(f"{path} is missing", f"restore it, or remove generation {number} if nobody uses it")
    return receipt


def read_journal(workshop: Workshop) -> tuple[Switch, ...]:
    """Read who made which generation current, and when."""
    lines = (workshop.system.read(workshop.layout.journal) or b"").decode().splitlines()
    entries = [json.loads(line) for line in lines if line.strip()]
    return tuple(Switch(datetime.fromisoformat(entry["at"]), entry["from"], entry["to"]) for entry in entries)


def _remove(workshop: Workshop, removal: Removal) -> None:
    system, layout = workshop.system, workshop.layout
    if removal.number:
        system.remove(removal.path)
        system.remove(layout.generation_receipt(removal.number))
        return
    # The note first: what is left after an interruption is then known as ours, and goes the next time.
    note = layout.started(removal.path)
    system.make_directory(note.rpartition("/")[0])
    system.write(note, f"{removal.path}\n".encode())
    for link in _links_to(workshop, removal.path):
        system.remove(link)
    remove_parts(removal.path, workshop)
    system.remove(removal.path)
    system.remove(layout.receipt(removal.path))
    system.remove(note)


def _cache(plan: tuple[Removal, ...], found: Sequence[Leftover], path: str) -> tuple[Removal, ...]:
    """Say what goes of the cache; what it shares with releases that go has been counted with these."""
    if not found and not any(removal.what != "generation" for removal in plan):
        return ()
    return (Removal("cache", path, "what no release shares", sum(leftover.size for leftover in found)),)


def _links_to(workshop: Workshop, path: str) -> list[str]:
    """Return the by-name links of older versions that lead to a release, or to an archive."""
    system, above = workshop.system, path.rpartition("/releases/")[0]
    folders = (f"{above}/envs", above) if above else ()
    links = (f"{folder}/{name}" for folder in folders for name in system.names(folder))
    return [link for link in links if (target := system.target(link)) and led_to(link, target) == path]


def _text(plan: tuple[Removal, ...], *, show: bool) -> str:
    if not plan:
        return "Nothing to prune."
    rows = [("-", removal.what, removal.path, f"{removal.reason}{_size(removal)}") for removal in plan]
    verb = "would be removed" if show else "removed"
    return "\n".join([*table(rows), "", f"{counted(len(plan), 'thing')} {verb}."])


def _size(removal: Removal) -> str:
    return f" ({size(removal.size)})" if removal.size else ""
