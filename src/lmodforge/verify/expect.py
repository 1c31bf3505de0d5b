"""What each module of a deployed site must do: from its receipts, and from the site file what only that says. Pure."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lmodforge.config.distributions import ModuleLook
from lmodforge.config.models import SiteConfig
from lmodforge.modulefile.render import BELOW
from lmodforge.receipts.models import (
    ArchiveReceipt,
    DistributionReceipt,
    GenerationReceipt,
    Installed,
    ReleaseReceipt,
    ToolReceipt,
)
from lmodforge.verify.judge import Promise

_WITH_CONDA = ("miniforge", "miniconda", "anaconda", "micromamba")


@dataclass(frozen=True)
class Inside:
    """What must work once a module is loaded."""

    program: str = ""
    """What users start: `python`, `uv`."""
    real: str = ""
    """The file that it leads to, when that is known."""
    version: str = ""
    imports: tuple[str, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    timeout: int = 60


@dataclass(frozen=True)
class Expected:
    """One module of the current generation."""

    name: str
    file: str
    """Below the tree."""
    opener: str
    """In a hierarchy the distribution that must be loaded first."""
    prefix: str
    family: str
    promise: Promise
    caches: tuple[str, ...]
    """Variables of package caches that a toggle decides on."""
    packages: tuple[str, ...]
    """`numpy/2.1.3`, for spider."""
    inside: Inside
    distribution: str = ""
    """Of an environment: the module of what it was built for."""
    default: bool = False
    hidden: bool = False
    aliases: tuple[str, ...] = ()
    refused: bool = False
    """Its day of removal has come."""


def expected_modules(
    site: SiteConfig, generation: GenerationReceipt, installed: Mapping[str, Installed], today: datetime.date
) -> tuple[Expected, ...]:
    """Work out what is expected of each module."""
    names = {receipt.name: name for name, receipt in _with_receipts(generation, installed) if _is_base(receipt)}
    return tuple(
        _expected(site, generation, name, receipt, names, today=today)
        for name, receipt in _with_receipts(generation, installed)
    )


def _with_receipts(
    generation: GenerationReceipt, installed: Mapping[str, Installed]
) -> Iterator[tuple[str, Installed]]:
    for name, prefix in generation.modules.items():
        if receipt := installed.get(prefix):
            yield name, receipt


def _is_base(receipt: Installed) -> bool:
    return isinstance(receipt, DistributionReceipt)


def _expected(
    site: SiteConfig,
    generation: GenerationReceipt,
    name: str,
    receipt: Installed,
    names: Mapping[str, str],
    *,
    today: datetime.date,
) -> Expected:
    look = _look(site, name, receipt)
    cycle = look.lifecycle if look else None
    opener = names.get(receipt.distribution, "") if isinstance(receipt, ReleaseReceipt) else ""
    below = f"{BELOW}/{opener}/{name}.lua"
    in_hierarchy = bool(opener) and below in generation.files
    return Expected(
        name=name,
        file=below if in_hierarchy else f"{name}.lua",
        opener=opener if in_hierarchy else "",
        prefix=receipt.path,
        family={DistributionReceipt: "python", ReleaseReceipt: "python_environment"}.get(type(receipt), ""),
        promise=_promise(site, receipt),
        caches=_caches(receipt),
        packages=_packages(receipt),
        inside=_inside(site, look, receipt),
        distribution=opener,
        default=bool(getattr(look, "default", False)),
        hidden=bool(cycle and cycle.hidden),
        aliases=cycle.aliases if cycle else (),
        refused=bool(cycle and cycle.removed and cycle.removed <= today.isoformat()),
    )


def _look(site: SiteConfig, module: str, receipt: Installed) -> ModuleLook | None:
    """Return what the site file says about a module; None where it has moved on to another version."""
    found: ModuleLook | None
    if isinstance(receipt, ReleaseReceipt):
        found = site.environments.get(receipt.name)
    elif isinstance(receipt, ToolReceipt):
        found = next((tool for name, tool in site.tools.items() if name == receipt.name), None)
    else:
        found = site.distributions.get(receipt.name)
    written = getattr(found, "module", None) or f"{receipt.name}/{{version}}"
    version = receipt.version if isinstance(receipt, DistributionReceipt) else getattr(found, "version", "")
    return found if found and written.replace("{version}", version) == module else None


def _promise(site: SiteConfig, receipt: Installed) -> Promise:
    path = (f"{receipt.path}/bin",)
    if not isinstance(receipt, ReleaseReceipt):
        return Promise(path=path)
    environment = {"LMODFORGE_ENVIRONMENT": receipt.path}
    if receipt.engine == "conda":
        environment |= {"CONDA_PREFIX": receipt.path, "CONDA_DEFAULT_ENV": receipt.name, "CONDA_SHLVL": "1"}
    else:
        environment |= {"VIRTUAL_ENV": receipt.path, "VIRTUAL_ENV_PROMPT": receipt.name}
    if not site.modules.user_site:
        environment["PYTHONNOUSERSITE"] = "1"
    lists: dict[str, tuple[str, ...]] = {}
    for operation in receipt.operations:
        value = operation.value.replace("{prefix}", receipt.path)
        if operation.action == "set":
            environment[operation.variable] = value
        else:
            lists[operation.variable] = (*lists.get(operation.variable, ()), *value.split(":"))
    return Promise(environment, path, lists)


def _caches(receipt: Installed) -> tuple[str, ...]:
    if isinstance(receipt, ReleaseReceipt):
        return ()
    if not isinstance(receipt, DistributionReceipt):
        return ("UV_CACHE_DIR",)
    adopted = receipt.type == "existing" and any(package.name == "conda" for package in receipt.packages)
    conda = receipt.type in _WITH_CONDA or adopted
    return ("CONDA_PKGS_DIRS", "UV_CACHE_DIR") if conda else ("UV_CACHE_DIR",)


def _packages(receipt: Installed) -> tuple[str, ...]:
    adopted = isinstance(receipt, DistributionReceipt) and receipt.type == "existing"
    if isinstance(receipt, ToolReceipt | ArchiveReceipt) or (isinstance(receipt, DistributionReceipt) and not adopted):
        return ()
    return tuple(f"{package.name}/{package.version}" for package in receipt.packages)


def _inside(site: SiteConfig, look: ModuleLook | None, receipt: Installed) -> Inside:
    if isinstance(receipt, ToolReceipt):
        return Inside(receipt.name, f"{receipt.path}/bin/{receipt.name}", receipt.version)
    if isinstance(receipt, DistributionReceipt):
        # What somebody else has installed is never run.
        known = receipt.type not in ("existing", "micromamba")
        return Inside("python", receipt.interpreter.path if receipt.interpreter else "") if known else Inside()
    if not isinstance(receipt, ReleaseReceipt):
        return Inside()
    check = site.environments[receipt.name].check if look else None
    commands = tuple(tuple(shlex.split(command)) for command in check.run) if check else ()
    real = receipt.python if receipt.engine == "uv" else ""
    has_python = receipt.engine == "uv" or any(package.name == "python" for package in receipt.packages)
    program = "python" if has_python else ""
    if not check:
        return Inside(program, real)
    return Inside(program, real, "", check.imports, commands, check.timeout)
