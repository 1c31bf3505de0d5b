"""A login node of another cluster, where the tree lies under the same paths."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class LoginNode:
    """What `ssh` needs to get there: a host, and before it such options as `-p 2222`."""

    destination: str
    patience: float = 30.0

    @property
    def name(self) -> str:
        """The host's."""
        return f"ssh {self.destination}"

    def command(self, argv: Sequence[str]) -> list[str]:
        """Ask nothing, and hand over a line that every login shell reads the same, csh and fish too."""
        packed = base64.b64encode(f"exec {shlex.join(argv)}".encode()).decode()
        line = f"""exec sh -c 'eval "$(echo {packed} | base64 -d)"'"""
        *options, host = shlex.split(self.destination)
        return ["ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", *options, "--", host, line]
