"""Build the documentation of sites from their receipts, serve it, and try what it tells users to do."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lmodforge.apply.system import RealSystem
from lmodforge.apply.website import publish_tree, serve
from lmodforge.commands.receipts import Deployment, read_deployment
from lmodforge.commands.site import OpenSite, open_site
from lmodforge.errors import SiteError
from lmodforge.finding import CheckedPages
from lmodforge.report.checked import checked_json, checked_text
from lmodforge.report.docs.catalogue import Catalogue, Cluster
from lmodforge.report.docs.gather import cluster_of
from lmodforge.report.docs.pages import MARKDOWN, render_docs
from lmodforge.report.docs.templates import PageTemplates
from lmodforge.report.docs.view import View, labels
from lmodforge.report.style import counted
from lmodforge.verify.blocks import read_blocks
from lmodforge.verify.follow import SYSTEM_PATH
from lmodforge.verify.pages import Account, Page, check_pages
from lmodforge.verify.place import Place
from lmodforge.verify.places.choose import Wish, go

DEFAULT_OUT = "build/docs"
_CLUSTERS = re.compile(r"^clusters: (\[.*\])$", re.MULTILINE)


@dataclass(frozen=True)
class Documentation:
    """What was built, or what was found in it."""

    text: str
    json: dict[str, Any]
    wrong: int = 0
    html: str = ""
    """Directory with the HTML."""


@dataclass(frozen=True)
class _Deployed:
    opened: OpenSite
    deployment: Deployment

    @property
    def cluster(self) -> Cluster:
        return cluster_of(self.opened.config, self.deployment.generation, self.deployment.installed)


def build_docs(sites: Sequence[str], root: str, out: str, *, html: bool) -> Documentation:
    """Write the tree, and the HTML of it."""
    deployed = _deployed(sites, root)
    files = _render(deployed)
    target = os.path.abspath(out or DEFAULT_OUT)  # noqa: PTH100 - a link that a site has made stays one
    publish_tree(deployed[0].opened.system, target, files, html=html)
    pages = [path for path in files if path.endswith(".md")]
    begin = _shown(target) / ("html/index.html" if html else MARKDOWN)
    document = {
        "document": "docs",
        "version": 1,
        "sites": [one.opened.config.name for one in deployed],
        "directory": target,
        "html": html,
        "pages": pages,
    }
    return Documentation(f"{counted(len(pages), 'page')}: {begin}", document, html=f"{target}/html")


def _shown(path: str) -> Path:
    """Name a directory from the current one when it lies below."""
    found = Path(path)
    return found.relative_to(Path.cwd()) if found.is_relative_to(Path.cwd()) else found


def serve_docs(directory: str, port: int) -> None:
    """Serve the HTML until ^C."""
    with suppress(KeyboardInterrupt):
        serve(RealSystem(), directory, port)


def check_docs(sites: Sequence[str], root: str, *, user: str, jobs: int) -> Documentation:
    """Do what the pages tell users to do, at each site."""
    deployed = _deployed(sites, root)
    files = _render(deployed)
    titles = labels(one.opened.config for one in deployed)
    found = {one.opened.config.name: _check(one, files, titles, user, jobs) for one in deployed}
    return Documentation(
        "\n\n".join(checked_text(name, checked) for name, checked in found.items()),
        {
            "document": "docs-check",
            "version": 1,
            "sites": [checked_json(name, checked) for name, checked in found.items()],
        },
        wrong=sum(len(checked.wrong) for checked in found.values()),
    )


def _deployed(sites: Sequence[str], root: str) -> list[_Deployed]:
    """Open the sites and read their receipts; a name is given once."""
    opened = [open_site(site, root) for site in sites or ("",)]
    names = [one.config.name for one in opened]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SiteError(f"site {', '.join(twice)} is named twice", "each cluster has a name of its own")
    return [_Deployed(one, read_deployment(one)) for one in opened]


def _render(deployed: Sequence[_Deployed]) -> Mapping[str, bytes]:
    own = dict.fromkeys(Path(path) for one in deployed for path in one.opened.config.templates)
    return render_docs(Catalogue(tuple(one.cluster for one in deployed)), PageTemplates(tuple(own)))


def _check(one: _Deployed, files: Mapping[str, bytes], titles: Mapping[str, str], user: str, jobs: int) -> CheckedPages:
    site, first = one.opened.config, View(one.cluster).first
    place = go(one.opened.system, Wish(user=user or ("" if os.geteuid() else "nobody")), ())
    profile = f"{one.deployment.layout.modulefiles}/init/profile.sh"
    _refuse_unreadable(place, profile)
    account = Account(
        place=place,
        profile=profile,
        module=first.module if first and (site.project or site.scratch) else "",
        toggle=site.caches.uv.toggle,
    )
    others = {title for name, title in titles.items() if name != site.name}
    pages = [
        Page(path, tuple(block for block in read_blocks(text) if block.tab not in others))
        for path, text in _pages_of(site.name, files)
    ]
    return check_pages(account, pages, jobs or len(os.sched_getaffinity(0)))


def _refuse_unreadable(place: Place, profile: str) -> None:
    """Raise when whoever tries the pages cannot even log in: every block would say the same."""
    if place.run(["test", "-r", profile], env={"PATH": SYSTEM_PATH}, timeout=60).code:
        raise SiteError(
            f"{place.name} cannot read {profile}",
            "users could not either: deploy where they can, or name somebody who can with --user",
        )


def _pages_of(site: str, files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Yield the pages whose front matter names the site, with their text."""
    for path, content in files.items():
        if path.endswith(".md"):
            text = content.decode()
            named = _CLUSTERS.search(text)
            if named is None or site in json.loads(named[1]):
                yield path, text
