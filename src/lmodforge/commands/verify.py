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
from lmodforge.finding import Failure, Verified
from lmodforge.receipts.models import GenerationReceipt
from lmodforge.report.junit import junit
from lmodforge.report.verify import verified_json, verified_markdown, verified_text
from lmodforge.verify.changed import changed_files, touches
from lmodforge.verify.expect import expected_modules
from lmodforge.verify.follow import SYSTEM_PATH
from lmodforge.verify.lmod import find_lmod
from lmodforge.verify.nodes import Chosen, node_at
from lmodforge.verify.place import Place, ThisHost
from lmodforge.verify.places.choose import Wish, go, mounts_of, stay
from lmodforge.verify.places.slurm import jobs_of
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
    wishes = _wishes(wish or Wish(), on, opened.config, deployment.generation)
    places = [go(opened.system, each, mounts) for each in wishes]
    subject = subject_of(opened, deployment, changed_since)
    chosen = Chosen(opened.config, deployment.generation, deployment.installed)
    found = []
    for each, place in zip(wishes, places, strict=True):
        there, tried, wrong = _on_its_node(place, each.type, subject, chosen)
        verified = _verified(opened.system, there, tried, shells, jobs)
        found.append(replace(verified, failures=(*wrong, *verified.failures)))
    name, number = opened.config.name, deployment.generation.number
    _write(opened.system, name, found, reports or Reports())
    documents = [verified_json(name, number, each) for each in found]
    together = {"document": "verify-places", "version": 1, "site": name, "generation": number, "places": documents}
    return Verification(
        "\n\n".join(verified_text(name, number, each) for each in found),
        together if on else documents[0],
        sum(len(each.failures) for each in found),
    )


def _wishes(wish: Wish, on: str, site: SiteConfig, generation: GenerationReceipt) -> list[Wish]:
    """Return the places: with `--on slurm` one for each partition of the site, and for each type of nodes."""
    if on not in ("", "slurm"):
        raise SiteError(f"--on {on}: nothing is verified there", "`slurm`")
    types = {name for releases in generation.variants.values() for name in releases}
    asked = jobs_of(site, [name for name in site.nodes if name in types])
    return [replace(wish, srun=options, type=kind) for options, kind in asked.items()] if on else [wish]


def _on_its_node(place: Place, kind: str, subject: Subject, chosen: Chosen) -> tuple[Place, Subject, Sequence[Failure]]:
    """Say what is expected there where modules choose by node, and whether the node is of the type that is wanted."""
    if not chosen.generation.variants:
        return place, subject, ()
    node = node_at(place)
    place = stay(place, node.name)
    subject = replace(subject, modules=tuple(chosen.on(node, module) for module in subject.modules), node=node.name)
    return place, subject, chosen.wrong_node(node, kind, place)


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
