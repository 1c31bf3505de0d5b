"""The scripts that login shells source: they pin the generation that is current at login."""

import shutil
import subprocess

import pytest

from lmod import SHELLS, Shell
from lmodforge.modulefile.profile import profile_scripts
from lmodforge.modulefile.render import Templates

SCRIPTS = {"tcsh": "profile.csh", "fish": "profile.fish"}
SOURCE = {"tcsh": "source", "fish": "source"}
POSIX = ["bash", "zsh", "ksh", "dash"]
each_shell = pytest.mark.parametrize("name", SHELLS)


class Trees:
    """`generations/0007` and `0008`, of which 0007 is current, and the scripts."""

    def __init__(self, root):
        self.root = root
        for number in ("0007", "0008"):
            (root / "generations" / number / "app").mkdir(parents=True)
            (root / "generations" / number / "app/1.lua").write_text(f'setenv("APP", "{number}")\n')
        self.switch("0007")
        (root / "init").mkdir()
        for name, text in profile_scripts(str(root), Templates()).items():
            (root / "init" / name).write_bytes(text)

    def switch(self, number):
        (self.root / "current").unlink(missing_ok=True)
        (self.root / "current").symlink_to(f"generations/{number}")

    def generation(self, number):
        return f"{self.root}/generations/{number}"

    def source(self, name):
        return f"{SOURCE.get(name, '.')} {self.root}/init/{SCRIPTS.get(name, 'profile.sh')}"


@pytest.fixture
def trees(tmp_path):
    return Trees(tmp_path / "modules")


def modulepath(trees, name, *before, path="/usr/bin:/bin", options=(), **environment):
    """Source the script in a clean shell without Lmod, and return what MODULEPATH is then; None when it is unset."""
    script = "\n".join([*before, trees.source(name), "/usr/bin/env"]) + "\n"
    environment = {"PATH": path, **environment}
    program, *arguments = SHELLS[name]
    done = subprocess.run(
        [shutil.which(program) or program, *arguments, *options],
        input=script,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    found = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
    assert [key for key in found if "lmodforge" in key] == []
    return found.get("MODULEPATH")


@each_shell
def test_the_generation_that_is_current_is_pinned(trees, name):
    assert modulepath(trees, name) == trees.generation("0007")


@each_shell
def test_it_stands_before_what_is_there(trees, name):
    assert modulepath(trees, name, MODULEPATH="/a:/b") == f"{trees.generation('0007')}:/a:/b"


@each_shell
def test_sourced_twice_it_changes_nothing(trees, name):
    once = trees.source(name)
    assert modulepath(trees, name, once, MODULEPATH="/a:/b") == f"{trees.generation('0007')}:/a:/b"


@each_shell
def test_a_nested_shell_or_a_job_keeps_its_generation_after_a_deploy(trees, name):
    inherited = f"/a:{trees.generation('0007')}:/b"
    trees.switch("0008")
    assert modulepath(trees, name, MODULEPATH=inherited) == inherited


@each_shell
def test_a_generation_that_was_pruned_is_replaced(trees, name):
    entries = modulepath(trees, name, MODULEPATH=f"/a:{trees.generation('0001')}:/b").split(":")
    assert sorted(entries) == sorted([trees.generation("0007"), "/a", "/b"])


@each_shell
def test_without_a_tree_it_does_nothing_and_says_nothing(trees, name):
    (trees.root / "current").unlink()
    assert modulepath(trees, name, MODULEPATH="/a") == "/a"
    assert modulepath(trees, name) is None


@each_shell
def test_a_link_that_leads_nowhere_is_no_tree(trees, name):
    trees.switch("0009")
    assert modulepath(trees, name, MODULEPATH="/a") == "/a"


@pytest.mark.parametrize("name", POSIX)
def test_it_survives_set_eu(trees, name):
    assert modulepath(trees, name, options=["-eu"]) == trees.generation("0007")
    (trees.root / "current").unlink()
    assert modulepath(trees, name, options=["-eu"]) is None


@pytest.mark.parametrize("name", [*POSIX, "fish"])
def test_it_starts_no_program(trees, name):
    assert modulepath(trees, name, path="/nowhere") == trees.generation("0007")


@pytest.mark.parametrize("name", POSIX)
def test_a_cdpath_or_a_cd_of_the_users_does_not_mislead_it(trees, name):
    real = "builtin cd" if name in ("bash", "zsh") else "command cd"
    talkative = f'cd() {{ {real} "$@" && echo here; }}'
    assert modulepath(trees, name, talkative, CDPATH="/tmp") == trees.generation("0007")


@each_shell
def test_it_leaves_no_variable_and_no_function(trees, name, tmp_path):
    shell = Shell(name, tmp_path / "home", "/nowhere")
    ran = shell.run("snapshot before", trees.source(name), "snapshot after")
    assert ran.failed == [], ran.said
    assert ran["after"] == {**ran["before"], "MODULEPATH": f"{trees.generation('0007')}:/nowhere"}
    assert ran.states["after"].rest == ran.states["before"].rest


@each_shell
def test_where_lmod_is_at_work_it_is_told(trees, name, tmp_path):
    (tmp_path / "others").mkdir()
    (tmp_path / "others/other.lua").write_text("")
    shell = Shell(name, tmp_path / "home", str(tmp_path / "others"))
    ran = shell.run("module load other", trees.source(name), "module load app", "snapshot loaded")
    assert ran.failed == [], ran.said
    assert (ran["loaded"]["APP"], ran["loaded"]["LOADEDMODULES"]) == ("0007", "other:app/1")


@pytest.mark.parametrize("name", ["bash", "fish"])
def test_module_reset_returns_to_the_tree(trees, name, tmp_path):
    shell = Shell(name, tmp_path / "home", str(tmp_path), {"LMOD_SYSTEM_DEFAULT_MODULES": "app"})
    ran = shell.run(trees.source(name), "module load app", "module reset", "snapshot reset")
    assert ran["reset"]["MODULEPATH"].split(":") == [trees.generation("0007"), str(tmp_path)]
