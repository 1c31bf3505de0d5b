"""Make HTML of a tree of Markdown, and put both in place together: readers see the old pages or the new."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import PurePosixPath

from lmodforge.apply.surroundings import clean_environment
from lmodforge.apply.system import System
from lmodforge.errors import SiteError, StepFailed

_NEXT = ".next"
_PARTS = ("markdown", "mkdocs.yml", "html")
_PATIENCE = 3600.0
_COLOUR = re.compile("\x1b\\[[0-9;]*m")


def publish_tree(system: System, out: str, files: Mapping[str, bytes], *, html: bool) -> None:
    """Write the tree below `out`, and its HTML where that is wanted; what was there before goes.

    Raises SiteError when `out` holds something else than such a tree, StepFailed when the pages cannot be built.
    """
    others = [name for name in system.names(out) if name not in (*_PARTS, _NEXT)]
    if others:
        raise SiteError(
            f"{out} holds something else: {', '.join(others[:5])}", "name a directory that is not there yet"
        )
    staged = f"{out}/{_NEXT}"
    system.remove(staged)
    try:
        _write(system, staged, files)
        if html:
            build_html(system, staged)
        for part in _PARTS:
            system.remove(f"{out}/{part}")
            if system.stat(f"{staged}/{part}") is not None:
                system.rename(f"{staged}/{part}", f"{out}/{part}")
    finally:
        system.remove(staged)


def _write(system: System, directory: str, files: Mapping[str, bytes]) -> None:
    for parent in dict.fromkeys(str(PurePosixPath(path).parent) for path in files):
        system.make_directory(f"{directory}/{parent}")
    for path, content in files.items():
        system.write(f"{directory}/{path}", content)


def build_html(system: System, directory: str) -> None:
    """Build `html` from `mkdocs.yml` and `markdown` in a directory; a warning is a failure."""
    argv = (sys.executable, "-I", "-m", "zensical", "build", "--strict")
    done = system.run(argv, env=clean_environment(directory), cwd=directory, timeout=_PATIENCE)
    if done.code:
        said = _COLOUR.sub("", f"{done.stdout}\n{done.stderr}")
        lines = [line.rstrip() for line in said.splitlines() if line.strip()]
        raise StepFailed("the pages cannot be built:\n" + "\n".join(f"  {line}" for line in lines[-40:]))


def serve(system: System, directory: str, port: int) -> None:
    """Serve a directory on this host alone, until somebody ends it; raises StepFailed when the port is taken."""
    argv = (sys.executable, "-I", "-m", "http.server", "--bind", "127.0.0.1", "--directory", directory, str(port))
    done = system.run(argv, env=clean_environment("/"), cwd="/", on_line=_nobody_listens)
    if done.code:
        why = done.stderr.strip().rpartition("] ")[2]
        raise StepFailed(f"port {port} cannot be served: {why}", "choose another --port")


def _nobody_listens(line: str) -> None:
    """Pass over the server's log, which would otherwise be kept until the end."""
