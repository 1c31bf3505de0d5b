"""`source activate` and `conda activate` without `conda init`, in every shell that has them."""

import pytest

from lmod import SHELLS, Shell

LOAD = "module load python/miniforge-25.3.0"


@pytest.fixture
def shell(site, tmp_path):
    """Make a shell by its name, with the site's modules."""

    def make(name, **environment):
        tree = site.root / "generations/0001"
        return Shell(name, tmp_path / "home", str(tree), {"TMPDIR": str(tmp_path), **environment})

    return make


def active(state):
    names = ("CONDA_DEFAULT_ENV", "CONDA_SHLVL", "CONDA_PROMPT_MODIFIER", "SCI_DECLARED")
    return tuple(state.get(name) for name in names)


@pytest.mark.parametrize("name", SHELLS)
def test_conda_activate_and_back(site, shell, name):
    ran = shell(name).run(
        LOAD,
        "conda activate sci",
        "snapshot sci",
        "conda activate ml",
        "snapshot ml",
        "conda deactivate",
        "snapshot back",
    )
    assert ran.failed == [], ran.said
    assert active(ran["sci"]) == ("sci", "1", "(sci) ", "declared")
    assert ran["sci"]["GDAL_DATA"] == f"{site.conda}/envs/sci/share/gdal"
    assert ran["sci"]["PATH"].split(":")[0] == f"{site.conda}/envs/sci/bin"
    assert active(ran["ml"])[:3] == ("ml", "2", "(ml) ")
    assert active(ran["back"]) == ("sci", "1", "(sci) ", "declared")


@pytest.mark.parametrize("name", SHELLS)
def test_micromamba_activate_and_back(site, shell, name):
    load = "module load python/micromamba-2.8.1"
    steps = ["micromamba activate sci", "snapshot sci", "micromamba deactivate", "snapshot back", "micromamba list"]
    ran = shell(name).run(load, *steps)
    assert ran.failed == [], ran.said
    assert active(ran["sci"]) == ("sci", "1", "(sci) ", "declared")
    assert ran["sci"]["MAMBA_ROOT_PREFIX"] == str(site.conda)
    assert active(ran["back"]) == (None, "0", None, None)
    assert ran.said.endswith("stand-in conda: list\n")


@pytest.mark.parametrize("name", ["bash", "zsh"])
@pytest.mark.parametrize("options", ["set -u", "set -eu"])
def test_source_activate_in_a_batch_script(shell, name, options):
    ran = shell(name).run(options, LOAD, "source activate ml", "snapshot ml", "conda deactivate", "snapshot back")
    assert active(ran["ml"])[:2] == ("ml", "1"), ran.said
    assert ran["back"]["CONDA_SHLVL"] == "0"


@pytest.mark.parametrize("name", ["bash", "zsh", "ksh", "dash"])
def test_conda_activate_in_a_batch_script_whose_activation_scripts_know_no_set_u(shell, name):
    ran = shell(name).run("set -eu", LOAD, "conda activate sci", "snapshot sci", ": ${not_set}", "snapshot never")
    assert active(ran["sci"]) == ("sci", "1", "(sci) ", "declared"), ran.said
    assert "never" not in ran.states


@pytest.mark.parametrize("name", ["bash", "zsh", "ksh", "dash", "fish"])
def test_an_environment_that_is_not_there_is_an_error(shell, name):
    ran = shell(name).run(LOAD, "conda activate nowhere", "snapshot after")
    assert ran.failed == ["conda activate nowhere"]
    assert "EnvironmentNameNotFound: Could not find conda environment: nowhere" in ran.said
    assert active(ran["after"]) == (None, None, None, None)


@pytest.mark.parametrize("name", ["bash", "zsh"])
def test_condas_own_hook_still_works(shell, name):
    ran = shell(name).run(LOAD, f'eval "$(conda shell.{name} hook)"', "conda activate ml", "snapshot ml")
    assert active(ran["ml"])[:2] == ("ml", "1"), ran.said


def test_an_environment_by_name_is_looked_for_in_project_space_first(shell, tmp_path):
    (tmp_path / "envs/mine").mkdir(parents=True)
    ran = shell("bash", CONDA_ENVS_PATH=str(tmp_path / "envs")).run(LOAD, "source activate mine", "snapshot mine")
    assert ran["mine"]["CONDA_PREFIX"] == f"{tmp_path}/envs/mine"


@pytest.mark.parametrize("name", ["bash", "zsh", "dash"])
def test_a_conda_of_the_users_own_is_named_and_left_alone(site, shell, name):
    own = [f". {site.own}/etc/profile.d/conda.sh", "conda activate mine", "snapshot before"]
    ran = shell(name).run(*own, LOAD, "conda activate yours", "snapshot yours", "module purge", "snapshot after")
    assert ran.failed == [], ran.said
    message = f"Another conda is set up in this shell ({site.own}/bin/conda) and stays"
    assert f"{message}: use `source activate NAME` for this one." in ran.said
    assert ran["yours"]["CONDA_PREFIX"] == f"{site.own}/envs/yours"
    assert ran["after"]["CONDA_PREFIX"] == f"{site.own}/envs/yours"


@pytest.mark.parametrize("name", ["bash", "zsh", "ksh", "dash", "fish"])
def test_a_toggle_that_changes_after_the_load_is_noticed_by_conda(shell, name):
    notice = "conda: USE_CONDA_CACHE is read when the module is loaded: load it again\n"
    late = shell(name).run(LOAD, "export USE_CONDA_CACHE=1", "conda create -n x", "conda list")
    early = shell(name, USE_CONDA_CACHE="1").run(LOAD, "conda create -n x")
    assert late.said.endswith(f"{notice}stand-in conda: create -n x\nstand-in conda: list\n")
    assert notice not in early.said


@pytest.mark.parametrize("name", ["bash", "zsh", "ksh", "dash"])
def test_a_child_shell_purges_what_its_parent_loaded_and_activated(site, shell, name):
    parent, child = shell(name), shell(name)
    child.scratch = parent.scratch / "child"
    strict = [] if name == "ksh" else ["set -eu"]  # Lmod's own function for ksh does not survive `set -e`
    child.scratch.mkdir(parents=True)
    (child.scratch / "child").write_text(
        "\n".join([child._init(), *strict, "module purge", *child._snapshot("after")]) + "\n"
    )
    program = " ".join([*SHELLS[name], f"{child.scratch}/child"])
    ran = parent.run(
        "snapshot before",
        LOAD,
        "conda activate sci",
        "module load sci",
        "conda activate ml",
        "snapshot during",
        program,
    )
    assert ran.failed == [], ran.said
    assert ran["during"] != ran["before"]
    assert child._state(child.scratch / "after.env").environment == ran["before"]


def test_an_environment_module_is_ready_to_use(site, shell):
    ran = shell("bash").run("module load sci", "snapshot sci")
    prefix = f"{site.conda}/envs/sci"
    found = {name: value for name, value in ran["sci"].items() if "LMOD_" not in name and not name.startswith("__")}
    mine = {name: value for name, value in found.items() if prefix in value or "CONDA" in name or "PYTHON" in name}
    assert mine == {
        "CONDA_DEFAULT_ENV": "sci",
        "CONDA_PREFIX": prefix,
        "CONDA_PROMPT_MODIFIER": "(sci) ",
        "CONDA_SHLVL": "1",
        "GDAL_DATA": f"{prefix}/share/gdal",
        "JUPYTER_PATH": f"{prefix}/share/jupyter",
        "LMODFORGE_ENVIRONMENT": prefix,
        "PATH": f"{prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHONNOUSERSITE": "1",
    }


def test_conda_activate_on_top_of_an_environment_module_and_back(site, shell):
    ran = shell("bash").run(
        LOAD, "module load sci", "snapshot sci", "conda activate ml", "snapshot ml", "conda deactivate", "snapshot back"
    )
    assert active(ran["ml"])[:2] == ("ml", "2")
    assert f"{site.conda}/envs/sci/bin" not in ran["ml"]["PATH"].split(":")
    assert active(ran["back"]) == active(ran["sci"])
    assert ran["back"]["PATH"].split(":")[0] == ran["sci"]["PATH"].split(":")[0] == f"{site.conda}/envs/sci/bin"


def test_one_environment_replaces_another(site, shell):
    ran = shell("bash").run("module load sci", "module load lab", "snapshot lab")
    assert ran["lab"]["LOADEDMODULES"] == "lab/2026.11"
    assert (ran["lab"].get("CONDA_PREFIX"), ran["lab"]["VIRTUAL_ENV"]) == (None, f"{site.python}/envs/lab")


@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize("program", ["conda", "micromamba"])
def test_a_module_that_is_loaded_again_can_still_activate(shell, name, program):
    load = LOAD.replace("miniforge-25.3.0", {"conda": "miniforge-25.3.0", "micromamba": "micromamba-2.8.1"}[program])
    again = ("snapshot between", load, f"{program} activate ml", "snapshot ml")
    for steps in ((load, *again), (load, f"{program} activate sci", *again)):
        ran = shell(name).run(*steps)
        assert ran.failed == [], ran.said
        assert active(ran["ml"])[:2] == ("ml", "1"), ran.said


@pytest.mark.parametrize("name", ["bash", "zsh", "ksh", "dash"])
def test_a_batch_script_of_a_shell_with_the_module_loads_it_again(shell, name):
    parent, child = shell(name), shell(name)
    child.scratch = parent.scratch / "child"
    child.scratch.mkdir(parents=True)
    load = "module load python/micromamba-2.8.1"
    lines = [child._init(), load, "micromamba activate ml", *child._snapshot("ml")]
    (child.scratch / "child").write_text("\n".join(lines) + "\n")
    ran = parent.run(load, " ".join([*SHELLS[name], f"{child.scratch}/child"]))
    assert ran.failed == [], ran.said
    assert active(child._state(child.scratch / "ml.env").environment)[:2] == ("ml", "1"), ran.said
