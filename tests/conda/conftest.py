"""A channel that is made once, and a site whose packages come from it through a mirror."""

import pytest

from channel import WHEELS, LocalChannel, download_wheels
from conda.packing import packable as deploy_packable
from conda.small import Centre


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


@pytest.fixture(scope="session")
def packable(tmp_path_factory, packages):
    """A site whose environments are packed; look only."""
    return deploy_packable(tmp_path_factory.mktemp("pack"), packages)
