"""The release of an environment that a site asks for: named by a digest of everything that it is built from."""

from __future__ import annotations

from dataclasses import dataclass

from lmodforge.config.environments import Environment
from lmodforge.config.models import SiteConfig
from lmodforge.plan.actions import BuildRelease, InstallConda, InstallPython
from lmodforge.plan.conda import (
    CONDA_ENGINE,
    conda_packages,
    conda_size,
    conda_specs,
    environment_conda_request,
    pypi_request,
)
from lmodforge.plan.digest import digest, sha256
from lmodforge.plan.facts import Facts
from lmodforge.plan.layout import release_path
from lmodforge.plan.locks import ENGINE, download_size, environment_request, locked_packages
from lmodforge.plan.variants import Variant, variants_of
from lmodforge.receipts.models import ReleaseReceipt


@dataclass(frozen=True)
class _Parts:
    """What differs between the engines."""

    engine: str
    digest: str
    key: str
    lock: str
    packages: tuple[tuple[str, str], ...]
    python: str = ""
    """Empty: the release's own."""
    specs: tuple[str, ...] = ()
    pypi_key: str = ""
    pypi_lock: str = ""
    size: int | None = None


def desired_releases(
    site: SiteConfig, install: InstallPython | InstallConda, name: str, facts: Facts
) -> list[BuildRelease]:
    """Work out the releases of environment `name` for a distribution, one for each type of nodes."""
    return [_release(site, install, variant, facts) for variant in variants_of(site, name, facts.platform)]


def _release(site: SiteConfig, install: InstallPython | InstallConda, variant: Variant, facts: Facts) -> BuildRelease:
    environment, prefix = variant.environment, install.prefix
    if isinstance(install, InstallPython):
        parts = _of_uv(site, install, variant, facts)
    else:
        parts = _of_conda(site, prefix, variant, facts)
    path = release_path(prefix, variant.name, parts.digest, variant.node)
    receipt = facts.installed.get(path)
    if isinstance(receipt, ReleaseReceipt):
        packages = tuple((package.name, package.version) for package in receipt.packages)
    else:
        packages = parts.packages
    return BuildRelease(
        environment=variant.name,
        node=variant.node,
        version=environment.version,
        distribution=install.name,
        prefix=prefix,
        path=path,
        digest=parts.digest,
        engine=parts.engine,
        python=parts.python or f"{path}/bin/python",
        key=parts.key,
        lock=parts.lock,
        packages=packages,
        imports=environment.check.imports,
        commands=environment.check.run,
        timeout=environment.check.timeout,
        checked=checks_digest(environment),
        specs=parts.specs,
        pypi_key=parts.pypi_key,
        pypi_lock=parts.pypi_lock,
        size=parts.size,
        variables=tuple((key, text.replace("{prefix}", path)) for key, text in environment.variables.items()),
    )


def checks_digest(environment: Environment) -> str:
    """Return the digest of an environment's checks: a release that passed others must pass these too."""
    return digest([environment.check.imports, environment.check.run])


def _of_uv(site: SiteConfig, install: InstallPython, variant: Variant, facts: Facts) -> _Parts:
    interpreter = install.interpreter
    request = environment_request(site, variant, interpreter, facts.platform)
    lock = facts.locks[request.key]
    made_of = [ENGINE, sha256(lock.encode()), install.prefix, interpreter.path, interpreter.minor]
    return _Parts(
        engine="uv",
        digest=digest([*made_of, *_node(variant)]),
        key=request.key,
        lock=lock,
        packages=locked_packages(lock),
        python=interpreter.path or f"{install.prefix}/bin/python",
        size=download_size(lock),
    )


def _of_conda(site: SiteConfig, prefix: str, variant: Variant, facts: Facts) -> _Parts:
    request = environment_conda_request(site, variant, facts)
    lock = facts.locks[request.key]
    beside = pypi_request(site, variant, facts, lock)
    pypi_lock = facts.locks[beside.key] if beside else ""
    how = [site.conda.links, site.conda.post_link, variant.environment.variables]
    made_of = [CONDA_ENGINE, ENGINE, sha256(lock.encode()), sha256(pypi_lock.encode()), prefix, how]
    return _Parts(
        engine="conda",
        digest=digest([*made_of, *_node(variant)]),
        key=request.key,
        lock=lock,
        packages=tuple(sorted((*conda_packages(lock), *locked_packages(pypi_lock)))),
        specs=conda_specs(variant.environment),
        pypi_key=beside.key if beside else "",
        pypi_lock=pypi_lock,
        size=_sum(conda_size(lock), download_size(pypi_lock)),
    )


def _node(variant: Variant) -> list[object]:
    """Return what a digest holds of a type of nodes: not how its nodes are called, which changes with the cluster."""
    return [variant.node, variant.virtual_packages] if variant.node else []


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
