"""A job of Slurm: a node where researchers compute, with what a job sees of the file systems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lmodforge.verify.places.reached import words


@dataclass(frozen=True)
class Job:
    """The options of `srun`, such as `-p debug`."""

    options: str
    patience: float = 600.0
    """A job waits until a node is free."""

    @property
    def name(self) -> str:
        """The options, which say where."""
        return f"srun {self.options}".strip()

    def command(self, argv: Sequence[str]) -> list[str]:
        """Take one task, and nothing of this host's environment."""
        one = ["--ntasks=1", "--quiet", "--export=NONE"]
        # A task without an environment has no PATH; `env` finds programs all the same.
        return ["srun", *one, *words("--srun", self.options), "/usr/bin/env", *argv]
