"""The centres, deployed once; tests look at them."""

import pytest

from centres.centre import Centre, Offer
from centres.login import Login


@pytest.fixture(scope="session")
def offer(tmp_path_factory):
    offer = Offer(tmp_path_factory.mktemp("offer"))
    with offer.server:
        yield offer


@pytest.fixture(scope="session")
def deployed(offer, tmp_path_factory):
    """Give a centre by its name, deployed once."""
    folder, there = tmp_path_factory.mktemp("centres"), {}

    def give(name: str) -> Centre:
        if name not in there:
            centre = Centre(name, offer, folder)
            centre.accept_terms()
            assert centre.deploy().settled
            there[name] = centre
        return there[name]

    return give


@pytest.fixture
def login(deployed, tmp_path):
    """Log in at a centre, with a home directory and a project of the test's own."""
    return lambda name: Login(deployed(name), tmp_path)
