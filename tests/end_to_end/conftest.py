"""Sites that tests look at, deployed once; tests that change one make their own."""

import pytest

from containers import BARE, Podman, debootstrap, remove
from end_to_end.slurm_site import Site, states
from end_to_end.small import Small, site_text
from me import ME


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


@pytest.fixture(scope="session")
def bare(tmp_path_factory):
    """A root file system without Lmod, with what wheels of the demo take from the system: OpenMP for lightgbm."""
    yield (root := debootstrap(tmp_path_factory.mktemp("bare") / "root", "python3-minimal", "libgomp1"))
    remove(root)


@pytest.fixture(scope="session")
def podman(tmp_path_factory, bare):
    """A podman that has an image without Lmod; its settings hold for what lmodforge starts, too."""
    podman = Podman(tmp_path_factory.mktemp("podman") / "podman")
    podman.image_of(bare, BARE)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in podman.environment.items():
            patch.setenv(name, value)
        yield podman
    podman.remove()


@pytest.fixture
def slurm_site(tmp_path, slurm, monkeypatch):
    """A site of the test's own, whose builds are jobs; it leaves none, and no cache."""
    for name, value in slurm.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("lmodforge.apply.executors.slurm_follow.POLL", 0.2)
    site = Site(tmp_path, slurm)
    yield site
    for deploy in site.deploys:
        deploy.kill()
        deploy.wait()
    site.slurm.run("scancel", "--quiet", "--user", ME)
    assert list(site.scratch.iterdir()) == [], "a job left its cache"
    assert set(states(site)).isdisjoint({"RUNNING", "PENDING"}), "a job was left"
