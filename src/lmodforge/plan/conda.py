"""What a conda solver is asked for a site, and what its locks say. A lock is of the form that pixi reads and writes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from packaging.utils import canonicalize_name

from lmodforge.config.channels import channel_urls
from lmodforge.config.distributions import CondaDistribution, MiniforgeDistribution
from lmodforge.config.environments import Environment
from lmodforge.config.models import SiteConfig
from lmodforge.config.naming import digits
from lmodforge.plan.actions import Change
from lmodforge.plan.digest import digest
from lmodforge.plan.facts import Facts, Interpreter
from lmodforge.plan.locks import ENGINE, SUBDIRS, LockRequest, each_once, pypi_lock_file
from lmodforge.plan.variants import Variant, variants_of

CONDA_ENGINE = "conda/1"
"""Part of every key and digest: raised when a build from the same lock would come out otherwise."""

_BASELINE = {
    "linux": {"__unix": "0", "__linux": "4.18", "__glibc": "2.28"},
    "macos": {"__unix": "0", "__osx": "11.0"},
}
"""What every node has, by its system; a lock must not depend on the host that made it."""
_OF_ONE_SYSTEM = {"__linux": "linux", "__glibc": "linux", "__cuda": "linux", "__osx": "macos"}
"""What a site says of these is about the platforms of that system."""
_ON_PYPI = {
    "brotli-python": "brotli",
    "dask-core": "dask",
    "matplotlib-base": "matplotlib",
    "msgpack-python": "msgpack",
    "py-opencv": "opencv-python",
    "pytorch": "torch",
}
"""Packages with two names, where the channel does not say so itself (purls)."""
_NOTHING: Mapping[str, str] = MappingProxyType({})
_NAME = re.compile(r"(?:[^\s]+::)?([A-Za-z0-9_][A-Za-z0-9._-]*)")


def conda_request(
    site: SiteConfig,
    subject: str,
    specs: Sequence[str],
    facts: Facts,
    *,
    channels: Sequence[str] = (),
    virtual_packages: Mapping[str, str] = _NOTHING,
    anew: str = "",
    file: str = "",
) -> LockRequest:
    """Ask for a set of packages; another `anew` asks the same question again, `file` names its lock.

    `virtual_packages` are those of the nodes that it is for, which not all nodes have.
    """
    urls = tuple(url for channel in channels or site.channels for url in channel_urls(channel))
    virtual = tuple(sorted({**_virtual_packages(site, facts.platform), **virtual_packages}.items()))
    asked = [CONDA_ENGINE, facts.platform, urls, tuple(specs), virtual, anew]
    return LockRequest(
        key=f"conda-{digest(asked)[:20]}",
        engine="conda",
        subject=subject,
        requirements=tuple(specs),
        build=(),
        interpreter=Interpreter("", ""),
        channels=urls,
        platform=SUBDIRS.get(facts.platform, facts.platform),
        virtual_packages=virtual,
        file=file,
    )


def _virtual_packages(site: SiteConfig, platform: str) -> dict[str, str]:
    system = platform.partition("-")[0]
    stated = site.conda.virtual_packages.items()
    return _BASELINE.get(system, {"__unix": "0"}) | {
        name: text for name, text in stated if _OF_ONE_SYSTEM.get(name, system) == system
    }


def too_old(site: SiteConfig, facts: Facts) -> Iterator[Change]:
    """Return a conflict when this host could not run what is solved for the nodes."""
    wanted = _virtual_packages(site, facts.platform).get("__glibc", "")
    if digits(facts.glibc) >= digits(wanted):
        return
    for name, distribution in site.distributions.items():
        if isinstance(distribution, CondaDistribution) and distribution.environments:
            reason = f"the C library of this host is {facts.glibc}, its environments are solved for {wanted}"
            hint = f"solve for the oldest node: `conda: {{virtual_packages: {{__glibc: {facts.glibc}}}}}`"
            yield Change("!", "distribution", name, reason, hint=hint)


def environment_conda_request(site: SiteConfig, variant: Variant, facts: Facts) -> LockRequest:
    """Ask for what an environment has from conda channels; its Python is among that."""
    environment, subdir = variant.environment, SUBDIRS.get(facts.platform, facts.platform)
    return conda_request(
        site,
        variant.subject,
        conda_specs(environment),
        facts,
        channels=environment.channels,
        virtual_packages=variant.virtual_packages,
        anew=environment.version,
        file=f"{variant.name}/{subdir}{f'.{variant.node}' if variant.node else ''}.lock",
    )


def base_conda_request(site: SiteConfig, name: str, facts: Facts) -> LockRequest | None:
    """Ask for what a base holds that comes from the channels; None when it has an installer."""
    distribution = site.distributions[name]
    if not isinstance(distribution, MiniforgeDistribution) or distribution.source != "channel":
        return None
    specs = (f"conda =={distribution.version.partition('-')[0]}", "mamba", "python", "pip")
    file = f"{name}/base.{SUBDIRS.get(facts.platform, facts.platform)}.lock"
    return conda_request(site, f"distribution {name}", specs, facts, anew=distribution.version, file=file)


def conda_specs(environment: Environment) -> tuple[str, ...]:
    """Return what is asked of the channels: PyPI packages need a Python, and nothing else brings one."""
    if environment.python:
        return (*environment.conda, f"python {environment.python}.*")
    named = any(spec_name(spec) == "python" for spec in environment.conda)
    return environment.conda if named or not environment.pypi else (*environment.conda, "python")


def spec_name(spec: str) -> str:
    """Return the name of the package that a MatchSpec asks for."""
    found = _NAME.match(spec)
    return found.group(1).lower() if found else spec


def pypi_request(site: SiteConfig, variant: Variant, facts: Facts, lock: str) -> LockRequest | None:
    """Ask for what an environment has from PyPI, given what conda installs first: that stays as it is."""
    environment = variant.environment
    if not environment.pypi:
        return None
    packages = dict(conda_packages(lock))
    beside = tuple(f"{package}=={version}" for package, version in sorted(_python_packages(lock)))
    asked = [environment.version, environment.pypi, environment.build, packages.get("python"), beside]
    subdir = SUBDIRS.get(facts.platform, facts.platform)
    return LockRequest(
        key=digest([ENGINE, CONDA_ENGINE, facts.platform, site.index.model_dump(), asked])[:20],
        engine="uv",
        subject=variant.subject,
        requirements=environment.pypi,
        build=environment.build,
        interpreter=Interpreter("", packages.get("python", "")),
        beside=beside,
        platform=subdir,
        file=pypi_lock_file(variant, subdir),
    )


def conda_packages(lock: str) -> tuple[tuple[str, str], ...]:
    """Return name and version of each package of a lock, sorted."""
    return tuple(sorted(_named(entry["conda"]) for entry in conda_entries(lock)))


def conda_urls(lock: str) -> tuple[str, ...]:
    """Return where each package of a lock comes from."""
    return tuple(entry["conda"] for entry in conda_entries(lock))


def conda_size(lock: str) -> int | None:
    """Return the bytes to download at the most; None where the channel does not say."""
    sizes = [entry.get("size") for entry in conda_entries(lock)]
    known = [int(size) for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def _python_packages(lock: str) -> Iterator[tuple[str, str]]:
    """Find what Python imports, by its name on PyPI: what uv could otherwise install once more."""
    for entry in conda_entries(lock):
        name, version = _named(entry["conda"])
        needs = {spec_name(spec) for spec in entry.get("depends", ())}
        purls = [purl for purl in entry.get("purls") or () if purl.startswith("pkg:pypi/")]
        if (purls or needs & {"python", "python_abi"}) and name not in ("python", "python_abi"):
            known = re.split("[?@]", purls[0].removeprefix("pkg:pypi/"))[0] if purls else _ON_PYPI.get(name, name)
            yield canonicalize_name(known), version


def _named(url: str) -> tuple[str, str]:
    name, version, _ = url.rpartition("/")[2].rsplit("-", 2)
    return name, version


@lru_cache(maxsize=64)  # asked for packages, sizes and files: each time all of the YAML would be read
def conda_entries(lock: str) -> tuple[dict[str, Any], ...]:
    """Return all that a lock says of each package."""
    import yaml  # noqa: PLC0415 - only a plan that builds reads locks

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    packages = yaml.load(lock, Loader=loader).get("packages", [])  # noqa: S506 - both are the safe one
    return tuple(package for package in packages if "conda" in package)


def conda_requests(site: SiteConfig, facts: Facts) -> tuple[LockRequest, ...]:
    """Return what is asked of channels."""
    bases = (base_conda_request(site, name, facts) for name in site.distributions)
    environments = (environment_conda_request(site, variant, facts) for variant in _conda_environments(site, facts))
    return each_once((*filter(None, bases), *environments))


def pypi_requests(site: SiteConfig, facts: Facts) -> tuple[LockRequest, ...]:
    """Return what is asked of the index for environments whose conda packages are locked."""
    asked = [
        (variant, environment_conda_request(site, variant, facts).key) for variant in _conda_environments(site, facts)
    ]
    requests = (pypi_request(site, variant, facts, facts.locks[key]) for variant, key in asked if key in facts.locks)
    return each_once(request for request in requests if request)


def _conda_environments(site: SiteConfig, facts: Facts) -> list[Variant]:
    conda = (each for each in site.distributions.values() if isinstance(each, CondaDistribution))
    names = (name for distribution in conda for name in distribution.environments)
    return [variant for name in names for variant in variants_of(site, name, facts.platform)]
