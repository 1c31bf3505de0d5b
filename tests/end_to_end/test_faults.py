"""Whatever breaks, whenever: users see what they saw before, and running again completes it."""

import shutil

import pytest

from end_to_end.faults import Failing
from end_to_end.small import Small, site_text
from lmodforge.apply.system import RealSystem
from lmodforge.errors import SiteError

BATCHES = 8


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """Generation 1 of a site, to be copied: prefixes do not relocate, so every test puts it in the same place."""
    folder = tmp_path_factory.mktemp("deployed")
    small = Small(folder)
    small.write(site_text(tiny=["six"]))
    small.deploy()
    shutil.copytree(small.root, folder / "kept", symlinks=True)
    return small


def start_over(small):
    small.write(site_text(tiny=["six"], web=["idna"]))
    RealSystem().remove(small.root)
    shutil.copytree(small.file.parent / "kept", small.root, symlinks=True)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_step_that_fails_publishes_nothing_and_the_next_run_completes(deployed, batch):
    start_over(deployed)
    clean = Failing()
    deployed.deploy(clean)
    assert len(clean.steps) > 30
    for k in range(batch + 1, len(clean.steps) + 1, BATCHES):
        start_over(deployed)
        failing = Failing(k)
        try:
            deployed.deploy(failing)
            published = True
        except (SiteError, OSError):
            published = False
        what = f"step {k}: {failing.steps[k - 1]}"
        if not published:
            assert deployed.current == "generations/0001", what
        again = deployed.deploy()
        assert again.settled, what
        assert deployed.deploy().plan.is_empty, what
        assert (deployed.prefix / "envs/web/bin/python").exists(), what
        assert not list((deployed.modulefiles / "generations").glob(".*")), what
