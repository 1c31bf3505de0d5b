"""Where a site is to be installed: what keeps it from being installed there."""

import os
import pwd
from pathlib import Path

import pytest

from elsewhere import Elsewhere
from lmodforge.apply.system import RealSystem
from lmodforge.config.environments import Environment
from lmodforge.config.models import Paths, Permissions, SiteConfig
from lmodforge.finding import Finding
from lmodforge.verify.storage import storage
from lockless import lockless

GIGA = 10**9


def site(root: Path, **keys: object) -> SiteConfig:
    return SiteConfig(name="test", paths=Paths(software=f"{root}/software", modulefiles=f"{root}/modules"), **keys)


def bad(system: RealSystem, config: SiteConfig) -> list[Finding]:
    return [finding for finding in storage(system, config) if finding.status != "ok"]


class Small(RealSystem):
    """This host with little room."""

    def __init__(self, size: int, files: int) -> None:
        super().__init__()
        self.room = size, files

    def free(self, path):
        return self.room


def test_a_directory_that_is_not_there_is_judged_by_where_it_will_be_made(tmp_path):
    assert next(storage(RealSystem(), site(tmp_path / "new"))) == Finding(
        "software", "ok", f"{tmp_path}/new/software, to be made in {tmp_path}, can be written"
    )


def test_archives_are_looked_after_where_there_are_any(tmp_path):
    packed = Environment(version="1", conda=("numpy",), archives=("tar.gz",))
    paths = Paths(software=f"{tmp_path}/software", modulefiles=f"{tmp_path}/modules", archives="/dev/shm/archives")
    config = site(tmp_path, environments={"sci": packed}).model_copy(update={"paths": paths})
    found = {finding.name: finding for finding in storage(RealSystem(), config)}
    said = "/dev/shm/archives, to be made in /dev/shm, can be written"
    assert found["archives"] == Finding("archives", "ok", said)
    assert "space for archives" in found
    assert "archives" not in {finding.name for finding in storage(RealSystem(), site(tmp_path))}


def test_a_file_in_the_way_is_a_problem(tmp_path):
    (tmp_path / "modules").touch()
    assert bad(RealSystem(), site(tmp_path)) == [
        Finding(
            "modulefiles",
            "problem",
            f"{tmp_path}/modules is in the way: it is not a directory",
            "write another directory as `paths: modulefiles:` in the site file",
        )
    ]


def test_a_file_system_without_locks_is_named(tmp_path):
    with lockless(tmp_path) as mount:
        [finding] = [found for found in bad(RealSystem(), site(mount)) if found.name == "file locks"]
    assert (finding.status, finding.message) == (
        "warning",
        f"nothing can be locked in {mount}: each deploy fetches packages anew, to /tmp",
    )


@pytest.fixture
def nobody():
    """Only root can be somebody else; anybody else may not write in / to begin with."""
    user, group, groups = os.geteuid(), os.getegid(), os.getgroups()
    if user == 0:
        os.setgroups([])
        os.setegid(65534)
        os.seteuid(65534)
    yield pwd.getpwuid(os.geteuid()).pw_name
    if user == 0:
        os.seteuid(user)
        os.setegid(group)
        os.setgroups(groups)


def test_a_directory_that_we_may_not_write_names_the_command_that_gives_it_to_us(nobody):
    assert bad(RealSystem(), site(Path("/srv-of-lmodforge"))) == [
        Finding(
            name, "problem", f"{nobody} may not write in /", f"sudo install -d -o {nobody} /srv-of-lmodforge/{path}"
        )
        for name, path in (("software", "software"), ("modulefiles", "modules"))
    ]


def test_a_group_that_we_are_not_in_cannot_be_given(nobody):
    findings = storage(RealSystem(), site(Path("/srv-of-lmodforge"), permissions=Permissions(group="root")))
    assert [finding for finding in findings if finding.name == "group"] == [
        Finding(
            "group",
            "problem",
            f"{nobody} is not in group `root` and cannot give files to it",
            f"sudo usermod -aG root {nobody}, then log in again",
        )
    ]


def test_what_lies_in_a_directory_that_we_may_not_enter_is_not_there_for_us(tmp_path, request):
    (tmp_path / "software").mkdir()
    tmp_path.chmod(0o700 if os.geteuid() == 0 else 0o000)
    nobody = request.getfixturevalue("nobody")
    found = [finding.message for finding in storage(RealSystem(), site(tmp_path)) if finding.status == "problem"]
    closed = next(
        path for path in (*reversed(tmp_path.parents), tmp_path) if not os.access(path, os.X_OK, effective_ids=True)
    )
    assert found == [f"{nobody} may not write in {closed}"] * 2


def test_a_group_that_is_not_there_is_a_problem(tmp_path):
    assert bad(RealSystem(), site(tmp_path, permissions=Permissions(group="no-such-group"))) == [
        Finding("group", "problem", "there is no group `no-such-group`", "groupadd no-such-group")
    ]


@pytest.mark.parametrize(
    ("size", "files", "status"),
    [
        (GIGA, 10**6, "problem"),
        (20 * GIGA, 20_000, "problem"),
        (5 * GIGA, 10**6, "warning"),
        (20 * GIGA, 100_000, "warning"),
        (20 * GIGA, 10**6, "ok"),
        (20 * GIGA, 0, "ok"),
    ],
)
def test_room_is_counted_in_bytes_and_in_files(tmp_path, size, files, status):
    found = [finding.status for finding in storage(Small(size, files), site(tmp_path)) if "space" in finding.name]
    assert found == [status]


def test_room_is_told_in_units_that_people_use(tmp_path):
    found = [finding.message for finding in storage(Small(5 * GIGA, 10**6), site(tmp_path)) if "space" in finding.name]
    assert found == [f"5 GB and 1,000,000 files free at {tmp_path}"]


@pytest.mark.parametrize("noexec", [True, False])
def test_a_noexec_mount_cannot_hold_programs(tmp_path, noexec):
    mounts = tmp_path / "proc" / "self" / "mounts"
    mounts.parent.mkdir(parents=True)
    here = str(tmp_path)
    options = "rw,noexec" if noexec else "rw"
    mounts.write_text(f"a / ext4 rw,noexec 0 0\nb {here} ext4 {options} 0 0\nc {here}/software/x\\040y ext4 rw 0 0\n")
    findings = list(storage(Elsewhere(tmp_path, "/proc"), site(tmp_path)))
    assert [finding.status for finding in findings if finding.name == "programs"] == ["problem" if noexec else "ok"]


def test_a_cache_on_another_file_system_is_a_warning(tmp_path):
    (tmp_path / "software" / ".lmodforge").mkdir(parents=True)
    (tmp_path / "software" / ".lmodforge" / "cache").symlink_to("/dev/shm")
    findings = bad(RealSystem(), site(tmp_path))
    assert (
        Finding(
            "hard links",
            "warning",
            f"{tmp_path}/software and the cache {tmp_path}/software/.lmodforge/cache are on two file systems: "
            "packages are copied",
            "put them on one file system, or accept the space and the time",
        )
        in findings
    )


@pytest.mark.parametrize(("mask", "status"), [(0o022, "ok"), (0o077, "ok"), (0o000, "warning")])
def test_a_umask_that_lets_everybody_write_is_a_warning(tmp_path, mask, status):
    before = os.umask(mask)
    try:
        found = [finding.status for finding in storage(RealSystem(), site(tmp_path)) if finding.name == "umask"]
    finally:
        os.umask(before)
    assert found == [status]
