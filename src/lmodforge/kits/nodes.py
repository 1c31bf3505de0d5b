"""How a job gets to the nodes that an environment has releases for: what the site's own builds ask for there."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from lmodforge.config.builds import Job
from lmodforge.config.models import SiteConfig
from lmodforge.config.node_types import ANY
from lmodforge.kits.subject import Subject


@dataclass(frozen=True)
class Nodes:
    """The types of nodes of an environment that a job can ask for."""

    asked: dict[str, str]
    """By type: options of sbatch."""
    job: Job
    """What every job must ask for, because other nodes cannot load the module."""
    only: bool
    """There are such nodes."""


def nodes_of(site: SiteConfig, subject: Subject) -> Nodes:
    """Return them in the order in which a node chooses; the site file may have moved on from what is deployed."""
    jobs = {name: site.nodes[name].job for name in subject.types if name in site.nodes}
    asked = {name: shlex.join(_options(job)) for name, job in jobs.items() if _options(job)}
    only = bool(subject.types) and ANY not in subject.types
    first = next((jobs[name] for name in asked), Job())
    return Nodes(asked, first if only else Job(), only)


def _options(job: Job) -> list[str]:
    """Leave out what is for builds: accounts, times, cores and options of sbatch."""
    asked = {"--partition": job.partition, "--gres": job.gpus and f"gpu:{job.gpus}", "--constraint": job.constraint}
    return [f"{option}={value}" for option, value in asked.items() if value]
