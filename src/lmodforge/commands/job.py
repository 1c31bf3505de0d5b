"""The program of a job: one building step, from a mirror's files, with a package cache on the node's own disk.

    python -I -m lmodforge.commands.job DIRECTORY BATCH TASK

Hosts that share a file system without locks must not share a cache: what two of them write at once is damaged.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType

from lmodforge.apply.execute import builder_for
from lmodforge.apply.executors.slurm_work import Work
from lmodforge.apply.mirror.offline import open_mirror
from lmodforge.apply.private_cache import private_cache
from lmodforge.apply.system import RealSystem
from lmodforge.apply.workshop import Workshop
from lmodforge.commands.planning import engines_for
from lmodforge.errors import SiteError
from lmodforge.report.progress import PlainProgress

_MOMENT = 1.0
"""Seconds: what Slurm ends, it ends with us, and then its reason counts and not that of a program that it ended."""


@dataclass
class Termination:
    """SIGTERM: it ends the build, and never what tidies up after it."""

    heard: bool = False
    interrupts: bool = True

    def __call__(self, number: int, _: FrameType | None) -> None:
        """Hear it; Slurm may say it twice."""
        self.heard = True
        if self.interrupts:
            self.interrupts = False
            raise SystemExit(128 + number)


def main(directory: str, task: str, termination: Termination) -> int:
    """Carry out a step and write down how it ended. Exit 1: it failed, and what needs it must not begin."""
    work = Work(RealSystem(), directory)
    work.begin(task)
    error = _build(work, task, termination)
    if error:
        sys.stderr.write(f"{error}\n")
        time.sleep(_MOMENT)
    if not termination.heard:
        work.end(task, error)
    return 1 if error or termination.heard else 0


def _build(work: Work, task: str, termination: Termination) -> SiteError | None:
    try:
        node = _workshop(work, task)
        with private_cache(node) as workshop:
            try:
                return builder_for(workshop, engines_for(workshop)).attempt(work.action(task))
            finally:
                termination.interrupts = False
    except SiteError as error:  # of what the job was given
        return error


def _workshop(work: Work, task: str) -> Workshop:
    orders = work.orders()
    mirror = "" if work.signature(task) in orders.online else orders.mirror
    return Workshop(
        work.system,
        orders.site,
        orders.logs,
        PlainProgress(),
        mirror=open_mirror(work.system, mirror) if mirror else None,
        limits=limits(os.environ),
        marked=False,
    )


def limits(given: Mapping[str, str]) -> dict[str, str]:
    """Return what tells uv, rattler and Python how many cores the job was given."""
    cores = given.get("SLURM_CPUS_PER_TASK") or given.get("SLURM_CPUS_ON_NODE")
    names = ("UV_CONCURRENT_INSTALLS", "UV_CONCURRENT_BUILDS", "RAYON_NUM_THREADS", "TOKIO_WORKER_THREADS")
    return dict.fromkeys((*names, "PYTHON_CPU_COUNT"), cores) if cores else {}


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, heard := Termination())
    raise SystemExit(main(sys.argv[1], f"{sys.argv[2]}-{sys.argv[3]}", heard))
