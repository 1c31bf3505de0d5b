"""Another user of this host, without a login: the same files with somebody else's rights."""

from __future__ import annotations

import os
import pwd
from collections.abc import Sequence
from dataclasses import dataclass

from lmodforge.errors import SiteError


@dataclass(frozen=True)
class AnotherUser:
    """As root we become the user; anybody else asks a sudo that needs no password."""

    user: str
    patience: float = 20.0

    @property
    def name(self) -> str:
        """The user's."""
        return f"user {self.user}"

    def command(self, argv: Sequence[str]) -> list[str]:
        """Take the user's groups, too: they decide what may be read."""
        if os.geteuid():
            return ["sudo", "-n", "-u", self.user, "--", *argv]
        return [*become(self.user), *argv]


def another_user(user: str) -> AnotherUser:
    """Refuse a user whom this host does not know."""
    _look_up(user)
    return AnotherUser(user)


def become(user: str) -> list[str]:
    """Return the start of a command with which root becomes a user of this host."""
    entry = _look_up(user)
    # Our own directory may be none of theirs.
    return ["env", "--chdir=/", "setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--init-groups"]


def _look_up(user: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user)
    except KeyError:
        raise SiteError(f"this host has no user {user}", "name one that `getent passwd` knows") from None
