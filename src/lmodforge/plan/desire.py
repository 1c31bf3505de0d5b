"""Desired state: what a site file asks for, given the interpreters and locks that were found. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from lmodforge.config.distributions import CondaDistribution, Distribution, ExistingDistribution
from lmodforge.config.models import SiteConfig
from lmodforge.modulefile.context import Module
from lmodforge.modulefile.policy import policy_of
from lmodforge.plan.actions import (
    AdoptPrefix,
    BuildRelease,
    Change,
    Install,
    InstallConda,
    InstallPython,
    InstallTool,
    PackRelease,
)
from lmodforge.plan.archives import desired_archives
from lmodforge.plan.conda import base_conda_request, too_old
from lmodforge.plan.condarc import base_files
from lmodforge.plan.facts import Facts, Interpreter
from lmodforge.plan.installers import download_of
from lmodforge.plan.layout import Layout, by_name_links
from lmodforge.plan.licences import refused
from lmodforge.plan.locks import base_request, tool_request
from lmodforge.plan.modules import (
    Base,
    distribution_module,
    environment_module,
    removed_modules,
    tool_module,
    workspaces_module,
)
from lmodforge.plan.release import desired_releases
from lmodforge.plan.variants import variants_of


@dataclass(frozen=True)
class Desired:
    """Everything that shall be there, whether it is or not."""

    installs: tuple[Install, ...]
    releases: tuple[BuildRelease, ...]
    archives: tuple[PackRelease, ...]
    modules: tuple[Module, ...]
    links: dict[str, str]
    refused: tuple[Change, ...] = ()
    """Conflicts, such as what nobody has accepted the licence of."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Every prefix, release, tool and archive."""
        return (
            *(install.prefix for install in self.installs),
            *(release.path for release in self.releases),
            *(archive.path for archive in self.archives),
        )

    @property
    def base_files(self) -> tuple[str, ...]:
        """Every file of ours in a base with conda."""
        bases = (install for install in self.installs if isinstance(install, InstallConda))
        return tuple(f"{base.prefix}/{path}" for base in bases for path in base.files)


def desire(site: SiteConfig, facts: Facts, host: Interpreter) -> Desired:
    """Work out what the site file asks for."""
    layout, policy = Layout.of(site.paths), policy_of(site)
    installs: list[Install] = []
    releases: list[BuildRelease] = []
    modules: list[Module] = []
    for name, distribution in site.distributions.items():
        install = _install(site, name, distribution, facts)
        installs.append(install)
        built: list[list[BuildRelease]] = []
        if not isinstance(install, AdoptPrefix):
            built = [
                found for each in distribution.environments if (found := desired_releases(site, install, each, facts))
            ]
        releases += [release for found in built for release in found]
        module = distribution_module(site, policy, distribution, install, built)
        below = module.look.full_name if module.opens else ""
        modules.append(module)
        modules += [environment_module(site, found, facts, below) for found in built]
    for name, tool in site.tools.items():
        request = tool_request(site, name, tool, host, facts.platform)
        prefix = f"{layout.software}/{name}/{tool.version}"
        installs.append(InstallTool(name, tool.version, prefix, request.key, facts.locks[request.key]))
        modules.append(tool_module(name, tool, prefix, policy))
    modules += workspaces_module(site)
    modules += removed_modules(facts.earlier, modules)
    links: dict[str, str] = {}
    for release in releases:
        links |= by_name_links(release.prefix, release.environment, release.version, release.path, release.node)
    archives = tuple(archive for release in releases for archive in desired_archives(site, layout, release))
    links |= {each.link: posixpath.relpath(each.path, layout.archives) for each in archives}
    theirs = () if site.anaconda_terms else refused(installs, releases, facts)
    conflicts = (*theirs, *too_old(site, facts), *_of_no_platform(site, facts))
    return Desired(tuple(installs), tuple(releases), archives, tuple(modules), links, conflicts)


def _of_no_platform(site: SiteConfig, facts: Facts) -> Iterator[Change]:
    """Return a conflict for each environment that would be built for no nodes here at all."""
    for name in site.environments:
        if not variants_of(site, name, facts.platform):
            reason = f"none of its node types has processors of {facts.platform}"
            yield Change("!", "environment", name, reason, hint="add `any` to its `nodes`")


def _install(site: SiteConfig, name: str, distribution: Distribution, facts: Facts) -> Base:
    if isinstance(distribution, CondaDistribution):
        return _install_conda(site, name, distribution, facts)
    if isinstance(distribution, ExistingDistribution):
        packages = facts.packages.get(distribution.prefix, ())
        return AdoptPrefix(name, distribution.prefix, distribution.version, packages)
    interpreter = facts.interpreters[name]
    module = distribution.module.replace("{version}", interpreter.version)
    prefix = distribution.prefix or f"{site.paths.software}/{module}"
    request = base_request(site, name, interpreter, facts.platform)
    return InstallPython(
        name,
        prefix,
        interpreter,
        interpreter.version,
        request.key,
        facts.locks[request.key],
        distribution.downloads or "",
    )


def _install_conda(site: SiteConfig, name: str, distribution: CondaDistribution, facts: Facts) -> InstallConda:
    version, request = distribution.version, base_conda_request(site, name, facts)
    return InstallConda(
        name=name,
        prefix=distribution.prefix or f"{site.paths.software}/{distribution.module.replace('{version}', version)}",
        version=version,
        type=distribution.kind,
        files=base_files(site, distribution),
        download=None if request else download_of(name, distribution, facts.platform),
        key=request.key if request else "",
        lock=facts.locks[request.key] if request else "",
        specs=request.requirements if request else (),
    )
