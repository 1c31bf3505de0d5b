"""The site's rules for users' space and caches, as the modulefiles need them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a deploy with nothing to do imports this, and must not load pydantic (tests/end_to_end)
    from lmodforge.config.models import SiteConfig
    from lmodforge.config.spaces import Cache, PiSources, ProjectSpace, ScratchSpace

# What Slurm sets inside a job, then what its commands read.
_ACCOUNTS = ("SLURM_JOB_ACCOUNT", "SBATCH_ACCOUNT", "SALLOC_ACCOUNT", "SLURM_ACCOUNT")


@dataclass(frozen=True)
class Space:
    """A place where users may write: `/project`, then one directory for each part of the layout."""

    root: str
    layout: tuple[str, ...]
    shared: bool = False
    """Environments made there belong to the group."""


@dataclass(frozen=True)
class Pi:
    """How the principal investigator is found."""

    order: tuple[str, ...] = ("env", "slurm_account", "group")
    variables: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    """Variables that name a Slurm account."""
    group: str = ""
    """A Lua pattern for the names of groups; what it captures is the PI."""


@dataclass(frozen=True)
class CacheRule:
    """A package cache: the toggle that users set, and what holds without one."""

    toggle: str
    persistent: bool = False


@dataclass(frozen=True)
class UvRule:
    """What modules tell uv beside its cache."""

    no_cache: bool = False
    """A temporary cache is none at all."""
    pip: bool = True
    link_mode: str = "auto"
    python_downloads: str = ""
    in_space: bool = True


@dataclass(frozen=True)
class Policy:
    """The same for every module of a site."""

    site: str
    project: Space | None = None
    scratch: Space | None = None
    pi: Pi = Pi()
    conda_cache: CacheRule = CacheRule("USE_CONDA_CACHE")
    uv_cache: CacheRule = CacheRule("USE_UV_CACHE")
    uv: UvRule = UvRule()
    temporary: tuple[str, ...] = ("/tmp",)  # noqa: S108 - the users' own, checked at load
    messages: bool = True
    notice: str = ""
    user_site: bool = False
    jupyter: bool = True


def policy_of(site: SiteConfig) -> Policy:
    """Take from a site what its modules must know."""
    modules, uv = site.modules, site.modules.uv
    return Policy(
        site=site.title or site.name,
        project=_space(site.project),
        scratch=_space(site.scratch),
        pi=_pi(site.project.pi) if site.project else Pi(),
        conda_cache=_rule(site.caches.conda),
        uv_cache=_rule(site.caches.uv),
        uv=UvRule(
            no_cache=site.caches.uv.temporary == "none",
            pip=site.caches.uv.pip,
            link_mode=uv.link_mode or "",
            python_downloads=uv.python_downloads or "",
            in_space=uv.in_space,
        ),
        temporary=site.caches.temporary,
        messages=modules.messages,
        notice=modules.notice,
        user_site=modules.user_site,
        jupyter=modules.jupyter,
    )


def lua_pattern(glob: str) -> str:
    """Turn `pi-*` into a Lua pattern; what the first star stands for is captured, without a star the whole name."""
    before, star, after = glob.partition("*")
    escaped = [re.sub(r"([^A-Za-z0-9*])", r"%\1", part).replace("*", ".*") for part in (before, after)]
    return "^" + "(.+)".join(escaped) + "$" if star else f"^({escaped[0]})$"


def _space(space: ProjectSpace | ScratchSpace | None) -> Space | None:
    if space is None:
        return None
    return Space(space.root, tuple(space.layout.split("/")), getattr(space, "shared", False))


def _pi(sources: PiSources) -> Pi:
    accounts = _ACCOUNTS if sources.slurm_account else ()
    return Pi(sources.order, sources.env, accounts, lua_pattern(sources.group) if sources.group else "")


def _rule(cache: Cache) -> CacheRule:
    return CacheRule(cache.toggle, cache.default == "persistent")
