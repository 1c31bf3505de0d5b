"""What a mirror holds, and where: each file that a lock or an installer's hash vouches for, at one path. Pure."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from lmodforge.errors import SiteError
from lmodforge.plan.actions import Action, BuildRelease, Download, InstallConda, InstallPython, InstallTool, Plan
from lmodforge.plan.conda import conda_entries
from lmodforge.plan.locks import locked_urls

CHANNELS, INDEX, INSTALLERS, PYTHONS, LOCKS = "conda", "pypi", "installers", "pythons", "locks"
"""The directories of a mirror."""


@dataclass(frozen=True)
class Wanted:
    """A file, and who needs it."""

    subject: str
    """Such as `environment sci`."""
    path: str
    """In the mirror."""
    url: str
    sha256: str


def files_of_lock(subject: str, lock: str) -> Iterator[Wanted]:
    """Return what is installed from a lock; raises SiteError when it vouches for no hash."""
    if lock.startswith("lock-version"):
        for package, url, sha256 in locked_urls(lock):
            path = f"{INDEX}/{package}/{_checked(posixpath.basename(urlsplit(url).path))}"
            yield Wanted(subject, path, url, _demanded(sha256, url, subject))
        return
    for entry in conda_entries(lock):
        url = str(entry["conda"])
        yield Wanted(subject, conda_path(url), url, _demanded(entry.get("sha256"), url, subject))


def installer_file(subject: str, kind: str, version: str, download: Download) -> Wanted:
    """Return an installer, under its makers' name."""
    path = f"{INSTALLERS}/{_checked(f'{kind}-{version}')}/{_checked(download.name)}"
    return Wanted(subject, path, download.url, download.sha256)


def conda_path(url: str) -> str:
    """Return where a package of a channel lies: a channel's directory is named by its host and path."""
    parts = urlsplit(url)
    return "/".join([CHANNELS, *map(_checked, (parts.netloc or "local", *parts.path.strip("/").split("/")))])


def python_path(url: str) -> str:
    """Return where a Python lies, under its makers' name."""
    return f"{PYTHONS}/{_checked(posixpath.basename(urlsplit(url).path))}"


def file_url(path: str) -> str:
    """Return the URL of a file of this host."""
    return f"file://{quote(path)}"


def needed_files(plan: Plan) -> list[Wanted]:
    """Return what a plan installs."""
    return [wanted for action in (*plan.installs, *plan.releases) for wanted in _needed(action)]


def needed_pythons(plan: Plan) -> list[InstallPython]:
    """Return the Pythons that uv would download."""
    return [found for found in map(downloaded_python, plan.installs) if found]


def downloaded_python(action: Action) -> InstallPython | None:
    """Return what uv would download a Python for."""
    return action if isinstance(action, InstallPython) and not action.interpreter.path else None


def servable(actions: Mapping[str, Action]) -> dict[str, list[Wanted]]:
    """Return the files of each step, by its key, that can be built from files alone.

    Not so: what is built from source, whose build needs more than a lock names; what no hash vouches for; and what
    wants another file under a name that is taken.
    """
    found: dict[str, list[Wanted]] = {}
    hashes: dict[str, str] = {}
    for key, action in actions.items():
        try:
            files = list(_needed(action))
        except SiteError:
            continue
        if all(not is_source(each) and hashes.get(each.path, each.sha256) == each.sha256 for each in files):
            found[key] = files
            hashes |= {each.path: each.sha256 for each in files}
    return found


def is_source(wanted: Wanted) -> bool:
    """Say whether a file of an index is to be built before it can be installed."""
    return wanted.path.startswith(f"{INDEX}/") and not wanted.path.endswith(".whl")


def by_path(wanted: Iterable[Wanted]) -> dict[str, Wanted]:
    """Return each file once; raises SiteError when two that differ would have one name."""
    found: dict[str, Wanted] = {}
    for each in wanted:
        there = found.setdefault(each.path, each)
        if there.sha256 != each.sha256:
            raise SiteError(
                f"{each.path} would be two files: {there.url} has sha256 {there.sha256} in the lock of "
                f"{there.subject}, {each.url} has {each.sha256} in that of {each.subject}",
                "lock both anew, or mirror them as two sites",
            )
    return found


def simple_index(paths: Mapping[str, str]) -> dict[str, str]:
    """Return the pages of a simple index (PEP 503) for the wheels among these paths, each with its sha256."""
    projects: dict[str, list[str]] = {}
    for path, sha256 in sorted(paths.items()):
        if path.startswith(f"{INDEX}/"):
            _, project, name = path.split("/")
            projects.setdefault(project, []).append(_link(f"{quote(name)}#sha256={sha256}", name))
    if not projects:
        return {}
    pages = {f"{INDEX}/{project}/index.html": _page(links) for project, links in projects.items()}
    return pages | {f"{INDEX}/index.html": _page(_link(f"{project}/", project) for project in projects)}


def repodata(packages: Sequence[Mapping[str, Any]], platforms: Iterable[str]) -> dict[str, str]:
    """Return the repodata of every subdir of every channel, from what rattler reads in locks.

    It says what the channel said of a package, which may be newer than what the archive says of itself.
    """
    entries: dict[str, dict[str, Any]] = {}
    for package in packages:
        folder, _, name = conda_path(package["url"]).rpartition("/")
        entries.setdefault(folder, {})[name] = package["record"]
    for channel in {posixpath.dirname(folder) for folder in entries}:
        for subdir in (*platforms, "noarch"):
            entries.setdefault(f"{channel}/{subdir}", {})
    return {f"{folder}/repodata.json": _repodata(folder, entries[folder]) for folder in sorted(entries)}


def _needed(action: Action) -> Iterator[Wanted]:
    if isinstance(action, BuildRelease):
        if action.build:
            subject = action.subject
            yield from files_of_lock(subject, action.lock)
            yield from files_of_lock(subject, action.pypi_lock) if action.pypi_lock else ()
    elif isinstance(action, InstallConda):
        if action.build and action.download:
            yield installer_file(f"distribution {action.name}", action.type, action.version, action.download)
        elif action.build:
            yield from files_of_lock(f"distribution {action.name}", action.lock)
    elif isinstance(action, InstallPython | InstallTool):
        what = "tool" if action.type == "tool" else "distribution"
        yield from files_of_lock(f"{what} {action.name}", action.lock)


def _demanded(sha256: object, url: str, subject: str) -> str:
    if not sha256:
        raise SiteError(
            f"{subject}: its lock has no sha256 of {url}", "without one nothing is mirrored: ask its index or channel"
        )
    return str(sha256)


def _checked(name: str) -> str:
    """Refuse what would lead out of the mirror."""
    plain = unquote(name)
    if plain in ("", ".", "..") or "/" in plain or "\0" in plain:
        raise SiteError(f"`{name}` cannot be the name of a file in a mirror")
    return plain


def _page(links: Iterable[str]) -> str:
    return "\n".join(
        ["<!DOCTYPE html>", '<html><head><meta charset="utf-8"></head><body>', *links, "</body></html>", ""]
    )


def _link(target: str, text: str) -> str:
    return f'<a href="{escape(target)}">{escape(text)}</a><br>'


def _repodata(folder: str, records: Mapping[str, Any]) -> str:
    old = {name: record for name, record in sorted(records.items()) if name.endswith(".tar.bz2")}
    new = {name: record for name, record in sorted(records.items()) if name not in old}
    info = {"subdir": posixpath.basename(folder)}
    document = {"info": info, "packages": old, "packages.conda": new, "repodata_version": 1}
    return json.dumps(document, indent=1, sort_keys=True) + "\n"
