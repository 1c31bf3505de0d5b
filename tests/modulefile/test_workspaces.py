"""A session is put into one of its user's workspaces, and comes out as it went in; users are not root."""

import grp
import os
import re

import pytest

from lmod import SHELLS, Shell
from lmodforge.modulefile.context import Look, WorkspacesModule
from lmodforge.modulefile.policy import lua_pattern
from site_on_disk import write_tree

USER = 65534
MINE = ("games", "video")  # groups that every Debian has, as names of workspaces
LOOK = Look("Workspace/1", "Workspace", "1", "workspace", "A workspace", default=True)


class Workspaces:
    """A tree with the module, and the directories of some workspaces."""

    def __init__(self, place, pattern="*"):
        self.place, self.root = place, place / "workspaces"
        for name in (*MINE, "closed"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        (self.root / "closed").chmod(0o700)
        variables = {"WORKSPACE": "{path}", "CONDA_ENVS_PATH": "{path}/envs", "SBATCH_ACCOUNT": "ws-{name}"}
        module = WorkspacesModule(LOOK, str(self.root), "HPC_WORKSPACE", lua_pattern(pattern), "002", variables)
        self.tree = write_tree(place / "tree", [module])

    def run(self, shell, *steps, groups=MINE, **environment):
        gids = tuple(grp.getgrnam(name).gr_gid for name in groups)
        return Shell(shell, self.place / "home", str(self.tree), environment, user=USER, groups=gids).run(*steps)


@pytest.fixture
def workspaces(place):
    assert os.geteuid() == 0, "these tests act as another user: run them as root"
    return Workspaces(place)


def words(ran):
    return " ".join(ran.said.split())


@pytest.mark.parametrize("shell", SHELLS)
def test_the_only_one_is_taken_and_left_without_a_trace(workspaces, shell):
    steps = (
        "umask 027",
        "snapshot before",
        "module load Workspace",
        "umask",
        "snapshot loaded",
        "module unload Workspace",
    )
    ran = workspaces.run(shell, *steps, "umask", "snapshot after", groups=("games",))
    assert ran.failed == []
    assert [int(mask, 8) for mask in re.findall(r"^[0-7]+$", ran.said, re.MULTILINE)] == [0o002, 0o027]
    changed = {
        k: v
        for k, v in ran["loaded"].items()
        if ran["before"].get(k) != v and not k.startswith(("__LMODFORGE", "LMOD", "LOADED", "_LM"))
    }
    path = f"{workspaces.root}/games"
    assert changed == {"WORKSPACE": path, "CONDA_ENVS_PATH": f"{path}/envs", "SBATCH_ACCOUNT": "ws-games"}
    assert ran["after"] == ran["before"]


def test_of_several_the_variable_chooses_also_for_one_command(workspaces):
    ran = workspaces.run("bash", "HPC_WORKSPACE=video module load Workspace", "snapshot loaded")
    assert ran.failed == []
    assert ran["loaded"]["WORKSPACE"] == f"{workspaces.root}/video"
    assert "HPC_WORKSPACE" not in ran["loaded"]


def test_of_several_none_is_guessed(workspaces):
    ran = workspaces.run("bash", "module load Workspace", "snapshot after")
    assert ran.failed == ["module load Workspace"]
    assert "Workspaces of yours: games, video. Set HPC_WORKSPACE to one of them, and load the module again." in words(
        ran
    )
    assert "WORKSPACE" not in ran["after"]


@pytest.mark.parametrize("name", ["closed", "no-such", "../workspaces/video", "video; touch x", "/etc"])
def test_one_that_cannot_be_entered_is_refused(workspaces, name):
    ran = workspaces.run("bash", "module load Workspace", "snapshot after", HPC_WORKSPACE=name)
    assert "HPC_WORKSPACE is not one that you can enter. Workspaces of yours: games, video." in words(ran)
    assert "WORKSPACE" not in ran["after"]


def test_who_has_none_is_told(workspaces):
    assert "You have no workspace." in words(workspaces.run("bash", "module load Workspace", groups=()))


def test_groups_can_have_a_prefix(place):
    ran = Workspaces(place, pattern="vid*").run("bash", "module load Workspace")
    assert "You have no workspace." in words(ran)


def test_a_tree_that_is_only_looked_at_loads_it_for_nobody(workspaces):
    ran = workspaces.run("bash", "module load Workspace", "snapshot after", groups=(), LMODFORGE_LOOK_ONLY="1")
    assert ran.failed == []
    assert "WORKSPACE" not in ran["after"]
