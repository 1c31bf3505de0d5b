"""Building environments, against bare uv from the same lock and cache, and side by side against one alone."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import Row, command, seconds, take_turns
from site_files import deployed, with_environments

from lmodforge.apply.engines.uv import uv_binary
from lmodforge.apply.system import RealSystem
from lmodforge.commands.site import OpenSite

AGAINST_UV, SIDE_BY_SIDE = 1.3, 1.2
ONE = {"sci": ["numpy", "pandas", "scipy", "matplotlib"]}
FIVE = {
    "sci": ["numpy", "pandas"],
    "plot": ["matplotlib"],
    "web": ["requests", "rich"],
    "test": ["pytest", "hypothesis"],
    "text": ["jinja2", "babel"],
}


def run() -> list[Row]:
    with TemporaryDirectory() as one, TemporaryDirectory() as five:
        return [against_uv(Path(one)), side_by_side(Path(five))]


def against_uv(folder: Path) -> Row:
    """A whole deploy of one environment: build, check, freeze, receipt, modules loaded in Lmod, published."""
    opened = with_environments(folder, ONE)
    deployed(opened)
    state = folder / "root/software/.lmodforge"
    (lock,) = (path for path in (state / "locks").iterdir() if "scipy" in path.read_text())
    bare, cache = folder / "bare", ("--no-config", "--cache-dir", str(state / "cache/uv"))
    make = command([uv_binary(), "venv", str(bare), "--clear", *cache], folder)
    sync = [uv_binary(), "pip", "sync", str(lock), "--python", str(bare / "bin/python"), "--compile-bytecode", *cache]
    fill = command(sync, folder)
    pair = take_turns(lambda: rebuilt(opened, "sci"), lambda: (make(), fill()), rounds=5)
    return Row(
        name="building: deploy of one environment",
        figure=pair.ratio,
        unit="x bare uv",
        limit=AGAINST_UV,
        how=f"same lock, warm cache, both with bytecode: {pair.ours:.2f} s against {pair.theirs:.2f} s",
        bound_by="compiling bytecode, which both do; ours adds checks, modes, a receipt and the load test",
    )


def rebuilt(opened: OpenSite, *names: str) -> None:
    """Build again what somebody removed."""
    prefix = f"{opened.root}/software/python/plain"
    for name in names:
        RealSystem().remove((Path(prefix) / "envs" / name).resolve())
    deployed(opened)


def side_by_side(folder: Path) -> Row:
    """Five at once; no machine is faster than its slowest environment, nor than all their work over its cores."""
    opened = with_environments(folder, FIVE)
    deployed(opened)
    alone = {name: seconds(lambda name=name: rebuilt(opened, name)) for name in FIVE}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    together = seconds(lambda: rebuilt(opened, *FIVE))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cores = len(os.sched_getaffinity(0))
    work = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / cores
    slowest = max(alone.values())
    bound = "the slowest environment" if slowest >= work else f"the cores: {cores} of them share all the compiling"
    return Row(
        name="building: five environments at once",
        figure=together / max(slowest, work),
        unit="x the bound",
        limit=SIDE_BY_SIDE,
        how=f"{together:.2f} s; the slowest alone {slowest:.2f} s, all work over {cores} cores {work:.2f} s",
        bound_by=bound,
    )
