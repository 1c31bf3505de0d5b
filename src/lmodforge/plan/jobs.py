"""The building steps of a plan as jobs: which go together into an array, and which wait for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lmodforge.config.builds import Job
from lmodforge.config.models import SiteConfig
from lmodforge.config.scheduler import size_in_bytes
from lmodforge.plan.actions import Action, AdoptPrefix, BuildRelease, PackRelease, Plan


@dataclass(frozen=True)
class Step:
    """One build, which one job carries out."""

    action: Action
    job: Job
    needs: str = ""
    """Path of what must be there first, a distribution or a release; empty: nothing is missing."""

    @property
    def subject(self) -> str:
        """What progress calls it."""
        return subject_of(self.action)

    @property
    def size(self) -> int:
        """Bytes to download, as far as they are known: more of them take longer."""
        return (self.action.size or 0) if isinstance(self.action, BuildRelease) else 0

    @property
    def path(self) -> str:
        """What it makes."""
        return self.action.path if isinstance(self.action, BuildRelease | PackRelease) else self.action.prefix


@dataclass(frozen=True)
class Batch:
    """Steps that ask for the same and wait for the same: the tasks of one array."""

    job: Job
    needs: str
    steps: tuple[Step, ...]


def subject_of(action: Action) -> str:
    """Name what is made."""
    if isinstance(action, PackRelease):
        return f"archive {action.name}"
    if isinstance(action, BuildRelease):
        return action.subject
    return f"{'tool' if action.type == 'tool' else 'distribution'} {action.name}"


def steps_of(plan: Plan, site: SiteConfig) -> tuple[Step, ...]:
    """Return what jobs do; adopting a prefix only looks, and needs none."""
    installs = [each for each in plan.installs if not isinstance(each, AdoptPrefix)]
    made = {*(each.prefix for each in installs), *(each.path for each in plan.releases)}

    def step(action: BuildRelease | PackRelease, needs: str) -> Step:
        return Step(action, _job_of(action, site), needs if needs in made else "")

    return (
        *(Step(install, site.builds.job) for install in installs),
        *(step(release, release.prefix) for release in plan.releases),
        *(step(archive, archive.release) for archive in plan.archives),
    )


def _job_of(action: BuildRelease | PackRelease, site: SiteConfig) -> Job:
    job = site.environments[action.environment].job.over(site.builds.job)
    return site.nodes[action.node].job.over(job) if action.node else job


def batches_of(steps: Sequence[Step], longest: int) -> tuple[Batch, ...]:
    """Put together what goes into one array of at most `longest` tasks; what others need comes first."""
    groups: dict[tuple[str, str, str], list[Step]] = {}
    # The largest first: what begins last then keeps the others waiting least.
    for step in sorted(steps, key=lambda step: (isinstance(step.action, PackRelease), step.needs != "", -step.size)):
        # A distribution is an array of its own: what stands on it waits for nothing else.
        alone = "" if isinstance(step.action, BuildRelease | PackRelease) else step.path
        groups.setdefault((step.job.model_dump_json(), step.needs, alone), []).append(step)
    return tuple(
        Batch(group[0].job, group[0].needs, tuple(group[start : start + longest]))
        for group in groups.values()
        for start in range(0, len(group), longest)
    )


def sbatch_options(job: Job) -> tuple[str, ...]:
    """Return what a job asks for, as options of sbatch."""
    asked = {
        "--partition": job.partition,
        "--account": job.account,
        "--time": job.time,
        "--cpus-per-task": job.cores,
        # Slurm's M is 2**20 bytes.
        "--mem": job.memory and f"{-(-size_in_bytes(job.memory) // 2**20)}M",
        "--gres": job.gpus and f"gpu:{job.gpus}",
        "--constraint": job.constraint,
    }
    return (*(f"{option}={value}" for option, value in asked.items() if value), *job.options)
