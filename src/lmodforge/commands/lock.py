"""Solve every environment for every platform of a site, and keep the answers beside the site file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from lmodforge.apply.interpreters import host_interpreter
from lmodforge.apply.lockfiles import REASONS, Found, look_up
from lmodforge.apply.observe import Observer
from lmodforge.apply.planning import resolve_all
from lmodforge.apply.probe import probe_site
from lmodforge.apply.progress import Silent
from lmodforge.apply.workshop import Workshop
from lmodforge.commands.planning import engines_for, workshop_for
from lmodforge.commands.show import Shown
from lmodforge.commands.site import OpenSite, open_site
from lmodforge.plan.conda import conda_requests, pypi_requests
from lmodforge.plan.facts import Facts
from lmodforge.plan.lockfiles import Move, explicit_file, is_lock_file, lock_files, moves
from lmodforge.plan.locks import LockRequest, lock_requests
from lmodforge.report.lock import moves_json, moves_markdown, moves_text
from lmodforge.report.progress import progress_for_stderr
from lmodforge.report.style import counted

Answer = Callable[[Sequence[Found]], dict[str, str]]
"""What lies where locks belong -> the locks that shall lie there, by key."""


@dataclass
class _Locks:
    """The lock files of a site, as they are and as they should be."""

    found: list[Found] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    """Text by path, as far as it is known."""
    moves: dict[str, list[Move]] = field(default_factory=dict)

    def add(self, found: Found, lock: str) -> None:
        """Keep a lock in the place of what is there."""
        self.files |= lock_files(found.request, lock)
        name = f"{found.request.subject}, {found.request.platform}"
        self.moves.setdefault(name, []).extend(moves(found.written.lock if found.written else "", lock))


def lock_site(site: str, root: str, *, update: bool, diff: bool, markdown: bool) -> Shown:
    """Write the locks that are not fresh, or with `update` all; with `diff` only say what would move."""
    opened = open_site(site, root)
    with progress_for_stderr() as progress:
        workshop = workshop_for(opened, progress)
        locks = _collect(workshop, _resolver(opened, workshop, update=update))
    changes = [*_written(locks, workshop), *_left_over(locks, workshop)]
    if not diff:
        _write(locks, workshop, changes)
    moved = moves_markdown(locks.moves) if markdown else moves_text(locks.moves)
    verb = "would change" if diff else "written"
    said = f"{workshop.locks}: {counted(len(changes), 'file')} {verb}." if changes else "The locks are up to date."
    document = {"document": "lock", "version": 1, "site": workshop.site.name, "files": changes}
    text = moved if markdown else "\n\n".join(filter(None, (moved, said)))
    return Shown(text, document | {"moves": moves_json(locks.moves)}, len(changes) if diff else 0)


def check_locks(site: str, root: str) -> Shown:
    """Say which locks are not what the site file asks for; nothing is solved."""
    workshop = workshop_for(opened := open_site(site, root), Silent())
    locks = _collect(workshop, _fresh)
    rows = [(f.request.file, REASONS[f.state]) for f in locks.found if f.state != "fresh"]
    rows += [(path, REASONS["edited"]) for path in _written(locks, workshop)]
    rows += [(path, "no environment needs it any more") for path in _left_over(locks, workshop)]
    lines = [f"{workshop.locks}/{path}: {reason}" for path, reason in rows]
    document = {"document": "lock", "version": 1, "site": opened.config.name, "wrong": dict(rows)}
    said = "\n".join([*lines, "hint: `invoke lock` writes them"]) if lines else "The locks are up to date."
    return Shown(said, document, len(rows))


def _fresh(found: Sequence[Found]) -> dict[str, str]:
    return {each.request.key: each.written.lock for each in found if each.written and each.state == "fresh"}


def _resolver(opened: OpenSite, workshop: Workshop, *, update: bool) -> Answer:
    engines = engines_for(workshop, opened.document)

    def answer(found: Sequence[Found]) -> dict[str, str]:
        kept = {} if update else _fresh(found)
        asked = [each.request for each in found if each.request.key not in kept]
        return kept | dict(zip((request.key for request in asked), resolve_all(asked, workshop, engines), strict=True))

    return answer


def _collect(workshop: Workshop, answer: Answer) -> _Locks:
    """Ask for every platform; what uv is asked depends on what conda installs first."""
    locks, site, observer = _Locks(), workshop.site, Observer(workshop.system)
    here = probe_site(site, workshop.system, observer)

    def ask(requests: Sequence[LockRequest]) -> dict[str, str]:
        found = [look_up(workshop.locks, request, observer) for request in requests]
        answers = answer(found)
        locks.found += found
        for each in found:
            if each.request.key in answers:
                locks.add(each, answers[each.request.key])
        return answers

    every = [replace(here, platform=platform) for platform in site.platforms or (here.platform,)]
    answers = ask([request for facts in every for request in _first_requests(workshop, facts)])
    ask([request for facts in every for request in pypi_requests(site, replace(facts, locks=answers))])
    return locks


def _first_requests(workshop: Workshop, facts: Facts) -> tuple[LockRequest, ...]:
    return (*_python_requests(workshop, facts), *conda_requests(workshop.site, facts))


def _python_requests(workshop: Workshop, facts: Facts) -> list[LockRequest]:
    """Return what is asked for the environments of plain Pythons."""
    requests = lock_requests(workshop.site, facts.interpreters, host_interpreter(), facts.platform)
    return [request for request in requests if request.file]


def _written(locks: _Locks, workshop: Workshop) -> list[str]:
    """Return the files that are not as they should be."""
    system, folder = workshop.system, workshop.locks
    return [path for path, text in locks.files.items() if system.read(f"{folder}/{path}") != text.encode()]


def _left_over(locks: _Locks, workshop: Workshop) -> Iterator[str]:
    """Find files of ours that nothing asks for; of an environment whose lock is not known nothing is said."""
    system, folder = workshop.system, workshop.locks
    wanted = {file for each in locks.found for file in (each.request.file, explicit_file(each.request.file))}
    unknown = {each.request.file.partition("/")[0] for each in locks.found if each.request.file not in locks.files}
    for environment in system.names(folder):
        for name in system.names(f"{folder}/{environment}"):
            path = f"{environment}/{name}"
            text = (system.read(f"{folder}/{path}") or b"").decode(errors="replace")
            if path not in wanted and environment not in unknown and is_lock_file(text):
                yield path


def _write(locks: _Locks, workshop: Workshop, changes: Sequence[str]) -> None:
    system, folder = workshop.system, workshop.locks
    for path in changes:
        if path in locks.files:
            system.make_directory(f"{folder}/{path}".rpartition("/")[0])
            system.write(f"{folder}/{path}", locks.files[path].encode())
        else:
            system.remove(f"{folder}/{path}")
