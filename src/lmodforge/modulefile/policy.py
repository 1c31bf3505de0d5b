"""The site's rules for users' space and caches, as the modulefiles need them."""

from __future__ import annotations

from dataclasses import dataclass

from lmodforge.config.models import SiteConfig


@dataclass(frozen=True)
class Policy:
    """The same for every module of a site."""

    site: str


def policy_of(site: SiteConfig) -> Policy:
    """Take from a site what its modules must know."""
    return Policy(site=site.name)
