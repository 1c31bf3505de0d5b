"""From a site to its plan: look, resolve the locks that are missing, render, compare; what users see is not touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from lmodforge.apply.engines import Engines
from lmodforge.apply.interpreters import host_interpreter
from lmodforge.apply.lockfiles import fresh_locks
from lmodforge.apply.observe import Observer
from lmodforge.apply.probe import probe_paths, probe_site, stored_locks
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import StepFailed
from lmodforge.modulefile.context import Module
from lmodforge.plan.actions import Plan
from lmodforge.plan.compare import compare
from lmodforge.plan.conda import conda_requests, pypi_requests
from lmodforge.plan.desire import Desired, desire
from lmodforge.plan.facts import Facts, Interpreter
from lmodforge.plan.locks import LockRequest, check_tool_hash, lock_requests, tool_request
from lmodforge.plan.publish import Rendered

Render = Callable[[Sequence[Module], str], Rendered]
"""Modules and the root of the module trees -> texts."""

RESOLVERS = 4
"""Locks resolved at once: uv mostly waits for the index."""


@dataclass(frozen=True)
class Prospect:
    """What a site wants, with its texts rendered, and what was found."""

    desired: Desired
    rendered: Rendered
    facts: Facts
    world: Mapping[str, str]


def look_ahead(workshop: Workshop, engines: Engines, render: Render) -> Prospect:
    """Find out what is there and what is wanted."""
    site, layout, observer = workshop.site, workshop.layout, Observer(workshop.system)
    facts = probe_site(site, workshop.system, observer)
    known = workshop.mirror.locks if workshop.mirror else {}
    facts = with_locks(facts, workshop, engines, observer, known=known)
    desired = desire(site, facts, host_interpreter())
    rendered = render(desired.modules, layout.modulefiles)
    facts = probe_paths(facts, layout, observer, desired, rendered.scripts)
    return Prospect(desired, rendered, facts, observer.world)


def make_plan(workshop: Workshop, engines: Engines, render: Render, *, inputs: str) -> Plan:
    """Return the plan for a site as the world is now."""
    ahead = look_ahead(workshop, engines, render)
    plan = compare(ahead.desired, ahead.rendered, ahead.facts, site=workshop.site.name, inputs=inputs)
    return replace(plan, world=ahead.world)


def with_locks(
    facts: Facts,
    workshop: Workshop,
    engines: Engines,
    observer: Observer,
    *,
    known: Mapping[str, str],
    host: Interpreter | None = None,
) -> Facts:
    """Add all locks that a site needs on a platform; `known` are those that need not be resolved."""
    site, host = workshop.site, host or host_interpreter()
    asked = (*lock_requests(site, facts.interpreters, host, facts.platform), *conda_requests(site, facts))
    facts = _answered(facts, asked, workshop, engines, observer, known=known)
    facts = _answered(facts, pypi_requests(site, facts), workshop, engines, observer, known=known)
    for name, tool in site.tools.items():
        request = tool_request(site, name, tool, host, facts.platform)
        check_tool_hash(name, tool, facts.locks[request.key], facts.platform)
    return facts


def _answered(
    facts: Facts,
    requests: Sequence[LockRequest],
    workshop: Workshop,
    engines: Engines,
    observer: Observer,
    *,
    known: Mapping[str, str],
) -> Facts:
    """Add the locks that answer requests: those beside the site file, those that are there, new ones for the rest.

    What is stored is what was built last; a mirror brings what shall be built.
    """
    beside = fresh_locks(workshop.locks, requests, observer)
    keys = [request.key for request in requests if request.key not in beside]
    stored = stored_locks(workshop.layout, keys, observer)
    brought = {key: known[key] for key in keys if key in known}
    locks = ({**stored, **brought} if workshop.mirror else {**brought, **stored}) | beside
    missing = [request for request in requests if request.key not in locks]
    if workshop.mirror:
        workshop.mirror.refuse_unknown(missing)
    locks |= dict(zip((request.key for request in missing), resolve_all(missing, workshop, engines), strict=True))
    return replace(facts, locks={**facts.locks, **locks})


def resolve_all(requests: Sequence[LockRequest], workshop: Workshop, engines: Engines) -> list[str]:
    """Resolve side by side; when some have no solution, name them all at once."""

    def resolve(batch: Sequence[LockRequest]) -> dict[str, str | StepFailed]:
        for request in batch:
            workshop.progress.state(request.subject, "resolving")
        answers = engines[batch[0].engine].resolve(batch)
        for request, answer in zip(batch, answers, strict=True):
            if isinstance(answer, StepFailed):
                workshop.progress.failed(request.subject, "not resolved")
            else:
                workshop.progress.done(request.subject, "resolved")
        return {request.key: answer for request, answer in zip(batch, answers, strict=True)}

    with ThreadPoolExecutor(RESOLVERS) as pool:
        found = {key: answer for answers in pool.map(resolve, _batches(requests)) for key, answer in answers.items()}
    # One failure may be the answer to several: each is told once.
    failures = list(dict.fromkeys(answer for answer in found.values() if isinstance(answer, StepFailed)))
    if failures:
        raise StepFailed.together(failures)
    return [str(found[request.key]) for request in requests]


def _batches(requests: Sequence[LockRequest]) -> list[list[LockRequest]]:
    """Put together what reads the same channels, and leave everything else apart; what is the same is asked once."""
    batches: dict[object, list[LockRequest]] = {}
    for request in {request.key: request for request in requests}.values():
        batches.setdefault((request.platform, request.channels) if request.channels else request.key, []).append(
            request
        )
    return list(batches.values())
