"""A whole tree in real Lmod: what its checkers, `avail` and `spider` make of it, and how modules come and go."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from example_modules import MODULES
from lmod import SHELLS, Shell, lmod
from lmodforge.modulefile.context import LifeCycle, RemovedModule
from site_on_disk import write_tree

TESTS = Path(__file__).parent.parent
PAST, FUTURE = "2020-01-31", "2999-12-31"


@pytest.fixture
def tree(tmp_path):
    return write_tree(tmp_path / "tree", MODULES)


@pytest.fixture
def bash(tmp_path):
    def make(modulepath, **environment):
        return Shell("bash", tmp_path / "home", str(modulepath), {"TMPDIR": str(tmp_path), **environment})

    return make


def lua_files(tree):
    return sorted(str(path) for path in tree.rglob("*.lua"))


# ---- checkers -------------------------------------------------------------------------------------------------------


def test_luacheck_finds_no_name_that_lmod_does_not_have(tree):
    config = str(TESTS / ".luacheckrc")
    done = subprocess.run(
        ["luacheck", "--no-color", "--config", config, *lua_files(tree)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_luacheck_would_find_one(tree):
    (tree / "bad.lua").write_text('setevn("A", "b")\n')
    config = str(TESTS / ".luacheckrc")
    done = subprocess.run(["luacheck", "--config", config, str(tree / "bad.lua")], capture_output=True, check=False)
    assert done.returncode == 1


def test_luac_compiles_every_file(tree):
    subprocess.run(["luac5.3", "-p", *lua_files(tree)], check=True)


def test_lmods_tree_checker_finds_nothing(tree, bash):
    checker = f"{lmod().package}/libexec/check_module_tree_syntax"
    ran = bash(tree).run(f"{checker} {tree}")
    assert (ran.failed, ran.said) == ([], "\nNo errors found\n\n")


@pytest.mark.parametrize("module", [module.look.full_name for module in MODULES if not getattr(module, "below", "")])
def test_lmods_syntax_check_finds_nothing(tree, bash, module):
    ran = bash(tree).run(f"module --checkSyntax load {module}")
    assert (ran.failed, ran.said) == ([], "")


@pytest.mark.parametrize("name", ["bash", "dash", "ksh"])
def test_shells_read_the_scripts_without_a_complaint(tree, name):
    subprocess.run([*SHELLS[name], "-n", tree / "__lmodforge/undo.sh"], check=True)


# ---- avail, spider --------------------------------------------------------------------------------------------------


def test_avail_shows_the_modules_and_nothing_of_ours(tree, bash):
    ran = bash(tree).run("module -t avail", "echo ---", "module -t --show_hidden avail")
    plain, hidden = ran.said.split("---\n")
    shown = ["python/miniforge-25.3.0", "python/3.11.9", "sci/2026.11", "uv/0.13.8"]
    assert [line for line in plain.splitlines() if line.rstrip("/") in shown] == shown
    assert "lmodforge" not in ran.said.replace(str(tree), "").replace("lmodforge-test", "")
    assert "__below" not in ran.said
    of_hidden = ["python/anaconda-2022.05", "ml/2025.11"]
    assert [name for name in of_hidden if name in plain] == []
    assert [name for name in of_hidden if name in hidden] == of_hidden


def test_spider_knows_version_category_url_packages_and_default(tree, bash, tmp_path):
    spider = f"{lmod().package}/libexec/spider"
    ran = bash(tree).run(f"{spider} -o jsonSoftwarePage {tree} >{tmp_path}/spider.json")
    assert ran.failed == [], ran.said
    found = {entry["package"]: entry for entry in json.loads((tmp_path / "spider.json").read_text())}
    python, sci = found["python"], found["sci"]["versions"][0]
    assert python["defaultVersionName"] == "25.3.0"
    assert python["description"] == "Conda and mamba, with packages from conda-forge"
    versions = {version["full"]: version for version in python["versions"]}
    assert versions["python/miniforge-25.3.0"]["markedDefault"] is True
    assert versions["python/miniforge-25.3.0"]["help"].startswith("Miniforge 25.3.0: Conda and mamba")
    assert sci["full"] == "sci/2026.11"
    raw = tmp_path / "raw.json"
    bash(tree).run(f"{spider} -o spider-json {tree} >{raw}")
    modules = {entry["fullName"]: entry for group in json.loads(raw.read_text()).values() for entry in group.values()}
    forge = modules["python/miniforge-25.3.0"]
    assert (forge["Version"], forge["Category"], forge["URL"]) == ("25.3.0", "python", "https://conda-forge.org/")
    assert forge["provides"] == ["conda/25.3.0", "mamba/2.1.0"]
    assert [entry.split("/")[0] for entry in modules["sci/2026.11"]["provides"]][:3] == [
        "package-0",
        "package-1",
        "package-10",
    ]
    assert "lab/2026.11" in modules  # in a hierarchy spider sees what a distribution opens


def test_module_spider_finds_the_module_that_holds_a_package(tree, bash):
    ran = bash(tree).run("module spider package-7")
    assert "package-7/1.7 (E)" in ran.said
    assert "sci/2026.11" in bash(tree).run("module spider package-7/1.7").said


@pytest.mark.parametrize("language", ["python", "perl", "r", "cmake", "ruby", "lisp"])
def test_languages_that_have_modules_load_and_unload_them(site, tmp_path, bash, language):
    tree = write_tree(tmp_path / "tree", site.modules())
    command = f"{lmod().command} {language}"
    ran = bash(tree).run(
        f"{command} load python/miniforge-25.3.0 sci >{tmp_path}/out", "module load sci uv", f"{command} purge"
    )
    assert ran.failed == [], ran.said
    assert "sci/2026.11" in (tmp_path / "out").read_text()
    assert "error" not in ran.said.lower()


# ---- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["python", "python/miniforge", "miniforge", "python/miniforge-25.3.0"])
def test_names_that_lead_to_a_module(site, tmp_path, bash, name):
    modules = site.modules()
    cycle = LifeCycle(aliases=("python/miniforge", "miniforge"))
    modules[0] = replace(modules[0], look=replace(modules[0].look, lifecycle=cycle))
    ran = bash(write_tree(tmp_path / "tree", modules)).run(f"module load {name}", "snapshot loaded")
    assert ran["loaded"]["LOADEDMODULES"] == "python/miniforge-25.3.0", ran.said


def test_a_site_may_ask_for_versions(site, tmp_path, bash):
    notice = "Name the version: the default moves on."
    modules = replace(site, policy=replace(site.policy, notice=notice)).modules()
    tree = write_tree(tmp_path / "tree", modules)
    assert notice in bash(tree).run("module load uv").said
    assert notice not in bash(tree).run("module load uv/0.13.8").said


# ---- life cycle -----------------------------------------------------------------------------------------------------


def with_cycle(site, tmp_path, **cycle):
    modules = site.modules()
    modules[3] = replace(modules[3], look=replace(modules[3].look, lifecycle=LifeCycle(**cycle)))
    return write_tree(tmp_path / "tree", modules)


def test_a_deprecated_module_says_so_from_its_day_on(site, tmp_path, bash):
    tree = with_cycle(site, tmp_path, deprecated=PAST, removed=FUTURE, advice="Load ml.")
    ran = bash(tree).run("module load sci", "snapshot loaded")
    assert ran.said == f"sci/2026.11 is deprecated and will be removed on {FUTURE}. Load ml.\n"
    assert ran["loaded"]["LOADEDMODULES"] == "sci/2026.11"


def test_before_that_day_it_says_nothing(site, tmp_path, bash):
    ran = bash(with_cycle(site, tmp_path, deprecated=FUTURE)).run("module load sci")
    assert (ran.failed, ran.said) == ([], "")


def test_a_removed_module_cannot_be_loaded_from_its_day_on(site, tmp_path, bash):
    tree = with_cycle(site, tmp_path, removed=PAST, advice="Load ml.")
    ran = bash(tree).run("snapshot before", "module load sci", "snapshot after")
    assert ran.failed == ["module load sci"]
    assert f"sci/2026.11 was removed on {PAST}. Load ml." in ran.said
    assert ran["after"] == ran["before"]


def test_what_is_left_of_a_module_cannot_be_loaded(site, tmp_path, bash):
    look = replace(site.modules()[3].look, lifecycle=LifeCycle(advice="Load ml/2026.11."))
    ran = bash(write_tree(tmp_path / "tree", [RemovedModule(look)])).run("module load sci/2026.11")
    assert ran.failed == ["module load sci/2026.11"]
    assert "sci/2026.11 was removed. Load ml/2026.11." in ran.said


# ---- hierarchy ------------------------------------------------------------------------------------------------------


def hierarchy(site):
    modules = site.modules()
    modules[0] = replace(modules[0], opens=True)
    modules[3] = replace(modules[3], below="python/miniforge-25.3.0")
    return modules


def test_in_a_hierarchy_an_environment_shows_once_its_distribution_is_loaded(site, tmp_path, bash):
    tree = write_tree(tmp_path / "tree", hierarchy(site))
    forge = "module load python/miniforge-25.3.0"
    ran = bash(tree).run(
        "snapshot before",
        "module is-avail sci",
        forge,
        "module load sci",
        "snapshot during",
        "module purge",
        "snapshot after",
    )
    assert ran.failed == ["module is-avail sci"]
    assert ran["during"]["CONDA_PREFIX"] == f"{site.conda}/envs/sci"
    assert ran["after"] == ran["before"]


def test_an_environment_goes_with_the_distribution_that_opened_the_way_to_it(site, tmp_path, bash):
    tree = write_tree(tmp_path / "tree", hierarchy(site))
    load = ["module load python/miniforge-25.3.0", "module load sci"]
    unload = ["module unload python", "snapshot unloaded", "module purge"]
    ran = bash(tree).run("snapshot before", *load, *unload, "snapshot after")
    assert "CONDA_PREFIX" not in ran["unloaded"]
    assert ran["after"] == ran["before"]


def test_a_variable_that_a_shell_would_read_is_told_and_not_run(site, tmp_path, bash):
    tree = write_tree(tmp_path / "tree", site.modules())
    odd = f"/it is `touch {tmp_path}/owned`"
    load = ["module load python/miniforge-25.3.0 sci", "conda activate ml", f"export CONDA_PREFIX={odd}"]
    ran = bash(tree).run(*load, "module unload sci")
    assert "lmodforge: `above_conda " in ran.said
    assert f": a shell would read a part of {odd}\n" in ran.said
    assert not (tmp_path / "owned").exists()


# ---- nothing fails in silence ----------------------------------------------------------------------------------------


def test_a_tree_that_is_damaged_says_so_at_load_and_at_unload(site, tmp_path, bash):
    tree = write_tree(tmp_path / "tree", site.modules())
    shared = f"{tree}/__lmodforge/module.lua"
    missing = f"{shared} is missing: deploy again."
    assert bash(tree).run(f"mv {shared} {tree}/away", "module load sci").said.count(missing) == 1
    ran = bash(tree).run(f"mv {tree}/away {shared}", "module load sci", f"mv {shared} {tree}/away", "module unload sci")
    assert missing in ran.said


@pytest.mark.parametrize("damage", ["rm", "echo 'return {' >", "echo 'error(1)' >"])
def test_an_error_at_unload_is_told(site, tmp_path, bash, damage):
    tree = write_tree(tmp_path / "tree", site.modules())
    ran = bash(tree).run("module load sci", f"{damage} {tree}/__lmodforge/undo.lua", "module unload sci")
    assert "lmodforge: `family python_environment` was not undone: " in ran.said


def test_a_record_that_somebody_made_up_does_no_harm(site, tmp_path, bash):
    """The record is the user's own environment: it can hold anything, and nothing of it reaches a shell unquoted."""
    tree = write_tree(tmp_path / "tree", site.modules())
    made_up = f"nonsense x;conda /x$(touch${{IFS}}{tmp_path}/owned) 0 none;env;;prepend PATH;above_venv $(:)"
    ran = bash(tree).run(
        "module load sci",
        f"export __LMODFORGE_sci={made_up}",
        "export CONDA_EXE=/x/bin/conda",
        "module unload sci",
        "snapshot after",
    )
    assert not (tmp_path / "owned").exists()
    assert "__LMODFORGE_sci" not in ran["after"]
    assert "lmodforge: `nonsense x` was not undone: " in ran.said
