"""Where modules are tried: this host, another user, a container, another cluster; the tests ask nothing else of it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lmodforge.apply.system import Completed, System
from lmodforge.verify.lmod import Lmod


class Place(Protocol):
    """Runs programs where users will run them. Site paths are the same everywhere; scratch files go below TMPDIR."""

    @property
    def name(self) -> str:
        """As reports show it: `this host`, `rockylinux:9`, `login2`."""
        ...

    @property
    def lmod(self) -> Lmod:
        """The Lmod of this place."""
        ...

    def run(
        self, argv: Sequence[str], *, env: Mapping[str, str], stdin: str = "", timeout: float | None = None
    ) -> Completed:
        """Run a program in exactly this environment; code 124 after the timeout, 127 when it is not there."""
        ...

    def by_hand(self, argv: Sequence[str]) -> str:
        """Return the line that a person on this host pastes to run the same there."""
        ...


@dataclass(frozen=True)
class ThisHost:
    """The host that lmodforge runs on, as the user who runs it."""

    system: System
    lmod: Lmod
    name: str = "this host"

    def run(
        self, argv: Sequence[str], *, env: Mapping[str, str], stdin: str = "", timeout: float | None = None
    ) -> Completed:
        """Run it through the one door."""
        return self.system.run(argv, env=env, stdin=stdin, timeout=timeout)

    def by_hand(self, argv: Sequence[str]) -> str:
        """Quote it."""
        return shlex.join(argv)
