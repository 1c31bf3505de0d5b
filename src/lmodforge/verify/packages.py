"""Name the commands that install what a host lacks, in the words of its package manager."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Mapping

from lmodforge.apply.system import System
from lmodforge.errors import SiteError
from lmodforge.verify.follow import find_program, read_through

# What a manager calls it, where that is not what we call it.
_NAMES: Mapping[str, Mapping[str, str]] = {
    "apt-get": {},
    "dnf": {
        "lmod": "Lmod",
        "lua-check": "luacheck",
        "lua5.3": "lua",
        "shellcheck": "ShellCheck",
        "slurm-client": "slurm",
        "slurmctld": "slurm-slurmctld",
        "slurmd": "slurm-slurmd",
    },
    "zypper": {
        "lmod": "lua-lmod",
        "ksh": "mksh",
        "lua5.3": "lua53",
        "shellcheck": "ShellCheck",
        "slurm-client": "slurm",
        "slurmctld": "slurm",
        "slurmd": "slurm-node",
        "squashfs-tools": "squashfs",
    },
}
_INSTALL: Mapping[str, tuple[str, ...]] = {
    "apt-get": ("apt-get", "install", "-y"),
    "dnf": ("dnf", "install", "-y"),
    "zypper": ("zypper", "--non-interactive", "install"),
}


def install_steps(system: System, packages: Iterable[str]) -> list[list[str]]:
    """Return the commands to run as root, in their order; none where the package manager is not known."""
    manager = next((name for name in _INSTALL if find_program(system, name)), None)
    if manager is None:
        return []
    names = [_NAMES[manager].get(package, package) for package in packages]
    return [*_before(system, manager), [*_INSTALL[manager], *names]]


def install_command(system: System, packages: Iterable[str]) -> str:
    """Return the line to paste."""
    wanted = tuple(packages)
    steps = install_steps(system, wanted)
    if not steps:
        return f"install {', '.join(wanted)} with this host's package manager"
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    return " && ".join(shlex.join([*sudo, *step]) for step in steps)


def refuse_missing(system: System, program: str, package: str, *, what: str) -> None:
    """Raise SiteError when this host lacks a program that something needs, with the line to paste."""
    if find_program(system, program) is None:
        raise SiteError(f"{what} needs {program}", install_command(system, [package]))


def _before(system: System, manager: str) -> list[list[str]]:
    if manager == "apt-get":
        return [["apt-get", "update"]]
    # Lmod and some shells are in EPEL; Fedora has them itself.
    fedora = re.search(r"^ID=\"?fedora", read_through(system, "/etc/os-release"), re.MULTILINE)
    return [["dnf", "install", "-y", "epel-release"]] if manager == "dnf" and not fedora else []
