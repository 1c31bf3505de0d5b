"""A job of Slurm: a node where researchers compute, with what a job sees of the file systems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lmodforge.config.models import SiteConfig
from lmodforge.config.scheduler import SlurmScheduler
from lmodforge.verify.places.reached import words
from lmodforge.verify.places.user import become

# A job's own directory for temporary files is what users have there; all else is cleared as everywhere.
_CLEAR = ("sh", "-c", 'exec env -i TMPDIR="${TMPDIR:-/tmp}" "$@"', "sh")


@dataclass(frozen=True)
class Job:
    """The options of `srun`, such as `-p debug`."""

    options: str
    user: str = ""
    """Whose job it is; empty: of who asks."""
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
        start = [*(become(self.user) if self.user else ()), "srun", *one, *words("--srun", self.options)]
        # A task without an environment has no PATH; `env` finds programs all the same.
        return [*start, "/usr/bin/env", *_with_tmpdir(argv)]


def partitions(site: SiteConfig) -> tuple[str, ...]:
    """Return the options of srun for each partition that the site names; none named: Slurm's default."""
    named = site.scheduler.partitions if isinstance(site.scheduler, SlurmScheduler) else {}
    return tuple(f"--partition={name}" for name in named) or ("",)


def _with_tmpdir(argv: Sequence[str]) -> list[str]:
    """Clear the environment but for TMPDIR where it is to be cleared."""
    at = next((i for i in range(len(argv) - 1) if tuple(argv[i : i + 2]) == ("env", "-i")), None)
    return [*argv] if at is None else [*argv[:at], *_CLEAR, *argv[at + 2 :]]
