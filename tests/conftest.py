"""What all tests share."""

from pathlib import Path

import pytest

from slurm import running


def pytest_addoption(parser):
    parser.addoption("--screenshots", metavar="DIR", help="keep pictures of the documentation's pages there")
    parser.addoption("--update-golden", action="store_true", help="write what came out to the expected files")


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items):
    """Mark what needs a root file system or an image (`--no-containers` leaves it out), and what shares a Slurm."""
    for item in items:
        if {"bare", "podman"} & set(item.fixturenames):
            item.add_marker("containers")
        if "slurm" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("slurm"))  # one worker, so one Slurm


@pytest.fixture
def golden(request):
    """Compare a text with an expected file as a whole; with --update-golden, write the file instead."""

    def compare(expected: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            expected.write_text(text, encoding="utf-8")
        assert text == expected.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def slurm(tmp_path_factory):
    """A Slurm with two nodes, n1 and n2, and the partitions main, short and urgent."""
    with running(tmp_path_factory.mktemp("slurm")) as slurm:
        yield slurm
