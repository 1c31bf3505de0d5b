"""A site on a file system where nothing can be locked: whole deploys, by the program, with every kind of package."""

import errno
import fcntl

import pytest
import yaml

from conda.small import Centre
from end_to_end.test_download import VERSION, offer
from lockless import lockless
from offline import lmodforge, make_mirror, succeed


class Lockless(Centre):
    """A centre of which everything but the node's own disk is on such a file system."""

    def __init__(self, mount, scratch, packages):
        super().__init__(mount, packages)
        self.scratch = scratch
        self.site["builds"] = {"scratch": str(scratch)}

    @property
    def of(self):
        self.small.file.write_text(yaml.safe_dump(self.site, sort_keys=False))
        return "--site", self.small.file, "--root", self.small.root


@pytest.fixture(scope="module")
def centre(tmp_path_factory, packages):
    """A centre with a base by its installer, a Python that uv downloads, and packages from a channel and from PyPI.

    Its first deploy fails at a check, its second does not; what both said is kept.
    """
    folder = tmp_path_factory.mktemp("centre")
    scratch = folder / "scratch"
    scratch.mkdir()
    with lockless(folder) as mount, (centre := Lockless(mount, scratch, packages)).server:
        served = mount / "channels/served"
        served.mkdir()
        offer(served, f"{centre.server.url}/served")
        centre.sci |= {"pypi": ["cowsay==6.1"], "check": {"import": ["jinja2", "cowsay"], "run": ["false"]}}
        downloads = f"{centre.server.url}/served/pythons.json"
        plain = {"kind": "python", "module": "python/plain", "interpreter": "uv", "version": VERSION}
        centre.site["distributions"]["plain"] = plain | {"downloads": downloads}
        centre.first = lmodforge("deploy", *centre.of)
        centre.left = list(scratch.iterdir())
        centre.sci["check"]["run"] = ["wheel version"]
        centre.second = lmodforge("deploy", *centre.of)
        yield centre


def test_nothing_can_be_locked_there(centre):
    with (
        (centre.small.folder / "file").open("w") as file,
        pytest.raises(OSError, match="No locks available") as refused,
    ):
        fcntl.flock(file, fcntl.LOCK_EX)
    assert refused.value.errno == errno.ENOLCK


def test_a_deploy_there_has_a_private_cache_and_says_so_once(centre):
    assert centre.second.returncode == 0, centre.second.stderr
    said = [line.partition("] ")[2] for line in centre.second.stderr.splitlines() if "] package cache: " in line]
    name = said[0].partition("lmodforge-")[2].partition(",")[0]
    cache = centre.small.state / "cache"
    private = f"{centre.scratch}/lmodforge-{name}"
    assert said == [f"package cache: {private}, for this run: files cannot be locked in {cache}"]
    assert len(name) == 32
    assert [path.name for path in cache.iterdir()] == ["downloads"]
    assert succeed("plan", *centre.of) == "Site small: nothing to do.\n"


def test_the_private_cache_is_removed_however_the_deploy_ends(centre):
    assert centre.first.returncode == 1
    assert "environment sci: exit code 1 from false" in centre.first.stderr
    assert centre.left == []
    assert list(centre.scratch.iterdir()) == []


def test_locks_and_mirrors_are_made_there(centre):
    succeed("lock", "--update", *centre.of)
    mirror = centre.small.folder / "mirror"
    make_mirror(centre.small.file, centre.small.root, mirror)
    assert [path.name for path in (mirror / "pythons").iterdir()] == ["python.tar.gz"]
    assert list(centre.scratch.iterdir()) == []
