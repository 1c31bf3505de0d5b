"""The six shipped centres, deployed and proved from a warm package cache, and all of them again with nothing to do."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import Row, command, seconds

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from centres.centre import Centre, Offer
from centres.packages import CENTRES

FIRST, AGAIN = 180.0, 5.0
STEPS = ("deploy", "verify", "docs")
"""What is done to each."""


def run() -> list[Row]:
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        offer = Offer(folder / "offer")
        with offer.server:
            centres = [warm(name, offer, folder) for name in CENTRES]
            took = {step: sum(seconds(step_of(centre, step)) for centre in centres) for step in STEPS}
            again = sum(seconds(step_of(centre, "deploy")) for centre in centres)
            modules = sum(len(list(centre.modulefiles.glob("current/**/*.lua"))) for centre in centres)
    each = ", ".join(f"{step} {time:.1f} s" for step, time in took.items())
    return [
        Row(
            name="six centres: deployed, verified, documented",
            figure=sum(took.values()),
            unit="s",
            limit=FIRST,
            how=f"one after the other, whole processes, {modules} files of Lua, every shell that is there: {each}",
            bound_by="Lmod: a module is loaded and unloaded in each shell with each setting of the toggles",
        ),
        Row(
            name="six centres: deployed again",
            figure=again,
            unit="s",
            limit=AGAIN,
            how="nothing to do, whole processes, one after the other",
            bound_by="starting Python and Invoke six times",
        ),
    ]


def warm(name: str, offer: Offer, folder: Path) -> Centre:
    """Deploy a centre once, and take everything away again but its package cache."""
    first = centre_below(folder / "first", name, offer)
    first.deploy()
    again = centre_below(folder / "again", name, offer)
    state = Path(first.config.paths.software) / ".lmodforge"
    copy = Path(again.config.paths.software) / ".lmodforge"
    shutil.copytree(state / "cache", copy / "cache", symlinks=True)
    copy.joinpath("cache").chmod(0o700)
    return again


def centre_below(folder: Path, name: str, offer: Offer) -> Centre:
    folder.mkdir(exist_ok=True)
    centre = Centre(name, offer, folder)
    centre.accept_terms()
    return centre


def step_of(centre: Centre, step: str) -> Callable[[], str]:
    out = ("--out", str(centre.folder / f"docs-{centre.name}")) if step == "docs" else ()
    argv = (sys.executable, "-m", "lmodforge", step, "--site", str(centre.file), "--root", str(centre.root), *out)
    return command(argv, centre.folder)
