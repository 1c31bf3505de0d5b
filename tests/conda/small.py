"""A small real site with a conda base: made by a stand-in installer, everything below a test's directory."""

import json
from pathlib import Path

import yaml

from installer import write_installer
from lmodforge.apply.progress import Silent
from lmodforge.commands.deploy import deploy
from lmodforge.commands.show import show_plan
from lmodforge.commands.site import open_site
from lmodforge.receipts.models import DistributionReceipt


class Small:
    """The site file and the root of one test."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.file = folder / "small.yaml"
        self.root = folder / "root"
        self.modulefiles = self.root / "modulefiles"
        self.prefix = self.root / "software/python/miniforge"
        self.state = self.root / "software/.lmodforge"
        self.installer = folder / "Miniforge3-25.3.0-3-Linux-x86_64.sh"
        self.site = {
            "name": "small",
            "paths": {"software": "/software", "modulefiles": "/modulefiles"},
            "distributions": {
                "base": {"kind": "miniforge", "version": "25.3.0-3", "module": "python/miniforge"},
            },
        }
        self.base = self.site["distributions"]["base"]

    def offer(self, **options) -> str:
        """Write the installer, and name it and its hash in the site."""
        sha256 = write_installer(self.installer, **options)
        self.base |= {"installer": {"file": str(self.installer)}, "sha256": {"linux-x86_64": sha256}}
        return sha256

    def open(self, system=None):
        self.file.write_text(yaml.safe_dump(self.site, sort_keys=False))
        return open_site(str(self.file), str(self.root), system)

    def plan(self) -> str:
        self.open()
        return show_plan(str(self.file), str(self.root), "").text

    def deploy(self, system=None, **options):
        return deploy(self.open(system), Silent(), **options)

    def receipt(self, path: str = "python/miniforge") -> DistributionReceipt:
        text = (self.state / f"receipts/installed/{path}.json").read_text()
        return DistributionReceipt.model_validate(json.loads(text))
