"""A base prefix with conda packages, whatever its kind: filled, tried, checked for its licences, marked as ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Protocol

from lmodforge import __version__
from lmodforge.apply.distributions import anaconda, micromamba, miniconda, miniforge
from lmodforge.apply.distributions.installer import scratch_home
from lmodforge.apply.engines import Engine
from lmodforge.apply.marks import keep_pip_out
from lmodforge.apply.workshop import Workshop
from lmodforge.config.licences import channel_of, is_anacondas
from lmodforge.errors import StepFailed
from lmodforge.plan.actions import BuildRelease, Download, InstallConda
from lmodforge.plan.condarc import advice
from lmodforge.plan.digest import sha256
from lmodforge.receipts.models import DistributionReceipt, PackageEntry, SourceEntry


class Kind(Protocol):
    """What a file of this directory says about its kind."""

    @property
    def PROGRAMS(self) -> tuple[str, ...]:  # noqa: N802 - a constant of a module
        """What must run in a new prefix."""
        ...

    def fill(self, action: InstallConda, download: Download, workshop: Workshop) -> None:
        """Make the prefix; raises StepFailed."""
        ...


KINDS: Mapping[str, Kind] = {
    "miniforge": miniforge,
    "miniconda": miniconda,
    "anaconda": anaconda,
    "micromamba": micromamba,
}


def install_conda(action: InstallConda, workshop: Workshop, engine: Engine) -> DistributionReceipt:
    """Make a base prefix; `envs` and `releases` in it stay writable for us."""
    kind, system = KINDS[action.type], workshop.system
    if action.download:
        kind.fill(action, action.download, workshop)
    else:
        engine.build(_as_release(action))
    for program in kind.PROGRAMS:
        _try(action, program, workshop)
    packages = tuple(installed_packages(action.prefix, workshop))
    _refuse_anacondas(action, packages, workshop)
    keep_pip_out(action.prefix, advice(workshop.site), system)
    files = write_files(action, workshop)
    for name in ("envs", "releases"):
        system.make_directory(f"{action.prefix}/{name}")
    return _receipt(action, packages, files, workshop)


def _as_release(action: InstallConda) -> BuildRelease:
    """See a base from channels as what it is: an environment that holds conda."""
    return BuildRelease(
        environment=action.name,
        version=action.version,
        distribution=action.name,
        prefix=action.prefix,
        path=action.prefix,
        digest="",
        engine="conda",
        python=f"{action.prefix}/bin/python",
        key=action.key,
        lock=action.lock,
        packages=(),
        imports=(),
        commands=(),
        timeout=0,
        checked="",
        specs=action.specs,
    )


def write_files(action: InstallConda, workshop: Workshop) -> dict[str, str]:
    """Write our files into a base, in the place of the installer's; return the sha256 of each."""
    for path, text in action.files.items():
        workshop.system.write(f"{action.prefix}/{path}", text.encode())
    return {path: sha256(text.encode()) for path, text in action.files.items()}


def _try(action: InstallConda, program: str, workshop: Workshop) -> None:
    subject, path = f"distribution {action.name}", f"{action.prefix}/bin/{program}"
    workshop.progress.state(subject, "checking")
    if workshop.system.stat(path) is None:
        raise StepFailed(f"{subject}: {path} is not there", "is it the installer of this kind?")
    with scratch_home(action.name, workshop) as variables:
        workshop.run(subject, (path, "--version"), timeout=300, variables=variables)


def installed_packages(prefix: str, workshop: Workshop) -> Iterable[PackageEntry]:
    """Read what conda knows to be installed in a prefix, by name."""
    for name in workshop.system.names(f"{prefix}/conda-meta"):
        if name.endswith(".json"):
            record = json.loads(workshop.system.read(f"{prefix}/conda-meta/{name}") or b"{}")
            yield PackageEntry(
                name=record["name"],
                version=record["version"],
                channel=channel_of(record.get("url") or ""),
                licence=record.get("license") or "",
            )


def _refuse_anacondas(action: InstallConda, packages: Iterable[PackageEntry], workshop: Workshop) -> None:
    """Look at what came, not at what the file was called."""
    theirs = [package.name for package in packages if is_anacondas(package.channel)]
    if theirs and workshop.site.anaconda_terms is None:
        raise StepFailed(
            f"distribution {action.name}: {theirs[0]}, one of {len(theirs)} packages, is from Anaconda's channels",
            "nothing is published; `anaconda_terms` in the site file records who found that the site may use them",
        )


def _receipt(
    action: InstallConda, packages: tuple[PackageEntry, ...], files: dict[str, str], workshop: Workshop
) -> DistributionReceipt:
    source = action.download
    return DistributionReceipt(
        lmodforge=__version__,
        made_at=workshop.now().isoformat(timespec="seconds"),
        name=action.name,
        type=action.type,
        path=action.prefix,
        version=action.version,
        source=SourceEntry(url=source.url, sha256=source.sha256) if source else None,
        lock=action.lock,
        files=files,
        packages=packages,
    )
