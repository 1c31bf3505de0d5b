"""A container of podman or docker: any image, read-only and without network, the tree at its real paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Container:
    """An image, the engine that runs it, and who works in it; every command gets a fresh container."""

    engine: str
    image: str
    """What is run: the image itself, or one made of it that has Lmod."""
    mounts: tuple[str, ...]
    user: str
    asked: str = ""
    """The image as it was asked for."""
    patience: float = 60.0

    @property
    def name(self) -> str:
        """The image's, as it was asked for."""
        return self.asked or self.image

    def command(self, argv: Sequence[str]) -> list[str]:
        """Label nothing anew for SELinux: the tree is the users', too."""
        first, *rest = argv
        apart = [
            "--rm",
            "--interactive",
            "--network=none",
            "--read-only",
            "--tmpfs=/tmp:rw,mode=1777",
            "--security-opt=label=disable",
        ]
        tree = [f"--volume={path}:{path}:ro" for path in self.mounts]
        who = [f"--user={self.user}:{self.user}", "--workdir=/", "--entrypoint", first]
        return [self.engine, "run", *apart, *tree, *who, self.image, *rest]
