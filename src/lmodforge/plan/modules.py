"""The modules that a site asks for: what each says of itself, and what it leads to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lmodforge.config.distributions import Distribution, ModuleLook
from lmodforge.config.environments import Environment, Tool
from lmodforge.config.lifecycle import LifeCycle as WrittenLifeCycle
from lmodforge.config.models import SiteConfig
from lmodforge.config.node_types import ANY
from lmodforge.modulefile.context import (
    DistributionModule,
    EnvironmentEntry,
    EnvironmentModule,
    Known,
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
from lmodforge.modulefile.nodes import known_by
from lmodforge.modulefile.policy import Policy, lua_pattern
from lmodforge.plan.actions import AdoptPrefix, BuildRelease, InstallConda, InstallPython
from lmodforge.plan.facts import Facts
from lmodforge.plan.layout import link_name
from lmodforge.receipts.models import Installed, ReleaseReceipt

Base = InstallPython | InstallConda | AdoptPrefix
"""What a distribution asks for."""

_TITLES = {"miniforge": "Miniforge", "miniconda": "Miniconda", "anaconda": "Anaconda", "micromamba": "micromamba"}


def distribution_module(
    site: SiteConfig,
    policy: Policy,
    distribution: Distribution,
    install: Base,
    built: Sequence[Sequence[BuildRelease]],
) -> DistributionModule:
    """Describe a base prefix, with the environments that were built for it: releases of each."""
    entries = tuple(_entry(site, release) for releases in built for release in general_first(releases))
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


def _entry(site: SiteConfig, release: BuildRelease) -> EnvironmentEntry:
    environment = site.environments[release.environment]
    name = link_name(release.environment, release.node)
    return EnvironmentEntry(name, _environment_module_name(environment, release), environment.summary)


def environment_module(
    site: SiteConfig, releases: Sequence[BuildRelease], facts: Facts, below: str
) -> EnvironmentModule:
    """Describe an environment: one release, or one for each type of nodes."""
    release = general_first(releases)[0]
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


def general_first(releases: Sequence[BuildRelease]) -> list[BuildRelease]:
    """Return the release for every other node, then those for types: the first stands for all where one must."""
    return sorted(releases, key=lambda release: release.node != "")


def _operations(receipt: Installed | None) -> tuple[Operation, ...]:
    """Return what activation does besides; that is known once the release is built."""
    captured = receipt.operations if isinstance(receipt, ReleaseReceipt) else ()
    return tuple(Operation(each.action, each.variable, each.value) for each in captured)


def _environment_module_name(environment: Environment, release: BuildRelease) -> str:
    return (environment.module or f"{release.environment}/{{version}}").replace("{version}", release.version)


def _packages(packages: Iterable[tuple[str, str]]) -> tuple[Package, ...]:
    return tuple(Package(name, version) for name, version in sorted(packages))


def tool_module(name: str, tool: Tool, prefix: str, policy: Policy) -> ToolModule:
    """Describe a single program."""
    full_name = tool.module or f"{name}/{{version}}"
    return ToolModule(_look(tool, full_name, name, tool.version, "tool", default=tool.default), prefix, policy)


def workspaces_module(site: SiteConfig) -> list[Module]:
    """Describe the module that leads to workspaces, where there are some."""
    asked = site.workspaces
    if asked is None:
        return []
    look = _look(asked, asked.module, "Workspace", asked.version, "workspace", default=asked.default)
    group = lua_pattern(asked.group or "*")
    return [WorkspacesModule(look, asked.root, asked.variable, group, asked.umask or "", asked.variables)]


def removed_modules(earlier: Iterable[str], modules: Sequence[Module]) -> list[RemovedModule]:
    """Return what stays of modules that are no longer there, for those who have one of them loaded."""
    gone = sorted({*earlier} - {module.look.full_name for module in modules})
    return [RemovedModule(Look(name, name.partition("/")[0], name.rpartition("/")[2], "removed", "")) for name in gone]


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
