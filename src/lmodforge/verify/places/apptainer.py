"""An image through Apptainer, as the user who runs it: `docker://rockylinux:9`, a .sif file or a directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ApptainerImage:
    """An image and what is mounted in it; Apptainer has no other users."""

    image: str
    mounts: tuple[str, ...]
    patience: float = 300.0
    """A registry's image is converted first."""

    @property
    def name(self) -> str:
        """The image's."""
        return self.image

    def command(self, argv: Sequence[str]) -> list[str]:
        """Take nothing of the host but the tree."""
        binds = [f"--bind={path}:{path}:ro" for path in self.mounts]
        return ["apptainer", "--quiet", "exec", "--containall", "--no-home", "--pwd=/", *binds, self.image, *argv]
