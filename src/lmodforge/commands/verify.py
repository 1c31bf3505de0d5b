"""Prove the modules of a deployed site in real Lmod."""

from __future__ import annotations

import datetime
import os
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lmodforge.apply.system import System
from lmodforge.commands.receipts import Deployment, read_deployment
from lmodforge.commands.revision import rendered_at
from lmodforge.commands.site import OpenSite, open_site
from lmodforge.config.models import SiteConfig
from lmodforge.errors import SiteError
from lmodforge.finding import Verified
from lmodforge.report.junit import junit
from lmodforge.report.verify import verified_json, verified_markdown, verified_text
from lmodforge.verify.changed import changed_files, touches
from lmodforge.verify.expect import expected_modules
from lmodforge.verify.follow import SYSTEM_PATH
from lmodforge.verify.lmod import find_lmod
from lmodforge.verify.place import Place, ThisHost
from lmodforge.verify.places.choose import Wish, go, mounts_of
from lmodforge.verify.places.slurm import partitions
from lmodforge.verify.scenarios import Toggles
from lmodforge.verify.shells import SHELLS
from lmodforge.verify.site import Subject, verify

_THERE = 'for lf_shell; do command -v "$lf_shell" >/dev/null && echo "$lf_shell"; done; :'


@dataclass(frozen=True)
class Verification:
    """What was found, as text and as JSON."""

    text: str
    json: dict[str, Any]
    failures: int


@dataclass(frozen=True)
class Reports:
    """Files to write beside what is printed; empty names write none."""

    junit: str = ""
    markdown: str = ""


def verify_site(
    site: str,
    root: str,
    *,
    wish: Wish | None = None,
    shells: str = "",
    jobs: int = 0,
    changed_since: str = "",
    on: str = "",
    reports: Reports | None = None,
) -> Verification:
    """Try the current generation; the reports are written also when something is wrong."""
    opened = open_site(site, root)
    deployment = read_deployment(opened)
    mounts = mounts_of(deployment.layout, list(deployment.installed.values()))
    places = [go(opened.system, each, mounts) for each in _wishes(wish or Wish(), on, opened.config)]
    subject = subject_of(opened, deployment, changed_since)
    found = [_verified(opened.system, place, subject, shells, jobs) for place in places]
    name, number = opened.config.name, deployment.generation.number
    _write(opened.system, name, found, reports or Reports())
    documents = [verified_json(name, number, each) for each in found]
    together = {"document": "verify-places", "version": 1, "site": name, "generation": number, "places": documents}
    return Verification(
        "\n\n".join(verified_text(name, number, each) for each in found),
        together if on else documents[0],
        sum(len(each.failures) for each in found),
    )


def _wishes(wish: Wish, on: str, site: SiteConfig) -> list[Wish]:
    """Return the places: with `--on slurm` one for each partition of the site."""
    if on not in ("", "slurm"):
        raise SiteError(f"--on {on}: nothing is verified there", "`slurm`")
    return [replace(wish, srun=options) for options in partitions(site)] if on else [wish]


def _verified(system: System, place: Place, subject: Subject, shells: str, jobs: int) -> Verified:
    verified = verify(place, subject, _shells(place, shells), jobs or len(os.sched_getaffinity(0)))
    if not isinstance(place, ThisHost) and (here := find_lmod(system)):
        return replace(verified, lmod_here=here.version)
    return verified


def subject_of(opened: OpenSite, deployment: Deployment, changed_since: str) -> Subject:
    """Gather what is tried: all modules, or those that have changed since a revision."""
    generation, site = deployment.generation, opened.config
    tree = deployment.layout.generation(generation.number)
    texts = {path: _text(opened.system, f"{tree}/{path}") for path in generation.files}
    today = datetime.datetime.now(datetime.timezone.utc).date()
    modules = expected_modules(site, generation, deployment.installed, today)
    if changed_since:
        there = {path: text for path, text in texts.items() if text is not None}
        changed = changed_files(rendered_at(opened, changed_since), there)
        modules = tuple(module for module in modules if touches(changed, module.file))
    links = {
        link: posixpath.normpath(posixpath.join(posixpath.dirname(link), target))
        for link, target in generation.links.items()
    }
    return Subject(tree, texts, modules, _toggles(site), links)


def _text(system: System, path: str) -> str | None:
    content = system.read(path)
    return None if content is None else content.decode("utf-8", "surrogateescape")


def _toggles(site: SiteConfig) -> Toggles:
    conda, uv = site.caches.conda, site.caches.uv
    return Toggles(
        conda.toggle,
        uv.toggle,
        conda_kept=conda.default == "persistent",
        uv_kept=uv.default == "persistent",
        no_uv_cache=uv.temporary == "none",
    )


def _shells(place: Place, chosen: str) -> tuple[str, ...]:
    """Return the shells that were asked for, else those that are there."""
    names = [name.strip() for name in chosen.split(",") if name.strip()] or list(SHELLS)
    if unknown := [name for name in names if name not in SHELLS]:
        raise SiteError(f"no shell is called {', '.join(unknown)}", f"one of {', '.join(SHELLS)}")
    argv = ["/bin/sh", "-c", _THERE, "lmodforge-verify", *names]
    there = place.run(argv, env={"PATH": SYSTEM_PATH, "LC_ALL": "C"}, timeout=60).stdout.split()
    missing = [name for name in names if name not in there]
    if missing and (chosen or not there):
        raise SiteError(f"{place.name} has no {', '.join(missing)}", "install it, or choose others with --shells")
    return tuple(name for name in names if name in there)


def _write(system: System, site: str, found: Sequence[Verified], reports: Reports) -> None:
    files: Sequence[tuple[str, str]] = (
        (reports.junit, junit(site, found)),
        (reports.markdown, "\n".join(verified_markdown(site, each) for each in found)),
    )
    for name, text in files:
        if name:
            path = Path(name).absolute()
            system.make_directory(path.parent)
            system.write(path, text.encode())
