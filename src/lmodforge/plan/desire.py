"""Desired state: what a site file asks for, given the interpreters and locks that were found. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lmodforge.config.distributions import CondaDistribution, Distribution, ExistingDistribution, ModuleLook
from lmodforge.config.environments import Environment
from lmodforge.config.lifecycle import LifeCycle as WrittenLifeCycle
from lmodforge.config.models import SiteConfig
from lmodforge.config.node_types import ANY
from lmodforge.modulefile.context import (
    DistributionModule,
    EnvironmentEntry,
    EnvironmentModule,
    LifeCycle,
    Look,
    Module,
    NodeRelease,
    Operation,
    Package,
    RemovedModule,
    ToolModule,
    WorkspacesModule,
)
from lmodforge.modulefile.nodes import Known, known_by
from lmodforge.modulefile.policy import Policy, lua_pattern, policy_of
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
from lmodforge.plan.release import desired_releases
from lmodforge.receipts.models import Installed, ReleaseReceipt

Base = InstallPython | InstallConda | AdoptPrefix
"""What a distribution asks for."""

_TITLES = {"miniforge": "Miniforge", "miniconda": "Miniconda", "anaconda": "Anaconda", "micromamba": "micromamba"}


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
    nowhere: list[str] = []
    for name, distribution in site.distributions.items():
        install = _install(site, name, distribution, facts)
        installs.append(install)
        built: list[list[BuildRelease]] = []
        if not isinstance(install, AdoptPrefix):
            built = [desired_releases(site, install, environment, facts) for environment in distribution.environments]
        nowhere += [name for name, found in zip(distribution.environments, built, strict=False) if not found]
        built = [found for found in built if found]
        releases += [release for found in built for release in found]
        module = _distribution_module(site, policy, distribution, install, [most_general(found) for found in built])
        below = module.look.full_name if module.opens else ""
        modules.append(module)
        modules += [_environment_module(site, found, facts, below) for found in built]
    for name, tool in site.tools.items():
        request = tool_request(site, name, tool, host, facts.platform)
        prefix = f"{layout.software}/{name}/{tool.version}"
        installs.append(InstallTool(name, tool.version, prefix, request.key, facts.locks[request.key]))
        full_name = tool.module or f"{name}/{{version}}"
        modules.append(
            ToolModule(_look(tool, full_name, name, tool.version, "tool", default=tool.default), prefix, policy)
        )
    modules += _workspaces_module(site)
    modules += removed_modules(facts.earlier, modules)
    links: dict[str, str] = {}
    for release in releases:
        links |= by_name_links(release.prefix, release.environment, release.version, release.path, release.node)
    archives = tuple(archive for release in releases for archive in desired_archives(site, layout, release))
    links |= {each.link: posixpath.relpath(each.path, layout.archives) for each in archives}
    theirs = () if site.anaconda_terms else refused(installs, releases, facts)
    conflicts = (*theirs, *too_old(site, facts), *(_of_no_platform(name, facts) for name in nowhere))
    return Desired(tuple(installs), tuple(releases), archives, tuple(modules), links, conflicts)


def _of_no_platform(environment: str, facts: Facts) -> Change:
    reason = f"none of its node types is one of {facts.platform}"
    return Change("!", "environment", environment, reason, hint="add `any` to its `nodes`")


def removed_modules(earlier: Iterable[str], modules: Sequence[Module]) -> list[RemovedModule]:
    """Return what stays of modules that are no longer there, for those who have one of them loaded."""
    gone = sorted({*earlier} - {module.look.full_name for module in modules})
    return [RemovedModule(Look(name, name.partition("/")[0], name.rpartition("/")[2], "removed", "")) for name in gone]


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


def _look(look: ModuleLook, module: str, title: str, version: str, category: str, *, default: bool = False) -> Look:
    return Look(
        full_name=module.replace("{version}", version),
        title=title,
        version=version,
        category=category,
        summary=look.summary,
        keywords=look.keywords,
        url=look.url,
        help=look.help,
        default=default,
        lifecycle=_lifecycle(look.lifecycle),
    )


def _lifecycle(written: WrittenLifeCycle) -> LifeCycle:
    return LifeCycle(
        hidden=written.hidden,
        aliases=written.aliases,
        deprecated=written.deprecated or "",
        removed=written.removed or "",
        advice=written.advice,
    )


def _distribution_module(
    site: SiteConfig,
    policy: Policy,
    distribution: Distribution,
    install: Base,
    built: list[BuildRelease],
) -> DistributionModule:
    entries = tuple(
        EnvironmentEntry(
            release.environment,
            _environment_module_name(site.environments[release.environment], release),
            site.environments[release.environment].summary,
        )
        for release in built
    )
    packages = install.packages if isinstance(install, AdoptPrefix) else ()
    title = _TITLES.get(install.type, "Python")
    return DistributionModule(
        look=_look(distribution, distribution.module, title, install.version, "python", default=distribution.default),
        kind=distribution.kind,
        prefix=install.prefix,
        policy=policy,
        environments=entries,
        packages=_packages(packages),
        adopted="conda" if "conda" in dict(packages) else "none",
        opens=bool(built) and site.modules.layout == "hierarchy",
    )


def _workspaces_module(site: SiteConfig) -> list[Module]:
    asked = site.workspaces
    if asked is None:
        return []
    look = _look(asked, asked.module, "Workspace", asked.version, "workspace", default=asked.default)
    group = lua_pattern(asked.group or "*")
    return [WorkspacesModule(look, asked.root, asked.variable, group, asked.umask or "", asked.variables)]


def _environment_module(
    site: SiteConfig, releases: Sequence[BuildRelease], facts: Facts, below: str
) -> EnvironmentModule:
    release = most_general(releases)
    environment = site.environments[release.environment]
    name = _environment_module_name(environment, release)
    category = "python environment"
    return EnvironmentModule(
        look=_look(environment, name, release.environment, release.version, category, default=environment.default),
        prefix=release.path,
        engine=release.engine,
        name=release.environment,
        packages=_packages({package for each in releases for package in each.packages}),
        operations=_operations(facts.installed.get(release.path)),
        below=below,
        releases=tuple(_node_release(site, each, facts) for each in releases) if environment.nodes else (),
    )


def _node_release(site: SiteConfig, release: BuildRelease, facts: Facts) -> NodeRelease:
    known = known_by(site.nodes[release.node]) if release.node else Known()
    return NodeRelease(release.node or ANY, release.path, known, _operations(facts.installed.get(release.path)))


def most_general(releases: Sequence[BuildRelease]) -> BuildRelease:
    """Return what stands for an environment where one release must: the one for every other node, else the first."""
    return next((release for release in releases if not release.node), releases[0])


def _operations(receipt: Installed | None) -> tuple[Operation, ...]:
    """Return what activation does besides; that is known once the release is built."""
    captured = receipt.operations if isinstance(receipt, ReleaseReceipt) else ()
    return tuple(Operation(each.action, each.variable, each.value) for each in captured)


def _environment_module_name(environment: Environment, release: BuildRelease) -> str:
    return (environment.module or f"{release.environment}/{{version}}").replace("{version}", release.version)


def _packages(packages: Iterable[tuple[str, str]]) -> tuple[Package, ...]:
    return tuple(Package(name, version) for name, version in sorted(packages))
