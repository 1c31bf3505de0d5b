"""Desired state: what a site file asks for, given the interpreters and locks that were found. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from lmodforge.config.distributions import ExistingDistribution, ModuleLook, PythonDistribution
from lmodforge.config.environments import Environment
from lmodforge.config.lifecycle import LifeCycle as WrittenLifeCycle
from lmodforge.config.models import SiteConfig
from lmodforge.modulefile.context import (
    DistributionModule,
    EnvironmentEntry,
    EnvironmentModule,
    LifeCycle,
    Look,
    Module,
    Package,
    ToolModule,
)
from lmodforge.modulefile.policy import Policy, policy_of
from lmodforge.plan.actions import AdoptPrefix, BuildRelease, Install, InstallPython, InstallTool
from lmodforge.plan.digest import digest, sha256
from lmodforge.plan.facts import Facts, Interpreter
from lmodforge.plan.layout import Layout, by_name_links, release_path
from lmodforge.plan.locks import ENGINE, base_request, environment_request, locked_packages, tool_request
from lmodforge.receipts.models import ReleaseReceipt


@dataclass(frozen=True)
class Desired:
    """Everything that shall be there, whether it is or not."""

    installs: tuple[Install, ...]
    releases: tuple[BuildRelease, ...]
    modules: tuple[Module, ...]
    links: dict[str, str]

    @property
    def paths(self) -> tuple[str, ...]:
        """Every prefix, release and tool."""
        return (*(install.prefix for install in self.installs), *(release.path for release in self.releases))


def desire(site: SiteConfig, facts: Facts, host: Interpreter) -> Desired:
    """Work out what the site file asks for."""
    layout, policy = Layout.of(site.paths), policy_of(site)
    installs: list[Install] = []
    releases: list[BuildRelease] = []
    modules: list[Module] = []
    for name, distribution in site.distributions.items():
        install = _install(site, name, distribution, facts)
        installs.append(install)
        built = []
        if isinstance(install, InstallPython):
            built = [_release(site, install, environment, facts) for environment in distribution.environments]
        releases += built
        module = _distribution_module(site, policy, distribution, install, built)
        below = module.look.full_name if module.opens else ""
        modules.append(module)
        modules += [_environment_module(site.environments[release.environment], release, below) for release in built]
    for name, tool in site.tools.items():
        request = tool_request(site, name, tool, host, facts.platform)
        prefix = f"{layout.software}/{name}/{tool.version}"
        installs.append(InstallTool(name, tool.version, prefix, request.key, facts.locks[request.key]))
        full_name = tool.module or f"{name}/{{version}}"
        modules.append(
            ToolModule(_look(tool, full_name, name, tool.version, "tool", default=tool.default), prefix, policy)
        )
    links: dict[str, str] = {}
    for release in releases:
        links |= by_name_links(release.prefix, release.environment, release.version, release.path)
    return Desired(tuple(installs), tuple(releases), tuple(modules), links)


def checks_digest(environment: Environment) -> str:
    """Return the digest of an environment's checks: a release that passed others must pass these too."""
    return digest([environment.check.imports, environment.check.run])


def _install(
    site: SiteConfig, name: str, distribution: PythonDistribution | ExistingDistribution, facts: Facts
) -> InstallPython | AdoptPrefix:
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


def _release(site: SiteConfig, install: InstallPython, name: str, facts: Facts) -> BuildRelease:
    environment, interpreter, prefix = site.environments[name], install.interpreter, install.prefix
    request = environment_request(site, name, environment, interpreter, facts.platform)
    lock = facts.locks[request.key]
    identity = digest([ENGINE, sha256(lock.encode()), prefix, interpreter.path, interpreter.minor])
    path = release_path(prefix, name, identity)
    receipt = facts.installed.get(path)
    if isinstance(receipt, ReleaseReceipt):
        packages = tuple((package.name, package.version) for package in receipt.packages)
    else:
        packages = locked_packages(lock)
    return BuildRelease(
        environment=name,
        version=environment.version,
        distribution=install.name,
        prefix=prefix,
        path=path,
        digest=identity,
        engine="uv",
        python=interpreter.path or f"{prefix}/bin/python",
        key=request.key,
        lock=lock,
        packages=packages,
        imports=environment.check.imports,
        commands=environment.check.run,
        timeout=environment.check.timeout,
        checked=checks_digest(environment),
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
    distribution: PythonDistribution | ExistingDistribution,
    install: InstallPython | AdoptPrefix,
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
    return DistributionModule(
        look=_look(
            distribution, distribution.module, "Python", install.version, "python", default=distribution.default
        ),
        kind=distribution.kind,
        prefix=install.prefix,
        policy=policy,
        environments=entries,
        packages=_packages(packages),
        adopted="conda" if "conda" in dict(packages) else "none",
        opens=bool(built) and site.modules.layout == "hierarchy",
    )


def _environment_module(environment: Environment, release: BuildRelease, below: str) -> EnvironmentModule:
    name = _environment_module_name(environment, release)
    category = "python environment"
    return EnvironmentModule(
        look=_look(environment, name, release.environment, release.version, category, default=environment.default),
        prefix=release.path,
        engine=release.engine,
        name=release.environment,
        packages=_packages(release.packages),
        below=below,
    )


def _environment_module_name(environment: Environment, release: BuildRelease) -> str:
    return (environment.module or f"{release.environment}/{{version}}").replace("{version}", release.version)


def _packages(packages: tuple[tuple[str, str], ...]) -> tuple[Package, ...]:
    return tuple(Package(name, version) for name, version in packages)
