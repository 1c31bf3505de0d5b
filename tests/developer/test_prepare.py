"""Installing what the tests need."""

import pytest

from elsewhere import Elsewhere
from lmodforge.apply.system import RealSystem
from lmodforge.developer.prepare import missing_packages, prepare
from lmodforge.errors import SiteError

BARE = ("/etc", "/opt", "/apps", "/usr", "/bin", "/sbin")


def test_a_host_where_the_tests_run_lacks_nothing(capfd):
    prepare(RealSystem())
    assert capfd.readouterr() == ("", "")


def test_a_bare_host_lacks_everything(tmp_path):
    assert missing_packages(Elsewhere(tmp_path, *BARE)) == [
        *("lmod", "bash", "zsh", "tcsh", "fish", "ksh", "dash", "lua5.3", "lua-check"),
        *(
            "bubblewrap",
            "strace",
            "bindfs",
            "shellcheck",
            "git",
            "chromium",
            "slurmctld",
            "slurmd",
            "slurm-client",
            "munge",
        ),
        *("squashfs-tools", "openssl", "zstd", "debootstrap", "podman", "uidmap", "runc"),
    ]


def test_a_host_with_no_known_package_manager_is_told_what_to_install(tmp_path):
    (tmp_path / "usr" / "bin").mkdir(parents=True)
    shells = ("bash", "zsh", "tcsh", "ksh", "dash")
    others = (
        "luac",
        "luacheck",
        "bwrap",
        "strace",
        "bindfs",
        "shellcheck",
        "git",
        "chromium",
        "debootstrap",
        "podman",
        "runc",
    )
    batch = ("slurmctld", "slurmd", "sbatch", "munged", "mksquashfs", "openssl", "zstd", "newuidmap")
    for name in (*shells, *others, *batch):
        (tmp_path / "usr" / "bin" / name).touch(0o755)
    with pytest.raises(SiteError) as caught:
        prepare(Elsewhere(tmp_path, *BARE))
    assert str(caught.value) == (
        "the tests need lmod, fish; this host's package manager is not known\n"
        "  hint: install lmod, fish with this host's package manager"
    )
