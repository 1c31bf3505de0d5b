"""The program that speaks to conda-pack: a job on stdin, its answer on stdout; what it makes lies below TMPDIR first.

conda-pack is given the files of a release as the release itself records them: left alone it takes them from a package
cache, and without the cache leaves paths in binaries as they are.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from conda_pack import CondaPackException

from lmodforge.apply.packer.files import release_environment
from lmodforge.apply.packer.same import same_bytes


def main() -> None:
    """Do one job."""
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what conda-pack starts speaks to stdout
    job = json.load(sys.stdin)
    os.umask(0o022)
    with answer:
        json.dump(_pack(job), answer)


def _pack(job: dict[str, Any]) -> dict[str, str]:
    prefix = Path(job["prefix"])
    threads = max(2, os.cpu_count() or 2)  # one thread compresses to other bytes than several
    try:
        with tempfile.TemporaryDirectory() as made, same_bytes(prefix):
            release_environment(prefix, Path(made)).pack(
                output=job["output"], format=job["format"], dest_prefix=job["dest_prefix"] or None, n_threads=threads
            )
        Path(job["output"]).chmod(job["mode"])
    except CondaPackException as error:
        return {"failure": str(error)}
    return {}


if __name__ == "__main__":
    main()
