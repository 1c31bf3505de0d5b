"""Locking five environments for two platforms on a channel of 200,000 records, against the bare solver."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from conda_site import conda_site
from measure import Row, command, take_turns

from lmodforge.apply.planning import resolve_all
from lmodforge.apply.progress import Silent
from lmodforge.commands.planning import engines_for, workshop_for
from lmodforge.commands.site import OpenSite
from lmodforge.plan.conda import conda_requests
from lmodforge.plan.facts import Facts

LIMIT = 1.5
RECORDS, PACKAGES = 200_000, 8_000
PLATFORMS = ("linux-64", "linux-aarch64")
OURS = ("linux-x86_64", "linux-aarch64")
ENVIRONMENTS = {f"env{number}": [f"package{100 * number + k}" for k in range(12)] for number in range(1, 6)}


def run() -> list[Row]:
    with TemporaryDirectory() as scratch:
        return [locking(Path(scratch))]


def locking(folder: Path) -> Row:
    channel = folder / "channel"
    write_channel(channel)
    opened = conda_site(folder, "http://127.0.0.1:9", ENVIRONMENTS, channels=[f"file://{channel}"])
    specs = [",".join(wanted) for wanted in ENVIRONMENTS.values()]
    script = Path(__file__).with_name("conda_bare.py")
    theirs = command([sys.executable, str(script), "solve", f"file://{channel}", *PLATFORMS, "--", *specs], folder)
    pair = take_turns(lambda: solved(opened), theirs, rounds=3)
    return Row(
        name="conda: solving for `invoke lock`",
        figure=pair.ratio,
        unit="x the bare solver",
        limit=LIMIT,
        how=f"five environments, two platforms, 200,000 records, cold: {pair.ours:.2f} s against {pair.theirs:.2f} s",
        bound_by="reading the channel's records",
    )


def solved(opened: OpenSite) -> None:
    """Solve as `invoke lock` does: what is asked, the program that solves, the locks that come out."""
    workshop = workshop_for(opened, Silent())
    facts = (Facts(platform=platform) for platform in OURS)
    requests = [request for each in facts for request in conda_requests(opened.config, each)]
    resolve_all(requests, workshop, engines_for(workshop))


def write_channel(channel: Path) -> None:
    """Write records that need one another as those of conda-forge do: a few each, all older than they are."""
    chance = random.Random(0)
    for subdir in (*PLATFORMS, "noarch"):
        (channel / subdir).mkdir(parents=True)
        text = json.dumps({"info": {"subdir": subdir}, "packages": {}, "packages.conda": records(subdir, chance)})
        (channel / subdir / "repodata.json").write_text(text)


def records(subdir: str, chance: random.Random) -> dict[str, dict[str, object]]:
    if subdir == "noarch":
        return {}
    found = {}
    for number in range(RECORDS // len(PLATFORMS)):
        package, version = divmod(number, RECORDS // len(PLATFORMS) // PACKAGES)
        needs = sorted({chance.randrange(package) for _ in range(4)}) if package else []
        name = f"package{package}"
        found[f"{name}-{version}.0-h{number:07x}_0.conda"] = {
            "name": name,
            "version": f"{version}.0",
            "build": f"h{number:07x}_0",
            "build_number": 0,
            "depends": [f"package{need} >={chance.randrange(version + 1)}.0" for need in needs],
            "license": "MIT",
            "md5": f"{number:032x}",
            "sha256": f"{number:064x}",
            "size": 100_000 + number,
            "subdir": subdir,
            "timestamp": 1_700_000_000_000 + number,
        }
    return found
