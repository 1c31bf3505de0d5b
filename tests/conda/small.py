"""A small real site with a conda base: made by a stand-in installer, everything below a test's directory."""

import json
import shutil
from pathlib import Path

import yaml

from channel import LocalChannel, Server
from installer import write_installer
from lmodforge.apply.progress import Silent
from lmodforge.commands.deploy import deploy
from lmodforge.commands.show import show_plan
from lmodforge.commands.site import open_site
from lmodforge.receipts.models import DistributionReceipt, ReleaseReceipt


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


class Centre:
    """A site with a conda base and environments, a channel, and the server that mirrors it."""

    def __init__(self, folder: Path, packages: LocalChannel):
        self.channel = LocalChannel(folder / "channels/conda-forge")
        shutil.copytree(packages.directory, self.channel.directory)
        self.channel.records = {subdir: dict(records) for subdir, records in packages.records.items()}
        self.server = Server(folder / "channels")
        self.small = Small(folder)
        self.small.offer()
        self.small.base["environments"] = ["sci"]
        self.site = self.small.site
        self.site["conda"] = {"mirrors": {"conda-forge": [f"{self.server.url}/conda-forge"]}}
        self.sci = {"version": "1", "conda": ["attrs", "jinja2", "wheel"]}
        self.site["environments"] = {"sci": self.sci}

    @property
    def release(self) -> Path:
        """Where `sci` is, by name."""
        return (self.small.prefix / "envs/sci").resolve()

    def deploy(self, system=None, **options):
        return self.small.deploy(system, **options)

    @property
    def receipt(self) -> ReleaseReceipt:
        folder = self.small.state / "receipts/installed/python/miniforge/releases"
        return ReleaseReceipt.model_validate(json.loads((folder / f"{self.release.name}.json").read_text()))
