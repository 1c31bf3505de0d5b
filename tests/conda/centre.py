"""A site with a conda base, and a mirror that its packages come from."""

import json
import shutil
from pathlib import Path

from channel import LocalChannel, Server
from conda.small import Small
from lmodforge.receipts.models import ReleaseReceipt


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
