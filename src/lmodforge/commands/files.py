"""Write single files for people: the schema, a site file to begin with, a module tree to look at."""

from __future__ import annotations

import json
from pathlib import Path

from lmodforge.apply.planning import look_ahead
from lmodforge.apply.system import RealSystem
from lmodforge.commands.planning import engines_for, renderer, workshop_for
from lmodforge.commands.site import open_site
from lmodforge.config.scaffold import starter
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


def write_starter(name: str, out: str) -> str:
    """Write a commented site file; one that is there stays."""
    system, path = RealSystem(), Path(out or f"site-configs/{name}.yaml").absolute()
    text = starter(name)
    if system.stat(path) is not None:
        raise SiteError(f"{path} is there already", "choose another --out, or remove it")
    system.make_directory(path.parent)
    system.write(path, text.encode())
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"{shown} is written. Fill it in, then: invoke check --site {shown}"


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
