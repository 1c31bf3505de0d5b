"""Install the system packages that the tests need; nothing is asked, and nothing is done when nothing is missing."""

from __future__ import annotations

import os
import shlex
import subprocess

from lmodforge.apply.system import System
from lmodforge.errors import SiteError
from lmodforge.verify.follow import find_program
from lmodforge.verify.lmod import find_lmod
from lmodforge.verify.packages import install_command, install_steps

# Debian's name of a package: the programs of which it must give us one.
_PROGRAMS = {
    "bash": ("bash",),
    "zsh": ("zsh",),
    "tcsh": ("tcsh",),
    "fish": ("fish",),
    "ksh": ("ksh93", "ksh"),
    "dash": ("dash",),
    "lua5.3": ("luac", "luac5.3"),
    "lua-check": ("luacheck",),
    "bubblewrap": ("bwrap",),
    "strace": ("strace",),
    "bindfs": ("bindfs",),  # a file system without locks
    "shellcheck": ("shellcheck",),
    "git": ("git",),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "slurmctld": ("slurmctld",),
    "slurmd": ("slurmd",),
    "slurm-client": ("sbatch",),
    "munge": ("munged",),
    "squashfs-tools": ("mksquashfs",),
    "openssl": ("openssl",),
    "zstd": ("zstd",),
    "debootstrap": ("debootstrap",),
    "podman": ("podman",),
    "uidmap": ("newuidmap",),  # for a podman of who is not root
    "runc": ("runc",),  # where control groups are those of before and after at once, podman's crun does not start
}


def missing_packages(system: System) -> list[str]:
    """Name the packages, as Debian calls them, that the tests need and this host lacks."""
    lmod = [] if find_lmod(system, {}) else ["lmod"]
    return lmod + [name for name, programs in _PROGRAMS.items() if not any(find_program(system, p) for p in programs)]


def prepare(system: System) -> None:
    """Install what is missing, as root or through a sudo that asks for no password; raise if that cannot be done."""
    missing = missing_packages(system)
    if not missing:
        return
    print(f"installing {', '.join(missing)}", flush=True)
    _install(system, missing)
    if still := missing_packages(system):
        raise SiteError(f"the tests need {', '.join(still)}", install_command(system, still))


def _install(system: System, packages: list[str]) -> None:
    become = [] if os.geteuid() == 0 else ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"]
    steps = install_steps(system, packages)
    if not steps or (become and _run([*become, "true"])):
        reason = "we are not root" if steps else "this host's package manager is not known"
        raise SiteError(f"the tests need {', '.join(packages)}; {reason}", install_command(system, packages))
    *before, install = steps
    for step in before:
        _run([*become, *step])  # what matters is whether the packages come
    if _run([*become, *install]):
        # A manager installs nothing when it does not know one of them: the others are worth having.
        for package in packages:
            _run([*become, *install_steps(system, [package])[-1]])


def _run(argv: list[str]) -> int:
    print(f"+ {shlex.join(argv)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = subprocess.DEVNULL
    return subprocess.run(argv, env=environment, stdin=quiet, stdout=quiet, check=False).returncode
