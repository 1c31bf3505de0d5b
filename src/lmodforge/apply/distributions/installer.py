"""An installer runs only with the hash that was demanded, into a prefix that is not there, and far from any home."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from lmodforge.apply.surroundings import clean_environment
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import StepFailed
from lmodforge.plan.actions import Download, InstallConda

_ATTEMPTS = 3
"""To carry on with a download that the server broke off."""


def fetch(download: Download, subject: str, workshop: Workshop) -> str:
    """Return the path of a file in the cache that has its hash; it is downloaded when it is not there."""
    system, folder = workshop.system, f"{workshop.downloads}/{download.sha256}"
    path = f"{folder}/{download.name}"
    if system.sha256(path) == download.sha256:
        return path
    system.make_directory(folder, 0o700)
    part = f"{path}.{subject.rpartition(' ')[2]}.part"  # two bases may want one file at once
    receive(workshop.mirror.download(download) if workshop.mirror else download, part, subject, workshop)
    found = system.sha256(part)
    if found != download.sha256:
        system.remove(part)
        raise StepFailed(
            f"{subject}: {download.url} has sha256 {found}, expected was {download.sha256}",
            "nothing was run; find out which one is right before you change `sha256` in the site file",
        )
    system.rename(part, path)
    return path


def receive(download: Download, part: str, subject: str, workshop: Workshop) -> None:
    """Download a file, carrying on with what is there of it, and with what breaks off; raises StepFailed."""

    def heard(count: int, total: int | None) -> None:
        workshop.progress.state(subject, f"downloading {_share(count, total)}")

    for attempt in range(1, _ATTEMPTS + 1):
        before = _length(part, workshop)
        try:
            workshop.system.download(download.url, part, heard)
        except StepFailed as failure:
            if attempt == _ATTEMPTS or _length(part, workshop) <= before:
                raise StepFailed(f"{subject}: {failure.mistakes[0].message}", failure.mistakes[0].hint) from None
        else:
            return


def _length(path: str, workshop: Workshop) -> int:
    found = workshop.system.stat(path)
    return found.st_size if found else 0


def _share(count: int, total: int | None) -> str:
    """Say how much is there, in tenths: each is a line of a log."""
    return f"{count * 10 // total * 10} %" if total else f"{count // 10_000_000 * 10} MB"


def run_installer(action: InstallConda, download: Download, workshop: Workshop) -> None:
    """Run a constructor's installer; it refuses a prefix that is there, and is never told not to (`-f`, `-u`)."""
    subject = f"distribution {action.name}"
    path = fetch(download, subject, workshop)
    workshop.progress.state(subject, "installing")
    with scratch_home(action.name, workshop) as variables:
        options = ("-m",) if _makes_menus(path, workshop, variables) else ()
        workshop.run(subject, ("/bin/sh", path, "-b", "-p", action.prefix, *options), variables=variables)


def _makes_menus(path: str, workshop: Workshop, variables: dict[str, str]) -> bool:
    """Ask an installer whether it knows `-m`: without it, one that does adds to the menus of the whole host."""
    environment = clean_environment("/") | variables
    usage = workshop.system.run(("/bin/sh", path, "-h"), env=environment, cwd="/", timeout=60)
    return bool(re.search(r"^-m\s", usage.stdout, re.MULTILINE))


@contextmanager
def scratch_home(name: str, workshop: Workshop) -> Iterator[dict[str, str]]:
    """Lend a HOME and a TMPDIR: installers and conda write below both, whatever they are told."""
    path = f"{workshop.cache}/scratch/{name}"
    workshop.system.remove(path)
    workshop.system.make_directory(path, 0o700)
    try:
        yield {"HOME": path, "TMPDIR": path}
    finally:
        workshop.system.remove(path)
