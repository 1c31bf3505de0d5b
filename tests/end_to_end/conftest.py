"""Sites that tests look at, deployed once; tests that change one make their own."""

import pytest

from end_to_end.small import Small, site_text


@pytest.fixture(scope="session")
def deployed(tmp_path_factory):
    """A site with two environments and uv; look only."""
    small = Small(tmp_path_factory.mktemp("deployed"))
    site = site_text(tiny=["six", "cowsay"], web=["idna"])
    site["tools"] = {"uv": {"version": "0.13.8"}}
    small.write(site)
    small.deploy()
    return small


@pytest.fixture
def small(tmp_path):
    """A site of the test's own, not deployed yet."""
    small = Small(tmp_path)
    small.write(site_text(tiny=["six"]))
    return small
