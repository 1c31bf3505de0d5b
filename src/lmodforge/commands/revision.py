"""Render a site as a git revision of its file and its templates has it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from lmodforge.apply.planning import look_ahead
from lmodforge.apply.progress import Silent
from lmodforge.apply.surroundings import clean_environment
from lmodforge.apply.system import System
from lmodforge.commands.planning import engines_for, rendered, workshop_for
from lmodforge.commands.site import OpenSite, open_site
from lmodforge.config.shipped import shipped
from lmodforge.errors import SiteError
from lmodforge.modulefile.render import Templates


def rendered_at(opened: OpenSite, revision: str) -> Mapping[str, str]:
    """Return the module tree of a revision, by path; an empty one where the site file was not there yet."""
    file = opened.path.resolve()
    top = Path(_git(opened.system, file.parent, "rev-parse", "--show-toplevel").strip())
    commit = _git(opened.system, top, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").strip()
    with _checked_out(opened.system, top, commit) as directory:
        there = directory / file.relative_to(top)
        if opened.system.stat(there) is None:
            return {}
        earlier = replace(open_site(str(there), opened.root or ""), system=opened.system)
        workshop = workshop_for(earlier, Silent())
        templates = _moved(earlier.templates, top, directory)
        ahead = look_ahead(
            workshop,
            engines_for(workshop, earlier.document),
            lambda modules, root: rendered(templates, modules, root, earlier.config),
        )
        return ahead.rendered.files


def _moved(templates: Templates, top: Path, directory: Path) -> Templates:
    """Take the templates from the revision where they are kept beside the site file."""
    own = (*templates.site_directories, shipped("modulefiles-templates").resolve())
    moved = (directory / path.relative_to(top) if path.is_relative_to(top) else path for path in own)
    return Templates(tuple(moved))


@contextmanager
def _checked_out(system: System, top: Path, commit: str) -> Iterator[Path]:
    temporary = os.environ.get("TMPDIR") or "/tmp"  # noqa: S108 - below it, under a name that nobody can guess
    directory = Path(temporary).absolute() / f"lmodforge-{secrets.token_hex(8)}"
    system.make_directory(directory, 0o700)
    try:
        archive = f"{directory}/archive.tar"
        _git(system, top, "archive", f"--output={archive}", commit)
        done = system.run(["tar", "-xf", archive, "-C", str(directory)], env=clean_environment("/nonexistent"))
        if done.code:
            raise SiteError(f"git revision {commit} cannot be read: {done.stderr.strip()}")
        yield directory
    finally:
        system.remove(directory)


def _git(system: System, directory: Path, *arguments: str) -> str:
    # The repository may be a user's, and we root: what it is asked runs none of its hooks.
    argv = ["git", "-c", f"safe.directory={directory}", "-C", str(directory), *arguments]
    done = system.run(argv, env=clean_environment("/nonexistent"))
    if done.code:
        said = done.stderr.strip().removeprefix("fatal: ")
        raise SiteError(
            f"git {arguments[0]} in {directory}: {said}", "--changed-since takes a revision of the site file"
        )
    return done.stdout
