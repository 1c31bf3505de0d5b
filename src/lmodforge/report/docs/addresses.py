"""Where each page lies in the tree, without its suffix: stable, because people link to them."""

from __future__ import annotations

import re

from lmodforge.report.docs.catalogue import Cluster, Distribution, Environment


def slug(text: str) -> str:
    """Make a part of an address of a name: `miniforge-25.3.0` stays, `python/3.11.9` becomes `python-3.11.9`."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)


def distribution_page(distribution: Distribution) -> str:
    """Name the page as the site file names the distribution: `distributions/midway3/miniforge`."""
    return f"distributions/{slug(distribution.site)}/{slug(distribution.name)}"


def environment_page(environment: Environment) -> str:
    """Name the page by names alone, `environments/midway3/miniforge/sci`: a new release or distribution keeps it."""
    return f"environments/{slug(environment.site)}/{slug(environment.base)}/{slug(environment.name)}"


def tools_page() -> str:
    """Name the page that tells about uv."""
    return "uv"


def downloads_of(one: Environment | Distribution) -> str:
    """Name the directory with what can be downloaded of an environment or a distribution."""
    page = environment_page(one) if isinstance(one, Environment) else distribution_page(one)
    return f"downloads/{page.partition('/')[2]}"


def operations_page(cluster: Cluster) -> str:
    """Name the page for the sysadmins of a cluster."""
    return f"operations/{slug(cluster.name)}"
