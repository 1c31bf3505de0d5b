"""A small real site: the host's Python, environments of one small package each, everything below a test's directory."""

import re
from pathlib import Path

import yaml

from lmodforge.apply.progress import Silent
from lmodforge.commands.deploy import deploy
from lmodforge.commands.site import open_site


def site_text(**environments):
    """A site file whose environments hold these packages: `tiny=["six"]`."""
    return {
        "name": "small",
        "paths": {"software": "/software", "modulefiles": "/modulefiles"},
        "distributions": {
            "standard": {
                "kind": "python",
                "module": "python/plain",
                "default": "true",
                "environments": list(environments),
            }
        },
        "environments": {
            name: {"version": "1", "pypi": packages, "check": {"import": [re.split("[=<>]", packages[0])[0]]}}
            for name, packages in environments.items()
        },
    }


class Small:
    """The site file and the root of one test."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "small.yaml"
        self.root = folder / "root"
        self.modulefiles = self.root / "modulefiles"
        self.prefix = self.root / "software/python/plain"
        self.state = self.root / "software/.lmodforge"

    def write(self, site) -> None:
        self.file.write_text(yaml.safe_dump(site, sort_keys=False))

    def open(self, system=None):
        return open_site(str(self.file), str(self.root), system)

    def deploy(self, system=None, **options):
        return deploy(self.open(system), Silent(), **options)

    @property
    def current(self) -> str | None:
        link = self.modulefiles / "current"
        return str(link.readlink()) if link.is_symlink() else None
