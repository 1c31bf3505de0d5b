"""Building conda environments: against bare py-rattler, side by side, with nothing to do, and in how much memory."""

from __future__ import annotations

import os
import resource
import sys
import threading
from pathlib import Path

from conda_site import REAL, conda_site, real_channel
from measure import Row, command, seconds, take_turns
from site_files import deployed
from typing_extensions import Self

from lmodforge.apply.system import RealSystem
from lmodforge.commands.planning import is_up_to_date
from lmodforge.commands.site import OpenSite, open_site

AGAINST_BARE, SIDE_BY_SIDE, NOTHING, MEMORY = 1.15, 1.2, 50, 500
ENVIRONMENTS = {
    "lab": ["jupyterlab"],
    "data": ["pandas"],
    "text": ["jinja2", "rich"],
    "docs": ["sphinx"],
    "test": ["pytest", "hypothesis", "rich"],
}


def run() -> list[Row]:
    with real_channel() as (folder, server, packages):
        opened = conda_site(folder, f"{server.url}/conda-forge", {"all": REAL, **ENVIRONMENTS})
        deployed(opened)
        return [against_bare(folder, opened, packages), nothing(opened), *side_by_side(opened)]


def against_bare(folder: Path, opened: OpenSite, packages: int) -> Row:
    """A whole deploy of one environment, from its lock to the new generation."""
    state = folder / "root/software/.lmodforge"
    (lock,) = (
        path for path in (state / "locks").glob("conda-*") if all(f"/{name}-" in path.read_text() for name in REAL)
    )
    cache, bare = state / "cache/conda/packages", folder / "bare"
    script = Path(__file__).with_name("conda_bare.py")
    install = command([sys.executable, str(script), "install", str(lock), str(cache), str(bare)], folder)
    pair = take_turns(lambda: rebuilt(opened, "all"), lambda: (RealSystem().remove(bare), install()), rounds=3)
    return Row(
        name="conda: deploy of one environment",
        figure=pair.ratio,
        unit="x bare py-rattler",
        limit=AGAINST_BARE,
        how=f"{packages} packages in the channel, warm cache, bytecode: {pair.ours:.2f} s against {pair.theirs:.2f} s",
        bound_by="compiling bytecode, which ours does on all cores; ours looks at every file of the cache first",
    )


def nothing(opened: OpenSite) -> Row:
    def look() -> None:
        if not is_up_to_date(open_site(str(opened.path), opened.root or "")):
            sys.exit("there is something to do")

    deployed(opened)
    look()
    took = sorted(seconds(look) for _ in range(15))[7]
    return Row(
        name="conda: nothing to do",
        figure=1000 * took,
        unit="ms",
        limit=NOTHING,
        how="reading the site file and looking at everything that the last plan looked at, imports apart",
        bound_by="as many looks as there are receipts, modules and links",
    )


def rebuilt(opened: OpenSite, *names: str) -> None:
    """Build again what somebody removed."""
    for name in names:
        RealSystem().remove(Path(f"{opened.root}/software/python/miniforge/envs/{name}").resolve())
    deployed(opened)


def side_by_side(opened: OpenSite) -> list[Row]:
    """Five at once; no machine is faster than its slowest environment, nor than all their work over its cores."""
    alone = {name: seconds(lambda name=name: rebuilt(opened, name)) for name in ENVIRONMENTS}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Memory() as memory:
        together = seconds(lambda: rebuilt(opened, *ENVIRONMENTS))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cores = len(os.sched_getaffinity(0))
    work = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / cores
    slowest = max(alone.values())
    return [
        Row(
            name="conda: five environments at once",
            figure=together / max(slowest, work),
            unit="x the bound",
            limit=SIDE_BY_SIDE,
            how=f"{together:.2f} s; the slowest alone {slowest:.2f} s, all work over {cores} cores {work:.2f} s",
            bound_by="the slowest environment"
            if slowest >= work
            else f"the cores: {cores} of them share the compiling",
        ),
        Row(
            name="conda: memory of five at once",
            figure=memory.peak / 1e6,
            unit="MB",
            limit=MEMORY,
            how="resident memory of this process and all below it, pages that they share counted once, sampled",
            bound_by="rattler, a process for each environment, and Python compiling",
        ),
    ]


class Memory:
    """Samples the proportional memory of this process and its children."""

    def __init__(self) -> None:
        self.peak = 0
        self._end = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._sampler.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._sampler.join()

    def _sample(self) -> None:
        while not self._end.wait(0.05):
            self.peak = max(self.peak, sum(map(proportional, family(os.getpid()))))


def family(pid: int) -> list[int]:
    """List a process and all that it started."""
    try:
        children = " ".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    except OSError:
        return [pid]
    return [pid, *(found for child in children.split() for found in family(int(child)))]


def proportional(pid: int) -> int:
    """Return the bytes of a process, its share of what it shares."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
