"""Builds as jobs of Slurm: five on two nodes of one core each, and the submission of a thousand."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from measure import Row, command, seconds
from site_files import with_environments

from lmodforge.apply.execute import builder_for
from lmodforge.apply.executors.slurm import OnSlurm, clear
from lmodforge.apply.executors.slurm_client import Slurm
from lmodforge.apply.executors.slurm_follow import Followed
from lmodforge.apply.executors.slurm_work import Orders
from lmodforge.apply.progress import Silent
from lmodforge.apply.system import Completed, RealSystem
from lmodforge.commands.deploy import deploy
from lmodforge.commands.planning import engines_for, plan_site, workshop_for
from lmodforge.commands.site import OpenSite, open_site
from lmodforge.plan.jobs import steps_of

OF_IDEAL, SUBMITTED = 1.25, 30.0
MANY = 1000
FIVE = {
    "sci": ["numpy", "pandas", "scipy", "scikit-learn", "statsmodels"],
    "plot": ["matplotlib", "bokeh", "plotly"],
    "web": ["requests", "rich", "sqlalchemy", "django"],
    "test": ["pytest", "hypothesis", "sympy", "networkx"],
    "text": ["jinja2", "babel", "sphinx", "nltk"],
}
"""Builds of several seconds each: Slurm times them in whole ones."""


def run() -> list[Row]:
    scratch = TemporaryDirectory
    with scratch() as cluster, slurm_on_loopback(Path(cluster)), scratch() as five, scratch() as many:
        return [five_at_once(Path(five)), submission(Path(many))]


@contextmanager
def slurm_on_loopback(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    from slurm import running  # noqa: PLC0415 - tests are not installed

    with running(folder, cpus=1) as slurm:
        os.environ.update(slurm.environment)
        yield


def five_at_once(folder: Path) -> Row:
    """The ideal is the sum of the builds over the two nodes; Slurm times its jobs, in whole seconds."""
    first = with_environments(folder, {"sci": ["six"]})  # the distribution is there before
    deploy(on_slurm(first), Silent())
    opened = on_slurm(with_environments(folder, FIVE))
    plan_site(opened, workshop := workshop_for(opened, Silent()), engines_for(workshop))  # locks are resolved before
    together = seconds(lambda: deploy(opened, Silent()))
    logs = max((folder / "root/software/.lmodforge/logs").iterdir())
    jobs = times_of(f"lmodforge-bench-{logs.name}.0")
    builds = sorted(end - start for start, end in jobs)
    ideal, span = sum(builds) / 2, max(end for _, end in jobs) - min(start for start, _ in jobs)
    return Row(
        name="slurm: five environments on two nodes",
        figure=span / ideal,
        unit="x the ideal",
        limit=OF_IDEAL,
        how=f"{span:.0f} s; builds {', '.join(f'{each:.0f}' for each in builds)} s, ideal {ideal:.1f} s; "
        f"apart from that {together - span:.1f} s: planning, fetching, Slurm's start, its last answer, publishing",
        bound_by="how five builds share two nodes",
    )


def times_of(name: str) -> list[tuple[float, float]]:
    """Ask Slurm when each task of an array began and ended."""
    ask = command(["squeue", "--noheader", "--array", "--states=all", f"--name={name}", "--format=%S %e"], Path("/"))
    moments = [[datetime.fromisoformat(each).timestamp() for each in line.split()] for line in ask().splitlines()]
    return [(start, end) for start, end in moments]


def submission(folder: Path) -> Row:
    """A thousand environments, written down and submitted; then the questions of half a minute are counted."""
    opened = on_slurm(with_environments(folder, {"one": ["six"]}))
    (folder / "logs").mkdir()
    workshop = replace(workshop_for(opened, Silent(), str(folder / "logs")), system=(system := Counting()))
    plan = plan_site(opened, workshop, engines_for(workshop))
    (release,) = plan.releases
    copies = [replace(release, path=f"{release.path}{number}") for number in range(MANY)]
    steps = steps_of(replace(plan, installs=(), releases=tuple(copies)), opened.config)
    followed: list[Followed] = []
    orders = Orders(opened.config, workshop.logs, mirror="")
    executor, slurm = OnSlurm(workshop, builder_for(workshop, engines_for(workshop))), Slurm(system)
    taken = seconds(lambda: executor.submit(slurm, steps, followed, orders))
    asked = dict(system.asked)
    clear(workshop, slurm)
    return Row(
        name="slurm: a thousand environments submitted",
        figure=taken,
        unit="s",
        limit=SUBMITTED,
        how=f"{len(followed)} jobs by {asked['sbatch']} call of sbatch; then one question every two seconds",
        bound_by="a file for each step, written safely",
    )


class Counting(RealSystem):
    """Counts the programs that it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[str, int] = {}

    def run(self, argv: Sequence[str], *, env: Mapping[str, str], **options: object) -> Completed:  # type: ignore[override]
        self.asked[argv[0]] = self.asked.get(argv[0], 0) + 1
        return super().run(argv, env=env, **options)  # type: ignore[arg-type]


def on_slurm(opened: OpenSite) -> OpenSite:
    document = yaml.safe_load(opened.path.read_text())
    document["builds"] = {"on": "slurm", "job": {"cores": "1", "memory": "2 GB"}}
    opened.path.write_text(yaml.safe_dump(document, sort_keys=False))
    return open_site(str(opened.path), opened.root or "")
