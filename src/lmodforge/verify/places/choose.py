"""Go to the place that somebody asks for, with what the site needs mounted where the place has not got it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from lmodforge.apply.system import System
from lmodforge.errors import SiteError
from lmodforge.plan.layout import Layout
from lmodforge.receipts.models import ArchiveReceipt, DistributionReceipt, Installed
from lmodforge.verify.lmod import find_lmod
from lmodforge.verify.packages import install_command
from lmodforge.verify.place import Place, ThisHost
from lmodforge.verify.places.apptainer import ApptainerImage
from lmodforge.verify.places.containers import Container
from lmodforge.verify.places.derive import Images, usable_engine, why_unusable
from lmodforge.verify.places.reached import Way, reach
from lmodforge.verify.places.rootfs import root_file_system
from lmodforge.verify.places.slurm import Job
from lmodforge.verify.places.ssh import login_node
from lmodforge.verify.places.user import another_user

NOBODY = "65534"
_SYSTEM = ("/usr/", "/bin/", "/lib/")


@dataclass(frozen=True)
class Wish:
    """Where somebody wants the modules tried; at most one of image, rootfs, ssh and srun, none means this host."""

    image: str = ""
    engine: str = ""
    """podman, docker or apptainer; left out: the first that works."""
    rootfs: str = ""
    ssh: str = ""
    srun: str | None = None
    user: str = ""
    """On this host and in jobs a name. In a container a number, `0` for root; left out there: an ordinary user
    without a home."""


def go(system: System, wish: Wish, mounts: Sequence[str]) -> Place:
    """Return the place; raises SiteError when it cannot be reached or has no Lmod."""
    named = {"--image": wish.image, "--rootfs": wish.rootfs, "--ssh": wish.ssh, "--srun": wish.srun is not None}
    asked = [option for option, value in named.items() if value]
    if len(asked) > 1:
        raise SiteError(f"{' and '.join(asked)} name different places", "verify in one after the other")
    if wish.image:
        return _in_image(system, wish, tuple(mounts))
    if not asked and not wish.user:
        return _here(system)
    return reach(system, _way(system, wish, mounts))


def mounts_of(layout: Layout, installed: Sequence[Installed]) -> list[str]:
    """Return what a container needs: the site, prefixes that are elsewhere, interpreters that are not the system's."""
    wanted = {layout.software, layout.modulefiles}
    for receipt in installed:
        if isinstance(receipt, ArchiveReceipt):
            continue  # no module leads to it
        wanted.add(receipt.path)
        if isinstance(receipt, DistributionReceipt) and receipt.interpreter:
            wanted |= _prefix(receipt.interpreter.path)
    return [path for path in sorted(wanted) if not any(path.startswith(f"{other}/") for other in wanted)]


def _prefix(interpreter: str) -> set[str]:
    """Return where a Python that is not the system's has its library; the system's is the place's own."""
    return set() if not interpreter or interpreter.startswith(_SYSTEM) else {interpreter.rpartition("/bin/")[0]}


def _here(system: System) -> ThisHost:
    lmod = find_lmod(system)
    if lmod is None:
        raise SiteError("this host has no Lmod", install_command(system, ["lmod"]))
    return ThisHost(system, lmod)


def _way(system: System, wish: Wish, mounts: Sequence[str]) -> Way:
    if wish.rootfs:
        return root_file_system(system, wish.rootfs, mounts, _number(wish.user))
    if wish.user and wish.ssh:
        raise SiteError("--user is for this host, for containers and for jobs", "with --ssh write USER@HOST")
    if wish.user and wish.srun is not None and os.geteuid():
        raise SiteError("only root submits jobs of other users", "leave --user out, or ask as that user")
    if wish.ssh:
        return login_node(wish.ssh)
    return another_user(wish.user) if wish.srun is None else Job(wish.srun, wish.user)


def _in_image(system: System, wish: Wish, mounts: tuple[str, ...]) -> Place:
    known = ("podman", "docker", "apptainer")
    if wish.engine and wish.engine not in known:
        raise SiteError(f"{wish.engine} is no container engine that is known here", f"one of {', '.join(known)}")
    engine = usable_engine(system, [wish.engine] if wish.engine else known)
    if engine is None:
        raise _no_engine(system, wish.engine, known)
    if engine == "apptainer":
        return reach(system, _apptainer(wish, mounts))
    container = Container(engine, wish.image, mounts, _number(wish.user))
    return reach(system, Images(system, engine).with_lmod(container))


def _no_engine(system: System, wanted: str, known: Sequence[str]) -> SiteError:
    said = why_unusable(system, [wanted] if wanted else known)
    if said:
        return SiteError(f"no container engine works here: {said}", "mend it, or use --rootfs DIR")
    what = f"{wanted} is not here" if wanted else "none of podman, docker and apptainer is here"
    return SiteError(what, f"{install_command(system, ['podman'])}; or use --rootfs DIR")


def _apptainer(wish: Wish, mounts: tuple[str, ...]) -> ApptainerImage:
    if wish.user:
        raise SiteError("apptainer runs as you: it knows no --user", f"you are {os.geteuid()}")
    return ApptainerImage(wish.image, mounts)


def _number(user: str) -> str:
    """Return a user id; those of names differ between here and there."""
    number = {"": NOBODY, "root": "0"}.get(user, user)
    if not number.isdecimal():
        raise SiteError(f"--user {user}: in a container users are numbers", "`id -u NAME` says which")
    return number
