"""Run lmodforge where there is no network at all: a network namespace of its own, whose loopback is down."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

from lmodforge.commands.mirror import mirror_site

NAMESPACE = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--net"]


def lmodforge(*arguments, cwd="/", network=True):
    argv = [*([] if network else NAMESPACE), sys.executable, "-m", "lmodforge", *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, cwd=cwd)


def succeed(*arguments, **options):
    done = lmodforge(*arguments, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def contents(folder: Path, *, without=()) -> dict[str, str]:
    """What each path below a directory is: the sha256 of a file, or where a link leads."""
    paths = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return {
        str(path.relative_to(folder)): _what(path)
        for path in paths
        if path.suffix != ".pyc" and path.name not in without  # bytecode holds the time of its source
    }


def make_mirror(site: Path, root: Path, out: Path, *pythons: str, system=None) -> int:
    """Make a mirror; return the number of files that it says were fetched."""
    said = mirror_site(str(site), str(root), str(out), pythons, system).text
    return int(re.search(r" for linux-\S.*; (\d+) files? fetched\.\n", said)[1])


def _what(path: Path) -> str:
    return f"-> {path.readlink()}" if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
