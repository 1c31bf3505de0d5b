"""Finding Lmod: the real one of this host, and programs that only pretend to be."""

import os
from pathlib import Path

import pytest

from elsewhere import Elsewhere
from lmodforge.apply.system import RealSystem
from lmodforge.verify.lmod import Lmod, find_lmod


def pretend(package: Path, version: str) -> str:
    """A program that answers `lmod --version`, as Lmod does: on stderr."""
    program = package / "libexec" / "lmod"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'Modules based on Lua: Version {version}  2022-04-06' >&2\n")
    program.chmod(0o755)
    return str(program)


@pytest.fixture
def safe(tmp_path):
    """A directory that only we can change, also where the test runner's base directory is shared."""
    tmp_path.chmod(0o755)
    return tmp_path


def test_the_lmod_of_this_host_is_found_with_its_version_and_shells():
    lmod = find_lmod(RealSystem(), {})
    assert lmod is not None
    assert lmod.at_least("8.6")
    assert Path(lmod.command).is_file()
    assert Path(lmod.init("bash")).is_file()


def test_the_environment_names_a_package_or_a_command(safe):
    command = pretend(safe / "lmod", "9.2.9")
    expected = Lmod(str(safe / "lmod"), "9.2.9")
    assert find_lmod(RealSystem(), {"LMOD_PKG": str(safe / "lmod")}) == expected
    assert find_lmod(RealSystem(), {"LMOD_CMD": command}) == expected


@pytest.mark.parametrize("part", ["lmod/libexec/lmod", "lmod/libexec", "lmod", ""])
def test_a_command_that_others_can_change_is_not_run(safe, part):
    command = pretend(safe / "lmod", "9.2.9")
    (safe / part).chmod(0o777)
    assert find_lmod(Elsewhere(safe), {"LMOD_CMD": command}) is None


def test_a_link_does_not_hide_that_others_can_change_the_command(safe):
    pretend(safe / "theirs", "9.2.9")
    (safe / "lmod").symlink_to("theirs")
    assert find_lmod(Elsewhere(safe), {"LMOD_PKG": str(safe / "lmod")}) == Lmod(str(safe / "lmod"), "9.2.9")
    (safe / "theirs").chmod(0o775)
    assert find_lmod(Elsewhere(safe), {"LMOD_PKG": str(safe / "lmod")}) is None


class Given(Elsewhere):
    """The same, where every `lmod` belongs to another user: giving files away takes root."""

    def stat(self, path):
        status = super().stat(path)
        return os.stat_result([*status[:4], 12345, *status[5:]]) if status and Path(path).name == "lmod" else status


def test_a_command_of_another_user_is_not_run(safe):
    command = pretend(safe / "package", "9.2.9")
    assert find_lmod(Elsewhere(safe), {"LMOD_CMD": command}) == Lmod(str(safe / "package"), "9.2.9")
    assert find_lmod(Given(safe), {"LMOD_CMD": command}) is None


@pytest.mark.parametrize("value", ["", "libexec/lmod", "/bin/sh", "/gone/libexec/lmod"])
def test_an_environment_that_names_no_lmod_is_passed_over(safe, value):
    assert find_lmod(Elsewhere(safe), {"LMOD_CMD": value}) is None


def test_a_profile_script_says_where_lmod_is(safe):
    pretend(safe / "opt" / "site" / "lmod" / "8.7", "8.7.25")
    (safe / "etc" / "profile.d").mkdir(parents=True)
    (safe / "etc" / "profile.d" / "z00_lmod.sh").write_text(". /opt/site/lmod/8.7/init/$my_shell\n")
    assert find_lmod(Elsewhere(safe), {}) == Lmod("/opt/site/lmod/8.7", "8.7.25")


def test_a_profile_script_that_is_a_link_into_lmod_says_so_too(safe):
    pretend(safe / "apps" / "mine" / "lmod", "8.7.25")
    (safe / "etc" / "profile.d").mkdir(parents=True)
    (safe / "etc" / "alternatives").mkdir()
    (safe / "etc" / "alternatives" / "modules.sh").symlink_to("/apps/mine/lmod/init/profile")
    (safe / "etc" / "profile.d" / "modules.sh").symlink_to("/etc/alternatives/modules.sh")
    (safe / "apps" / "mine" / "lmod" / "init").mkdir()
    (safe / "apps" / "mine" / "lmod" / "init" / "profile").touch()
    assert find_lmod(Elsewhere(safe), {}) == Lmod("/apps/mine/lmod", "8.7.25")


def test_a_program_that_does_not_answer_like_lmod_is_passed_over(safe):
    pretend(safe / "opt" / "apps" / "lmod" / "lmod", "unknown")
    pretend(safe / "apps" / "lmod" / "lmod", "8.7.25")
    assert find_lmod(Elsewhere(safe), {}) == Lmod("/apps/lmod/lmod", "8.7.25")


def test_versions_are_compared_as_numbers():
    assert Lmod("/x", "8.10").at_least("8.6.19")
    assert Lmod("/x", "8.6").at_least("8.6")
    assert not Lmod("/x", "8.6.19").at_least("8.7")
