"""A login node of another cluster, where the tree lies under the same paths."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from lmodforge.errors import SiteError
from lmodforge.verify.places.reached import words


@dataclass(frozen=True)
class LoginNode:
    """What `ssh` needs to get there, such as `-p 2222` and a host."""

    options: tuple[str, ...]
    host: str
    patience: float = 30.0

    @property
    def name(self) -> str:
        """The host's."""
        return self.host

    def command(self, argv: Sequence[str]) -> list[str]:
        """Ask nothing, and hand over a line that every login shell reads the same, csh and fish too."""
        packed = base64.b64encode(f"exec {shlex.join(argv)}".encode()).decode()
        line = f"""exec sh -c 'eval "$(echo {packed} | base64 -d)"'"""
        return ["ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", *self.options, "--", self.host, line]


def login_node(destination: str) -> LoginNode:
    """Take the host from the end of what somebody wrote."""
    *options, host = words("--ssh", destination) or [""]
    if not host or host.startswith("-"):
        raise SiteError(f"--ssh {destination}: it does not end in a host", "such as `login2` or `-p 2222 jane@login2`")
    return LoginNode(tuple(options), host)
