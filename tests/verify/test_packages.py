"""The commands that install what is missing, per package manager."""

import os

import pytest

from elsewhere import Elsewhere
from lmodforge.verify.packages import install_command, install_steps

MANAGERS = {
    "apt-get": (
        "ID=debian",
        [["apt-get", "update"], ["apt-get", "install", "-y", "lmod", "zsh"]],
    ),
    "dnf": (
        'ID="rocky"',
        [["dnf", "install", "-y", "epel-release"], ["dnf", "install", "-y", "Lmod", "zsh"]],
    ),
    "dnf5": ("ID=fedora", [["dnf", "install", "-y", "Lmod", "zsh"]]),
    "zypper": ("ID=sles", [["zypper", "--non-interactive", "install", "lua-lmod", "zsh"]]),
}


@pytest.mark.parametrize("manager", MANAGERS)
def test_each_package_manager_has_its_words(tmp_path, manager):
    release, steps = MANAGERS[manager]
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "os-release").write_text(f"NAME=x\n{release}\n")
    (tmp_path / "usr" / "bin").mkdir(parents=True)
    program = tmp_path / "usr" / "bin" / steps[0][0]
    program.touch(0o755)
    host = Elsewhere(tmp_path, "/etc", "/usr", "/bin", "/sbin")
    sudo = "" if os.geteuid() == 0 else "sudo "
    assert install_steps(host, ["lmod", "zsh"]) == steps
    assert install_command(host, ["lmod", "zsh"]) == " && ".join(sudo + " ".join(step) for step in steps)


def test_a_host_with_no_known_package_manager_is_told_in_words(tmp_path):
    host = Elsewhere(tmp_path, "/etc", "/usr", "/bin", "/sbin")
    assert install_steps(host, ["lmod"]) == []
    assert install_command(host, ["lmod", "zsh"]) == "install lmod, zsh with this host's package manager"
