"""A place that is reached through another program: podman, bwrap, ssh, srun, setpriv."""

from __future__ import annotations

import math
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lmodforge.apply.surroundings import clean_environment
from lmodforge.apply.system import Completed, System
from lmodforge.errors import SiteError
from lmodforge.verify.follow import SYSTEM_PATH
from lmodforge.verify.lmod import USUAL, Lmod, version_of

# What the programs on the way are configured with; none of it reaches the modules.
_FOR_THE_WAY = (
    *("HOME", "USER", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS"),
    *("CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF", "CONTAINERS_REGISTRIES_CONF", "REGISTRY_AUTH_FILE"),
    *("DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_CONTEXT", "APPTAINER_CACHEDIR", "APPTAINER_TMPDIR"),
    *("SSH_AUTH_SOCK", "KRB5CCNAME", "SLURM_CONF"),
)
_GRACE = 20.0  # seconds for the way itself: starting a container, connecting, waiting for a free node
_NO_LMOD = 3
_FIND = f"""
named=$(bash -lc 'printf "\\n%s" "$LMOD_PKG"' 2>/dev/null </dev/null | tail -n 1)
for package in "$named" {" ".join(USUAL)}; do
  if [ -x "$package/libexec/lmod" ]; then
    printf '%s\\n' "$package"
    exec "$package/libexec/lmod" --version 2>&1
  fi
done
exit {_NO_LMOD}
"""


def words(option: str, text: str) -> list[str]:
    """Split what somebody gave to an option as a shell would; raises SiteError for a quote that is not closed."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise SiteError(f"{option} {text}: {error}", "quote it as for a shell") from None


class Way(Protocol):
    """How a program is started somewhere else."""

    @property
    def name(self) -> str:
        """As reports show the place."""
        ...

    @property
    def patience(self) -> float:
        """Seconds that the way may take before the program starts there."""
        ...

    def command(self, argv: Sequence[str]) -> list[str]:
        """Return what this host runs so that `argv` runs there."""
        ...


@dataclass(frozen=True)
class Reached:
    """A `Place` at the end of a way, with the Lmod that was found there."""

    system: System
    way: Way
    lmod: Lmod

    @property
    def name(self) -> str:
        """The way's."""
        return self.way.name

    def run(
        self, argv: Sequence[str], *, env: Mapping[str, str], stdin: str = "", timeout: float | None = None
    ) -> Completed:
        """Run a program there."""
        return run_there(self.system, self.way, argv, env=env, stdin=stdin, timeout=timeout)

    def by_hand(self, argv: Sequence[str]) -> str:
        """Return the same command without a limit of time."""
        return shlex.join(self.way.command(argv))


def run_there(
    system: System, way: Way, argv: Sequence[str], *, env: Mapping[str, str], stdin: str = "", timeout: float | None
) -> Completed:
    """Run a program at the end of a way in exactly this environment.

    `timeout` ends it there: ending the program on the way would leave a container or a remote process running.
    """
    settings = [f"{name}={value}" for name, value in env.items()]
    limit = ["timeout", "--kill-after=5", str(math.ceil(timeout))] if timeout else []
    patience = timeout + way.patience if timeout else None
    command = way.command([*limit, "env", "-i", *settings, *argv])
    return system.run(command, env=way_environment(), stdin=stdin, timeout=patience)


def way_environment() -> dict[str, str]:
    """Return the environment of the programs on the way: the system's, and what they are configured with."""
    return {
        **clean_environment("/"),
        **{name: os.environ[name] for name in _FOR_THE_WAY if name in os.environ},
        "PATH": SYSTEM_PATH,
    }


def reach(system: System, way: Way) -> Reached:
    """Go there and find the Lmod; raises SiteError when the way leads nowhere, or to a place without one."""
    lmod = find_lmod_there(system, way)
    if lmod is None:
        raise SiteError(f"{way.name} has no Lmod", "install it there, or verify in a place that has it")
    return Reached(system, way, lmod)


def find_lmod_there(system: System, way: Way) -> Lmod | None:
    """Ask a login shell there, then look where Lmod usually is; None when there is none."""
    environment = {"PATH": SYSTEM_PATH, "HOME": "/", "LC_ALL": "C"}
    done = run_there(system, way, ["sh", "-c", _FIND], env=environment, timeout=20)
    package, _, said = done.stdout.partition("\n")
    version = version_of(said)
    if done.code == 0 and version:
        return Lmod(package, version)
    if done.code == _NO_LMOD:
        return None
    why = " ".join((done.stderr or done.stdout).split()) or f"exit code {done.code}"
    raise SiteError(f"{way.name}: nothing can be run there: {why}", f"try it: {shlex.join(way.command(['true']))}")
