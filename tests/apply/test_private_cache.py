"""A private cache: below `builds.scratch`, nobody else's, and gone at the end."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from lmodforge.apply.private_cache import private_cache, safe_cache
from lmodforge.apply.system import RealSystem
from lmodforge.apply.workshop import Workshop
from lmodforge.config.builds import Builds
from lmodforge.config.models import Paths, SiteConfig
from lmodforge.errors import StepFailed


def workshop(root, scratch):
    paths = Paths(software=f"{root}/software", modulefiles=f"{root}/modules")
    return Workshop(RealSystem(), SiteConfig(name="test", paths=paths, builds=Builds(scratch=str(scratch))))


def test_it_is_private_and_goes_whatever_happens(tmp_path):
    def interrupted():
        with private_cache(workshop(tmp_path, tmp_path)) as lent:
            cache = Path(lent.cache)
            (cache / "packages").mkdir()
            assert (cache.parent, cache.stat().st_mode & 0o777) == (tmp_path, 0o700)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_host_without_the_directory_is_told_so_and_gets_none(tmp_path):
    with pytest.raises(StepFailed) as refusal, private_cache(workshop(tmp_path, tmp_path / "local")):
        pass
    assert str(refusal.value) == (
        f"`builds.scratch`, {tmp_path}/local, is not on this host\n  hint: make it, or name another directory"
    )
    assert list(tmp_path.iterdir()) == []


class Full(RealSystem):
    """A world in which there is no room for another directory."""

    def make_directory(self, path, mode=0o755):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def test_where_none_can_be_made_the_key_to_change_is_told(tmp_path):
    full = replace(workshop(tmp_path, tmp_path), system=Full())
    with pytest.raises(StepFailed) as refusal, private_cache(full):
        pass
    assert str(refusal.value) == (
        f"`builds.scratch`, {tmp_path}: No space left on device\n  hint: mend that, or name another directory"
    )


def test_where_files_can_be_locked_the_sites_own_cache_is_used(tmp_path):
    given = workshop(tmp_path, "/nowhere")
    with safe_cache(given, str(tmp_path)) as lent:
        assert lent is given
    assert list(tmp_path.iterdir()) == []
