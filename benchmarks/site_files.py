"""Sites for the benchmarks, laid out below a scratch directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from lmodforge.apply.progress import Silent
from lmodforge.commands.deploy import Deployed, deploy
from lmodforge.commands.site import OpenSite, open_site

SHIPPED_DEMO = Path(__file__).parent.parent / "site-configs/demo.yaml"


def with_environments(folder: Path, environments: Mapping[str, Sequence[str]]) -> OpenSite:
    site = {
        "name": "bench",
        "paths": {"software": "/software", "modulefiles": "/modulefiles"},
        "distributions": {
            "standard": {"kind": "python", "module": "python/plain", "environments": list(environments)},
        },
        "environments": {name: {"version": "1", "pypi": list(packages)} for name, packages in environments.items()},
    }
    file = folder / "bench.yaml"
    file.write_text(yaml.safe_dump(site, sort_keys=False))
    return open_site(str(file), str(folder / "root"))


def deployed(opened: OpenSite) -> Deployed:
    return deploy(open_site(str(opened.path), opened.root or ""), Silent())


def demo_like(folder: Path) -> OpenSite:
    """The demo's site file with one small package in each environment: to look at it takes as long as at the demo."""
    site = yaml.safe_load(SHIPPED_DEMO.read_text())
    for environment in site["environments"].values():
        environment["pypi"], environment["check"] = ["six"], {"import": ["six"]}
    file = folder / "demo.yaml"
    file.write_text(yaml.safe_dump(site, sort_keys=False))
    return open_site(str(file), str(folder / "root"))
