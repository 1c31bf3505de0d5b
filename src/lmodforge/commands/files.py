"""Write single files for people: the schema, a site file to begin with, a module tree to look at."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lmodforge import __version__
from lmodforge.apply.planning import look_ahead
from lmodforge.apply.system import RealSystem, System
from lmodforge.commands.planning import engines_for, renderer, workshop_for
from lmodforge.commands.site import open_site
from lmodforge.config.scaffold import CI_FILES, ci_starter, starter
from lmodforge.config.schema import site_schema
from lmodforge.errors import SiteError
from lmodforge.report.progress import progress_for_stderr
from lmodforge.report.style import counted


def write_schema(out: str) -> str:
    """Return the schema, or write it to a file."""
    text = json.dumps(site_schema(), indent=2, ensure_ascii=False)
    if not out:
        return text
    RealSystem().write(Path(out).absolute(), f"{text}\n".encode())
    return f"{out} is written; in a site file: # yaml-language-server: $schema={Path(out).name}"


def write_starter(name: str, out: str, ci: str = "") -> str:
    """Write a commented site file, or a CI file beside one; what is there stays."""
    if ci and ci not in CI_FILES:
        raise SiteError(f"--ci {ci}: no such forge is known", f"one of: {', '.join(CI_FILES)}")
    system, path = RealSystem(), Path(out or f"site-configs/{name}.yaml").absolute()
    text, shown = starter(name), _shown(path)
    there = system.stat(path) is not None
    if there and not ci:
        raise SiteError(f"{path} is there already", "choose another --out, or remove it")
    said = [] if there else [f"{shown} is written. Fill it in, then: invoke check --site {shown}"]
    workflow = Path(CI_FILES[ci].format(name=name)).absolute() if ci else None
    if workflow and system.stat(workflow) is not None:
        raise SiteError(f"{workflow} is there already", "move it away, and join the two afterwards")
    if not there:
        _write(system, path, text)
    if workflow:
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        _write(system, workflow, ci_starter(ci, name, str(shown), __version__, python))
        said.append(f"{_shown(workflow)} is written. The locks that it checks: invoke lock --site {shown}")
    return "\n".join(said)


def _write(system: System, path: Path, text: str) -> None:
    system.make_directory(path.parent)
    system.write(path, text.encode())


def _shown(path: Path) -> Path:
    """Name a file from the current directory when it lies below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def render_site(site: str, root: str, out: str) -> str:
    """Write the module tree that a deploy would publish into a new directory."""
    opened = open_site(site, root)
    with progress_for_stderr() as progress:
        workshop = workshop_for(opened, progress)
        files = look_ahead(workshop, engines_for(workshop, opened.document), renderer(opened)).rendered.files
    target = Path(out).absolute()
    if opened.system.names(target):
        raise SiteError(f"{out} is not empty", "name a directory that is not there yet")
    for path, text in files.items():
        opened.system.make_directory((target / path).parent)
        opened.system.write(target / path, text.encode())
    return f"{out}: {counted(len(files), 'file')}; try them with `module use {target}`"
