"""The program that speaks to conda-pack: a job on stdin, its answer on stdout; what it makes lies below TMPDIR first.

conda-pack is given the files of a release as the release itself records them: left alone it takes them from a package
cache, and without the cache leaves paths in binaries as they are.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conda_pack import CondaPackException

from lmodforge.apply.packer.files import release_environment
from lmodforge.apply.packer.same import same_bytes

_MEMORY = "512M"


def main() -> None:
    """Do one job."""
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what conda-pack starts speaks to stdout
    job = json.load(sys.stdin)
    os.umask(0o022)
    with answer:
        json.dump(_pack(job), answer)


def _pack(job: dict[str, Any]) -> dict[str, str]:
    if job["format"] == "squashfs" and shutil.which("mksquashfs") is None:
        return {"failure": f"{socket.gethostname()} has no mksquashfs", "hint": "install squashfs-tools there"}
    prefix = Path(job["prefix"])
    try:
        with tempfile.TemporaryDirectory() as made, same_bytes(prefix), _modest_memory():
            release_environment(prefix, Path(made), marks=job["dest_prefix"] == job["prefix"]).pack(
                output=job["output"], format=job["format"], dest_prefix=job["dest_prefix"] or None, n_threads=_threads()
            )
        Path(job["output"]).chmod(job["mode"])
    except CondaPackException as error:
        return {"failure": str(error)}
    except OSError as error:
        return {"failure": f"{error.filename or job['output']}: {error.strerror or error}"}
    except subprocess.CalledProcessError as error:
        return {"failure": f"mksquashfs ended with exit code {error.returncode}; the log has what it says"}
    return {}


@contextmanager
def _modest_memory() -> Iterator[None]:
    """Keep mksquashfs from taking a quarter of the host's memory, which is more than many a job is given."""
    run = subprocess.check_call

    def with_less(argv: Sequence[str]) -> int:
        return run([*argv, "-mem", _MEMORY])

    subprocess.check_call = with_less  # type: ignore[assignment]  # it is all that conda-pack asks of it
    try:
        yield
    finally:
        subprocess.check_call = run


def _threads() -> int:
    """Use the cores that we have, and no fewer than two: one thread compresses to other bytes than several."""
    given = os.environ.get("PYTHON_CPU_COUNT", "")  # which only newer Pythons heed
    return max(2, int(given) if given.isdecimal() else len(os.sched_getaffinity(0)))


if __name__ == "__main__":
    main()
