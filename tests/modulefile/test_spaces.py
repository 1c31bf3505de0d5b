"""Where packages and environments go, decided at load for a user who is not root."""

import grp
import os
import shutil
import stat
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lmod import Ran, Shell
from lmodforge.modulefile.policy import CacheRule, Pi, Policy, Space, UvRule, lua_pattern
from site_on_disk import Site, make_site, write_tree

USER, COLLEAGUE = 65534, 4242  # nobody, and somebody
NAME = "nobody"
LOAD = "module load python/miniforge-25.3.0"


@pytest.fixture(autouse=True)
def as_root():
    assert os.geteuid() == 0, "these tests act as several users: run them as root"


@dataclass(frozen=True)
class World:
    """A site's spaces: projects smith and jones, where the user may write, scratch, and one for what is temporary."""

    site: Site

    @property
    def root(self) -> Path:
        return self.site.root

    @property
    def policy(self) -> Policy:
        return self.site.policy

    def with_policy(self, **changes) -> "World":
        return World(replace(self.site, policy=replace(self.policy, **changes)))

    def load(self, *steps: str, groups: tuple[int, ...] = (), **environment: str) -> Ran:
        """Load as the user, or do what else the steps say."""
        tree = write_tree(self.root / "tree", self.site.modules())
        shell = Shell("bash", self.root / "home", str(tree), environment, user=USER, groups=groups)
        ran = shell.run(*(steps or (LOAD,)), "snapshot loaded")
        assert ran.failed == [], ran.said
        return ran


@pytest.fixture
def world(place):
    policy = Policy(
        "Demo",
        project=Space(f"{place}/project", ("{pi}", "{user}")),
        scratch=Space(f"{place}/scratch", ("{user}",)),
        pi=Pi(variables=("PROJECT_PI",), accounts=("SLURM_JOB_ACCOUNT",)),
        temporary=(f"{place}/tmp",),
    )
    for name in ("smith", "jones"):
        directory(place / "project" / name, mode=0o777)
    for name in ("scratch", "tmp"):
        directory(place / name, mode=0o1777)
    return World(make_site(place, policy, venvs=False))


def directory(path: Path, mode: int = 0o755, owner: int = 0) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    os.chown(path, owner, owner)
    return path


def kind(path: Path) -> tuple[str, int]:
    status = path.lstat()
    return stat.filemode(status.st_mode), status.st_uid


def said(ran: Ran) -> list[str]:
    return [line.strip() for line in ran.said.splitlines() if line.strip()]


# ---- toggles ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["1", "yes", "TRUE", "On", " 1 "])
def test_a_toggle_that_is_on_keeps_packages_in_project_space(world, word):
    ran = world.load(USE_CONDA_CACHE=word, USE_UV_CACHE=word, PROJECT_PI="smith")
    mine = f"{world.root}/project/smith/{NAME}"
    assert ran["loaded"]["CONDA_PKGS_DIRS"] == f"{mine}/conda/pkgs"
    assert ran["loaded"]["UV_CACHE_DIR"] == f"{mine}/uv/cache"
    assert ran["loaded"]["PIP_CACHE_DIR"] == f"{mine}/pip/cache"
    conda = f"conda packages go to {mine}/conda/pkgs (USE_CONDA_CACHE=1, kept)"
    assert said(ran) == [f"{conda}; uv packages go to {mine}/uv/cache (USE_UV_CACHE=1, kept)"]


@pytest.mark.parametrize("word", ["0", "no", "False", "OFF"])
def test_a_toggle_that_is_off_takes_a_temporary_directory(world, word):
    ran = world.with_policy(conda_cache=CacheRule("USE_CONDA_CACHE", persistent=True)).load(
        USE_CONDA_CACHE=word, PROJECT_PI="smith"
    )
    assert ran["loaded"]["CONDA_PKGS_DIRS"] == f"{world.root}/tmp/lmodforge-{USER}-login/conda/pkgs"


@pytest.mark.parametrize(
    ("persistent", "word", "default"), [(False, "maybe", "0, temporary"), (True, "2; rm -rf $HOME\n%s", "1, kept")]
)
def test_a_toggle_of_nonsense_is_named_and_the_default_taken(world, persistent, word, default):
    ran = world.with_policy(conda_cache=CacheRule("USE_CONDA_CACHE", persistent)).load(
        USE_CONDA_CACHE=word, PROJECT_PI="smith"
    )
    shown = word.replace("$", "?").replace("%", "?").replace("\n", "?").replace(";", "?")
    assert said(ran)[0] == f"USE_CONDA_CACHE={shown} is not 0 or 1; the site's default is taken: {default}."
    assert ("project" in ran["loaded"]["CONDA_PKGS_DIRS"]) is persistent


def test_the_sites_default_never_beats_the_users_own_setting(world):
    own = {"CONDA_PKGS_DIRS": "/mine/pkgs", "UV_CACHE_DIR": "/mine/uv", "PIP_CACHE_DIR": "/mine/pip"}
    ran = world.load(PROJECT_PI="smith", **own)
    assert {name: ran["loaded"][name] for name in own} == own


def test_an_explicit_toggle_beats_the_users_own_setting(world):
    ran = world.load(
        USE_CONDA_CACHE="0", USE_UV_CACHE="1", CONDA_PKGS_DIRS="/mine", UV_CACHE_DIR="/mine", PROJECT_PI="smith"
    )
    assert ran["loaded"]["CONDA_PKGS_DIRS"] == f"{world.root}/tmp/lmodforge-{USER}-login/conda/pkgs"
    assert ran["loaded"]["UV_CACHE_DIR"] == f"{world.root}/project/smith/{NAME}/uv/cache"


def test_a_site_may_have_uv_keep_no_cache_at_all(world):
    ran = world.with_policy(uv=UvRule(no_cache=True)).load(USE_UV_CACHE="0", PROJECT_PI="smith")
    assert ran["loaded"]["UV_NO_CACHE"] == "1"
    assert "UV_CACHE_DIR" not in ran["loaded"]


def test_a_site_may_silence_what_the_modules_say(world):
    assert said(world.with_policy(messages=False).load(PROJECT_PI="smith")) == []


# ---- temporary directories: what somebody may have put where we are going to look ------------------------------------


def test_a_temporary_cache_is_the_users_own_and_closed(world):
    world.load()
    assert kind(world.root / f"tmp/lmodforge-{USER}-login") == ("drwx------", USER)


@pytest.mark.parametrize(
    "plant",
    [
        lambda path, root: directory(path, 0o777, COLLEAGUE),
        lambda path, root: directory(path, 0o700, COLLEAGUE),
        lambda path, root: directory(path, 0o755, USER),
        lambda path, root: directory(path, 0o777, USER),
        lambda path, root: path.symlink_to(directory(root / "theirs", 0o777, COLLEAGUE)),
        lambda path, root: path.symlink_to(directory(root / "victims", 0o700, USER)),
        lambda path, root: path.symlink_to(root / "nowhere"),
        lambda path, root: path.write_text("a file"),
    ],
    ids=[
        "an open directory of somebody else's",
        "a closed directory of somebody else's",
        "a directory of the user's that others may read",
        "a directory of the user's that others may write",
        "a link to somebody else's directory",
        "a link to a directory of the user's",
        "a link to nowhere",
        "a file",
    ],
)
def test_what_somebody_planted_is_not_used_and_not_touched(world, plant):
    planted = world.root / f"tmp/lmodforge-{USER}-login"
    plant(planted, world.root)
    before = kind(planted)
    used = Path(world.load(USE_UV_CACHE="0")["loaded"]["UV_CACHE_DIR"])
    private = world.root / "tmp" / used.relative_to(world.root / "tmp").parts[0]
    assert private.name.startswith(f"{planted.name}-")
    assert len(private.name) == len(planted.name) + 7
    assert kind(private) == ("drwx------", USER)
    assert kind(planted) == before
    assert not planted.is_dir() or list(planted.iterdir()) == []
    assert not (world.root / "nowhere").exists()


def test_a_job_gets_a_temporary_directory_of_its_own(world):
    job = directory(world.root / "job", 0o700, USER)
    ran = world.load(SLURM_TMPDIR=str(job), TMPDIR="/nowhere", SLURM_JOB_ID="4711")
    assert ran["loaded"]["UV_CACHE_DIR"] == f"{job}/lmodforge-{USER}-4711/uv/cache"


def test_a_job_without_one_does_not_share_that_of_the_login(world):
    ran = world.load(LOAD, "snapshot login", "export SLURM_JOB_ID=4711", LOAD)
    assert ran["login"]["UV_CACHE_DIR"] == f"{world.root}/tmp/lmodforge-{USER}-login/uv/cache"
    assert ran["loaded"]["UV_CACHE_DIR"] == f"{world.root}/tmp/lmodforge-{USER}-4711/uv/cache"


@pytest.mark.parametrize(
    "value", ["relative", "/tmp/../etc", "/tmp/a:b", "/tmp/$(touch x)", "/tmp/'", "/tmp/a b", "/tmp\n/x"]
)
def test_a_directory_that_no_list_of_paths_survives_is_passed_over(world, value):
    ran = world.load(TMPDIR=value, SLURM_JOB_ID="../../x")
    assert ran["loaded"]["UV_CACHE_DIR"] == f"{world.root}/tmp/lmodforge-{USER}-login/uv/cache"


def test_without_any_safe_directory_the_caches_stay_where_they_are(world):
    (world.root / "tmp").chmod(0o755)
    ran = world.load()
    assert "CONDA_PKGS_DIRS" not in ran["loaded"]
    assert "No safe temporary directory was found: package caches stay where they are." in said(ran)


# ---- project space --------------------------------------------------------------------------------------------------


def test_the_pi_comes_from_a_variable_then_from_the_slurm_account(world):
    assert (
        f"{world.root}/project/jones/{NAME}/envs"
        == world.load(SLURM_JOB_ACCOUNT="pi-jones")["loaded"]["CONDA_ENVS_PATH"]
    )
    both = world.load(SLURM_JOB_ACCOUNT="pi-jones", PROJECT_PI="smith")
    assert both["loaded"]["CONDA_ENVS_PATH"] == f"{world.root}/project/smith/{NAME}/envs"
    assert said(both)[0] == (
        f"Project space: {world.root}/project/smith/{NAME} (others of yours: jones; PROJECT_PI chooses)."
    )


def test_the_site_says_which_source_is_asked_first(world):
    pi = replace(world.policy.pi, order=("slurm_account", "env"))
    ran = world.with_policy(pi=pi).load(SLURM_JOB_ACCOUNT="jones", PROJECT_PI="smith")
    assert ran["loaded"]["CONDA_ENVS_PATH"] == f"{world.root}/project/jones/{NAME}/envs"


def test_the_pi_comes_from_the_users_groups(world):
    first, second = sorted(grp.getgrall(), key=lambda group: group.gr_gid)[3:5]
    directory(world.root / "project" / second.gr_name, 0o777)
    ran = world.with_policy(pi=Pi(group=lua_pattern("*"))).load(groups=(first.gr_gid, second.gr_gid))
    assert ran["loaded"]["CONDA_ENVS_PATH"] == f"{world.root}/project/{second.gr_name}/{NAME}/envs"


@pytest.mark.parametrize(
    ("glob", "name", "pi"),
    [("pi-*", "pi-smith", "smith"), ("pi-*", "spi-smith", None), ("*-lab", "x.y-lab", "x.y"), ("rcc", "rcc", "rcc"),
     ("a.b%*", "a.b%c", "c"), ("a.b*", "axbc", None)],
)  # fmt: skip
def test_a_pattern_of_groups_means_what_it_looks_like(glob, name, pi):
    import lupa.lua51

    assert lupa.lua51.LuaRuntime().eval("string.match")(name, lua_pattern(glob)) == pi


def test_a_project_where_the_user_may_not_write_is_passed_over(world):
    (world.root / "project/smith").chmod(0o755)
    ran = world.load(PROJECT_PI="smith", SLURM_JOB_ACCOUNT="jones")
    assert ran["loaded"]["CONDA_ENVS_PATH"] == f"{world.root}/project/jones/{NAME}/envs"


@pytest.mark.parametrize("pi", ["../scratch", "/etc", "a b", "nobody-is-called-this", ""])
def test_a_pi_that_has_no_project_leads_to_scratch(world, pi):
    ran = world.load(PROJECT_PI=pi)
    assert ran["loaded"]["CONDA_ENVS_PATH"] == f"{world.root}/scratch/{NAME}/envs"
    assert said(ran)[0] == f"No project space of yours was found: {world.root}/scratch/{NAME} is used."


def test_without_project_and_scratch_environments_stay_in_the_home_directory(world):
    (world.root / "scratch").chmod(0o755)
    ran = world.load()
    assert "CONDA_ENVS_PATH" not in ran["loaded"]
    assert said(ran)[0] == "No project or scratch space of yours was found: packages go below your home directory."


@pytest.mark.parametrize(
    "plant",
    [
        lambda path, root: directory(path, 0o777, COLLEAGUE),
        lambda path, root: (directory(path, 0o755, USER), directory(path / "envs", 0o777, COLLEAGUE)),
        lambda path, root: path.symlink_to(directory(root / "theirs", 0o777, COLLEAGUE)),
        lambda path, root: (path.symlink_to(directory(root / "victims", 0o700, USER)), os.lchown(path, COLLEAGUE, 0)),
    ],
    ids=["the directory", "envs in it", "a link to their own", "their link to a directory of the user's"],
)
def test_what_a_colleague_made_in_project_space_is_not_used(world, plant):
    plant(world.root / f"project/smith/{NAME}", world.root)
    ran = world.load(PROJECT_PI="smith")
    assert ran["loaded"].get("CONDA_ENVS_PATH", "") in ("", f"{world.root}/scratch/{NAME}/envs")
    assert any("belongs to another user and is not used." in line for line in said(ran))


def test_a_shared_space_is_open_to_the_group_and_to_conda(world):
    space = replace(world.policy.project, shared=True)
    world.with_policy(project=space).load(PROJECT_PI="smith")
    envs = world.root / f"project/smith/{NAME}/envs"
    assert kind(envs) == ("drwxrws---", USER)
    assert kind(envs / ".conda_envs_dir_test") == ("-rw-rw----", USER)


def test_envs_path_and_envs_dirs_are_never_set_together(world):
    ran = world.load(PROJECT_PI="smith", CONDA_ENVS_DIRS="/mine")
    assert "CONDA_ENVS_PATH" not in ran["loaded"]


def test_uv_copies_where_cache_and_project_are_on_different_file_systems(world):
    other = directory(Path("/dev/shm") / world.root.name, 0o700, USER)
    assert other.stat().st_dev != world.root.stat().st_dev
    apart = world.load("module load uv", PROJECT_PI="smith", TMPDIR=str(other))
    together = world.load("module load uv", PROJECT_PI="smith")
    shutil.rmtree(other)
    assert (apart["loaded"].get("UV_LINK_MODE"), together["loaded"].get("UV_LINK_MODE")) == ("copy", None)


def test_uv_puts_pythons_and_tools_into_the_space_and_downloads_as_the_site_says(world):
    ran = world.with_policy(uv=UvRule(python_downloads="manual")).load("module load uv", PROJECT_PI="smith")
    mine = f"{world.root}/project/smith/{NAME}"
    found = {name: ran["loaded"][name] for name in ("UV_PYTHON_INSTALL_DIR", "UV_TOOL_DIR", "UV_PYTHON_DOWNLOADS")}
    assert found == {
        "UV_PYTHON_INSTALL_DIR": f"{mine}/uv/python",
        "UV_TOOL_DIR": f"{mine}/uv/tools",
        "UV_PYTHON_DOWNLOADS": "manual",
    }


@pytest.mark.parametrize("command", ["show", "help", "whatis", "spider", "avail", "is-avail"])
def test_looking_at_a_module_makes_nothing(world, command):
    before = sorted(world.root.rglob("*"))
    world.load(f"module {command} python/miniforge-25.3.0", PROJECT_PI="smith", USE_CONDA_CACHE="1")
    made = {path for path in world.root.rglob("*") if path not in before}
    assert {path.relative_to(world.root).parts[0] for path in made} <= {"home", "tree"}


def test_a_module_that_goes_first_takes_nothing_from_one_that_stays(world):
    ran = world.load(LOAD, "module load uv", "module unload python", PROJECT_PI="smith")
    assert ran["loaded"]["UV_CACHE_DIR"] == f"{world.root}/tmp/lmodforge-{USER}-login/uv/cache"
