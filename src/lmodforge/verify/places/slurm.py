"""A job of Slurm: a node where researchers compute, with what a job sees of the file systems."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lmodforge.config.models import SiteConfig
from lmodforge.config.scheduler import SlurmScheduler
from lmodforge.plan.jobs import sbatch_options
from lmodforge.verify.places.reached import words
from lmodforge.verify.places.user import become

# What users have in a job: its own directory for temporary files, and the name of the node. All else is cleared.
_OWN = 'TMPDIR="${TMPDIR:-/tmp}" ${SLURMD_NODENAME:+"SLURMD_NODENAME=$SLURMD_NODENAME"}'
_CLEAR = ("sh", "-c", f'exec env -i {_OWN} "$@"', "sh")


@dataclass(frozen=True)
class Job:
    """The options of `srun`, such as `-p debug`."""

    options: str
    user: str = ""
    """Whose job it is; empty: of who asks."""
    node: str = ""
    """The one that is wanted; empty: any that fits."""
    patience: float = 600.0
    """A job waits until a node is free."""

    @property
    def name(self) -> str:
        """The options, which say where."""
        whose = f", user {self.user}" if self.user else ""
        return f"srun {self.options}".strip() + whose

    def command(self, argv: Sequence[str]) -> list[str]:
        """Take one task, and nothing of this host's environment."""
        one = ["--ntasks=1", "--quiet", "--export=NONE"]
        where = [*words("--srun", self.options), *([f"--nodelist={self.node}"] if self.node else [])]
        start = [*(become(self.user) if self.user else ()), "srun", *one, *where]
        # A task without an environment has no PATH; `env` finds programs all the same.
        return [*start, "/usr/bin/env", *_in_a_job(argv)]


def jobs_of(site: SiteConfig, types: Iterable[str]) -> dict[str, str]:
    """Return the options of srun for each partition that the site names, and for nodes of each of these types.

    The value names the type; empty: any node will do. No partition is named: Slurm's default.
    """
    named = site.scheduler.partitions if isinstance(site.scheduler, SlurmScheduler) else {}
    found = dict.fromkeys((f"--partition={name}" for name in named), "") or {"": ""}
    for kind in types:
        # A type whose jobs ask for nothing cannot be had: a job that asks for nothing promises no such node.
        if options := shlex.join(sbatch_options(site.nodes[kind].job.over(site.builds.job))):
            found[options] = found.get(options) or kind
    return found


def _in_a_job(argv: Sequence[str]) -> list[str]:
    """Clear the environment where it is to be cleared, but for what a job has of its own."""
    at = next((i for i in range(len(argv) - 1) if tuple(argv[i : i + 2]) == ("env", "-i")), None)
    return [*argv] if at is None else [*argv[:at], *_CLEAR, *argv[at + 2 :]]
