"""What users download of an environment: its packages by name, the lock it was built from, scripts for jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator

from lmodforge.plan.lockfiles import explicit
from lmodforge.plan.nodes import where
from lmodforge.report.docs.catalogue import Environment, Release
from lmodforge.report.docs.scripts import ScriptsFor
from lmodforge.report.docs.view import View


def downloads(view: View, environment: Environment, scripts_for: ScriptsFor) -> Iterator[tuple[str, str, str]]:
    """Yield name, text and purpose of each file."""
    release = environment.newest
    yield from _packages(environment, release, "", f" for {where([release.node])}" if release.types else "")
    for other in release.others:
        yield from _packages(environment, other, f"-{other.node}", f" for {where([other.node])}")
    for script in scripts_for(view, environment):
        yield script.file, script.text, script.summary


def _packages(environment: Environment, release: Release, suffix: str, whose: str) -> Iterator[tuple[str, str, str]]:
    """Yield what a release is made of, in every form that something reads."""
    purpose = f"all packages{whose} in their versions, for `conda env create --file`"
    yield f"environment{suffix}.yml", environment_yml(environment, release), purpose
    if release.engine == "conda" and release.lock:
        purpose = f"every conda package{whose} with its hash, for `conda create --file`"
        yield f"explicit{suffix}.txt", explicit_txt(release), purpose
        yield f"conda{suffix}.lock", release.lock, "the same as pixi and rattler read it"
    pylock = release.lock if release.engine == "uv" else release.pypi_lock
    if pylock:
        purpose = f"every package from PyPI{whose} with its hashes, for `uv pip sync` (PEP 751)"
        yield f"pylock{f'.{suffix[1:]}' if suffix else ''}.toml", pylock, purpose


def environment_yml(environment: Environment, release: Release) -> str:
    """Write the packages of a release as conda's own file; what came from PyPI stands below `pip`."""
    conda = [package for package in release.packages if package.channel != "PyPI"]
    pypi = [package for package in release.packages if package.channel == "PyPI"]
    lines = [
        f"# {release.short or environment.name} {release.version}, made on {release.made[:10]}",
        f"name: {json.dumps(release.short or environment.name)}",
        "channels:",
        *(f"  - {channel}" for channel in release.channels or ("conda-forge",)),
        "dependencies:",
        *_python(release, conda=bool(conda)),
        *(f"  - {package.name}={package.version}" for package in conda),
    ]
    if pypi:
        if all(package.name != "pip" for package in conda):
            lines.append("  - pip")
        lines += ["  - pip:", *(f"      - {package.name}=={package.version}" for package in pypi)]
    return "\n".join(lines) + "\n"


def explicit_txt(release: Release) -> str:
    """Write the lock as conda reads it."""
    return "\n".join(("@EXPLICIT", *explicit(release.lock), ""))


def _python(release: Release, *, conda: bool) -> list[str]:
    """Name the Python of an environment that conda did not make."""
    return [] if conda or not release.python else [f"  - python={release.python}"]
