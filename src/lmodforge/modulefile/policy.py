"""The site's rules for users' space and caches, as the modulefiles need them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the digest of the templates is wanted before any model is
    from lmodforge.config.models import SiteConfig
    from lmodforge.config.spaces import Cache, PiSources


@dataclass(frozen=True)
class Space:
    """A place where users may write: `/project`, then one directory for each part of the layout."""

    root: str
    layout: tuple[str, ...]
    shared: bool = False
    """Directories made there are open to their group (2770), and conda can share environments."""


@dataclass(frozen=True)
class CacheRule:
    """A package cache: the toggle that users set, what holds without one, and the variable that directs the program."""

    toggle: str
    persistent: bool = False
    """What holds when the toggle is unset."""


@dataclass(frozen=True)
class Policy:
    """The same for every module of a site."""

    site: str
    title: str = ""
    project: Space | None = None
    scratch: Space | None = None
    pi_order: tuple[str, ...] = ("env", "slurm_account", "group")
    pi_variables: tuple[str, ...] = ()
    pi_accounts: tuple[str, ...] = ()
    pi_group: str = ""
    """A Lua pattern whose capture is the PI."""
    conda_cache: CacheRule = CacheRule("USE_CONDA_CACHE")
    uv_cache: CacheRule = CacheRule("USE_UV_CACHE")
    temporary: tuple[str, ...] = ("/tmp",)  # noqa: S108 - the users' own, checked at load
    messages: bool = True
    """Whether a load says in one line where packages go."""


def policy_of(site: SiteConfig) -> Policy:
    """Take from a site what its modules must know."""
    pi = site.project.pi if site.project else PiSources()
    return Policy(
        site=site.name,
        title=site.title or site.name,
        project=Space(site.project.root, tuple(site.project.layout.split("/"))) if site.project else None,
        scratch=Space(site.scratch.root, tuple(site.scratch.layout.split("/"))) if site.scratch else None,
        pi_variables=pi.env,
        pi_accounts=("SLURM_JOB_ACCOUNT", "SBATCH_ACCOUNT", "SALLOC_ACCOUNT", "SLURM_ACCOUNT")
        if pi.slurm_account
        else (),
        pi_group=lua_pattern(pi.group) if pi.group else "",
        conda_cache=_rule(site.caches.conda),
        uv_cache=_rule(site.caches.uv),
        temporary=site.caches.temporary,
    )


def lua_pattern(glob: str) -> str:
    """Turn `pi-*` into a Lua pattern; what the first star stands for is captured, without a star the whole name."""
    before, star, after = glob.partition("*")
    escaped = (re.sub(r"([^A-Za-z0-9*])", r"%\1", part).replace("*", ".*") for part in (before, after))
    return "^" + "(.+)".join(escaped) + "$" if star else f"^({next(escaped)})$"


def _rule(cache: Cache) -> CacheRule:
    return CacheRule(cache.toggle, cache.default == "persistent")
