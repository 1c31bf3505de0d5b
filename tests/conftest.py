"""What all tests share."""

from pathlib import Path

import pytest


def pytest_addoption(parser):
    parser.addoption("--screenshots", metavar="DIR", help="keep pictures of the documentation's pages there")
    parser.addoption("--update-golden", action="store_true", help="write what came out to the expected files")


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items):
    """Mark what needs a root file system or an image: `invoke test --containers` runs it."""
    for item in items:
        if {"bare", "podman"} & set(item.fixturenames):
            item.add_marker("containers")


@pytest.fixture
def golden(request):
    """Compare a text with an expected file as a whole; with --update-golden, write the file instead."""

    def compare(expected: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            expected.write_text(text, encoding="utf-8")
        assert text == expected.read_text(encoding="utf-8")

    return compare
