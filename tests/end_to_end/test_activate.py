"""`source activate` in a plain Python of ours, as in a conda prefix, in each shell that has `source NAME`."""

import shutil
import subprocess

import pytest

SHELLS = ("bash", "zsh", "ksh93")


def run(shell, script, **variables):
    """Run a script in a clean shell under `set -eu`; returns what it prints."""
    flags = {"zsh": ["-f"], "bash": ["--norc"]}.get(shell, [])
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **variables}
    argv = [shutil.which(shell) or shell, *flags, "-c", f"set -eu\n{script}"]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.fixture
def prefix(deployed):
    return deployed.prefix


@pytest.fixture(params=SHELLS)
def shell(request):
    return request.param


def activate(prefix, what):
    return f". {prefix}/bin/activate {what}\n"


def test_by_name_it_is_the_release_and_deactivate_undoes_everything(shell, prefix):
    script = (
        "before=$PATH; PS1='$ '\n"
        + activate(prefix, "tiny")
        + 'echo "$VIRTUAL_ENV $PS1"; python -c "import six, sys; print(sys.prefix)"\n'
        + 'deactivate; echo "${VIRTUAL_ENV-none} $PS1"; [ "$PATH" = "$before" ] && echo same\n'
        + "set | grep -i ^_lmodforge || echo nothing left\n"
    )
    release = (prefix / "envs/tiny").resolve()
    assert run(shell, script) == f"{release} (tiny) $ \n{release}\nnone $ \nsame\nnothing left\n"


def test_by_path_and_one_after_the_other(shell, prefix):
    web = (prefix / "envs/web").resolve()
    script = activate(prefix, "tiny") + activate(prefix, web) + 'echo "$VIRTUAL_ENV"; echo "$PATH"\n'
    assert run(shell, script) == f"{web}\n{web}/bin:/usr/bin:/bin\n"


def test_an_unknown_name_ends_a_strict_script_with_the_names_there_are(shell, prefix):
    said = run(shell, activate(prefix, "nosuch") + "echo not reached\n")
    assert said == "activate: no environment 'nosuch'; there are: tiny tiny-1 web web-1\n"


def test_a_name_in_project_space_comes_first(shell, prefix, tmp_path):
    mine = tmp_path / "envs/tiny"
    subprocess.run([prefix / "bin/python", "-m", "venv", "--without-pip", mine], check=True)
    script = activate(prefix, "tiny") + 'echo "$VIRTUAL_ENV"\n'
    assert run(shell, script, CONDA_ENVS_PATH=f"/nonexistent:{tmp_path}/envs") == f"{mine}\n"


def test_a_conda_environment_is_left_to_conda(shell, prefix, tmp_path):
    (tmp_path / "theirs/conda-meta").mkdir(parents=True)
    said = run(shell, activate(prefix, tmp_path / "theirs"))
    assert said == f"activate: {tmp_path}/theirs is a conda environment: load a conda module for it\n"


def test_a_module_loaded_in_between_keeps_its_path(shell, prefix):
    script = activate(prefix, "tiny") + 'PATH=/opt/other:$PATH; deactivate; echo "$PATH"\n'
    assert run(shell, script) == "/opt/other:/usr/bin:/bin\n"


def test_a_venv_of_the_users_own_is_left_first(shell, prefix, tmp_path):
    subprocess.run([prefix / "bin/python", "-m", "venv", "--without-pip", tmp_path / "own"], check=True)
    script = (
        f"set +u; . {tmp_path}/own/bin/activate; set -u\n"
        + activate(prefix, "tiny")
        + 'echo "$PATH"; deactivate; echo "$PATH"'
    )
    release = (prefix / "envs/tiny").resolve()
    assert run(shell, script) == f"{release}/bin:/usr/bin:/bin\n/usr/bin:/bin\n"


def test_a_child_shell_can_switch(shell, prefix):
    inner = f". {prefix}/bin/activate web; echo $PATH"
    script = activate(prefix, "tiny") + f"{shutil.which(shell)} -c '{inner}'\n"
    assert run(shell, script) == f"{(prefix / 'envs/web').resolve()}/bin:/usr/bin:/bin\n"
