"""What a site installs, on all its platforms: its locks, and every file that they or the site file vouch for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lmodforge.apply.engines import Engines
from lmodforge.apply.interpreters import find_interpreter, host_interpreter
from lmodforge.apply.observe import Observer
from lmodforge.apply.planning import with_locks
from lmodforge.apply.system import System
from lmodforge.apply.workshop import Workshop
from lmodforge.config.distributions import CondaDistribution, PythonDistribution
from lmodforge.config.licences import is_anacondas
from lmodforge.config.models import SiteConfig
from lmodforge.config.platforms import host_platform
from lmodforge.errors import SiteError, StepFailed
from lmodforge.plan.conda import base_conda_request, conda_requests, pypi_requests
from lmodforge.plan.facts import Facts, Interpreter
from lmodforge.plan.installers import download_of
from lmodforge.plan.locks import LockRequest, lock_requests
from lmodforge.plan.mirror import Wanted, by_path, files_of_lock, installer_file, is_source


@dataclass(frozen=True)
class WantedPython:
    """A Python that uv downloads; what its file is called, and its hash, uv knows."""

    subject: str
    version: str
    downloads: str
    platform: str


@dataclass(frozen=True)
class Contents:
    """What a mirror of a site holds."""

    site: str
    platforms: tuple[str, ...]
    locks: tuple[tuple[LockRequest, str], ...]
    files: tuple[Wanted, ...]
    pythons: tuple[WantedPython, ...]


def contents_of(workshop: Workshop, engines: Engines, pythons: Mapping[str, str], known: Mapping[str, str]) -> Contents:
    """Work it out; `pythons` are versions by distribution, `""` for all, and `known` locks that were made before."""
    site, observer = workshop.site, Observer(workshop.system)
    platforms = site.platforms or (host_platform(),)
    host = host_interpreter()
    here = Facts(interpreters=_interpreters(workshop, observer, pythons))
    locks: dict[str, tuple[LockRequest, str]] = {}
    files: list[Wanted] = []
    for platform in platforms:
        there = replace(host, version=pythons.get("", host.version))
        facts = replace(here, platform=platform)
        facts = with_locks(facts, workshop, engines, observer, known=known, host=there)
        requests = (
            *lock_requests(site, facts.interpreters, there, platform),
            *conda_requests(site, facts),
            *pypi_requests(site, facts),
        )
        locks |= {request.key: (request, facts.locks[request.key]) for request in requests}
        files += _installers(site, facts)
    files += [wanted for request, lock in locks.values() for wanted in files_of_lock(request.subject, lock)]
    refuse_unfit(site, files)
    return Contents(
        site.name, tuple(platforms), tuple(locks.values()), tuple(by_path(files).values()), _pythons(site, platforms)
    )


def _interpreters(workshop: Workshop, observer: Observer, pythons: Mapping[str, str]) -> dict[str, Interpreter]:
    """Return the Pythons that distributions stand on: those of this host where nobody says what they are."""
    found = {}
    for name, distribution in workshop.site.distributions.items():
        if not isinstance(distribution, PythonDistribution):
            continue
        version = pythons.get(name) or pythons.get("")
        if version and distribution.interpreter != "uv":
            found[name] = replace(host_interpreter(), version=version)
        else:
            found[name] = _of_this_host(name, distribution, observer, workshop.system)
    return found


def _of_this_host(name: str, distribution: PythonDistribution, observer: Observer, system: System) -> Interpreter:
    try:
        return find_interpreter(name, distribution, observer, system, {})
    except SiteError as error:
        hint = f"if it is on the other host: --python {name}=3.11.9, or whatever version it has there"
        raise SiteError(error.mistakes[0].message, hint) from None


def _installers(site: SiteConfig, facts: Facts) -> list[Wanted]:
    found, failures = [], []
    for name, distribution in site.distributions.items():
        if isinstance(distribution, CondaDistribution) and base_conda_request(site, name, facts) is None:
            try:
                download = download_of(name, distribution, facts.platform)
            except SiteError as error:
                failures.append(error)
            else:
                subject = f"distribution {name}"
                found.append(installer_file(subject, distribution.kind, distribution.version, download))
    if failures:
        raise SiteError.together(failures)
    return found


def _pythons(site: SiteConfig, platforms: Sequence[str]) -> tuple[WantedPython, ...]:
    return tuple(
        WantedPython(f"distribution {name}", distribution.version or "", distribution.downloads or "", platform)
        for name, distribution in site.distributions.items()
        if isinstance(distribution, PythonDistribution) and distribution.interpreter == "uv"
        for platform in platforms
    )


def refuse_unfit(site: SiteConfig, files: Iterable[Wanted]) -> None:
    """Raise for what must not be copied, or would be of no use where there is no network."""
    failures = []
    for wanted in files:
        if is_source(wanted):
            message = f"{wanted.subject}: {wanted.url} would be built from source, and no lock holds what that needs"
            hint = "build a wheel of it, offer it under `index.find_links`, and drop it from `build`"
            failures.append(StepFailed(message, hint))
        elif site.anaconda_terms is None and is_anacondas(wanted.url):
            message = f"{wanted.subject}: {wanted.url} is under Anaconda's terms of service"
            hint = "`anaconda_terms` in the site file records who found that the site may use them"
            failures.append(StepFailed(message, hint))
    if failures:
        raise StepFailed.together(failures)
