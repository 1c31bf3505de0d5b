"""A channel that is made once, and a site whose packages come from it through a mirror."""

import json
import shutil
from pathlib import Path

import pytest

from channel import WHEELS, LocalChannel, Server, download_wheels
from conda.small import Small
from lmodforge.receipts.models import ReleaseReceipt


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """conda-forge as far as these tests need it; look only."""
    folder = tmp_path_factory.mktemp("packages")
    channel = LocalChannel(folder / "conda-forge")
    channel.add_python()
    for wheel in download_wheels(WHEELS, folder / "wheels"):
        channel.add_wheel(wheel)
    channel.index()
    return channel


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


@pytest.fixture
def centre(tmp_path, packages):
    """A centre of the test's own, not deployed yet."""
    centre = Centre(tmp_path, packages)
    with centre.server:
        yield centre


@pytest.fixture(scope="module")
def deployed(tmp_path_factory, packages):
    """A centre with `sci`; look only."""
    centre = Centre(tmp_path_factory.mktemp("deployed"), packages)
    with centre.server:
        centre.site["environments"]["sci"]["check"] = {"import": ["jinja2", "attr"], "run": ["wheel version"]}
        centre.deploy()
        yield centre
