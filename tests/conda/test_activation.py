"""What activation does is captured when an environment is built; what no module can do is said."""

import pytest

from conda.shells import in_lmod
from lmodforge.errors import StepFailed


def add_scripts(centre, **scripts):
    """Add a package with activation scripts to the environment; `a__sh` is `a.sh`."""
    files = {f"etc/conda/activate.d/{name.replace('__', '.')}": text for name, text in scripts.items()}
    centre.channel.add("activated", files={"tools/tool": "", **files})
    centre.channel.index()
    centre.sci["conda"] = ["activated"]


def captured(centre):
    centre.deploy()
    return [(each.action, each.variable, each.value) for each in centre.receipt.operations]


def test_set_prepend_and_append_are_told_apart_and_relative_to_the_release(centre):
    add_scripts(
        centre,
        a__sh=(
            'export GDAL_DATA="$CONDA_PREFIX/share/gdal"\n'
            'export LD_LIBRARY_PATH="$CONDA_PREFIX/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"\n'
            'export MANPATH="$MANPATH:/opt/man"\n'
            'export PATH="$CONDA_PREFIX/tools:$PATH"\n'
        ),
    )
    assert captured(centre) == [
        ("set", "GDAL_DATA", "{prefix}/share/gdal"),
        ("prepend", "LD_LIBRARY_PATH", "{prefix}/lib"),
        ("append", "MANPATH", "/opt/man"),
        ("prepend", "PATH", "{prefix}/tools"),
    ]
    assert centre.receipt.lacks == ()


def test_scripts_of_several_packages_add_to_one_variable(centre):
    add_scripts(
        centre,
        a__sh='export LD_LIBRARY_PATH="$CONDA_PREFIX/a${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"; export ONE=a\n',
        b__sh='export LD_LIBRARY_PATH="$CONDA_PREFIX/b${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"; export ONE=b\n',
    )
    assert captured(centre) == [
        ("prepend", "LD_LIBRARY_PATH", "{prefix}/a"),
        ("prepend", "LD_LIBRARY_PATH", "{prefix}/b"),
        ("set", "ONE", "b"),
    ]
    said = in_lmod(centre.small, "export LD_LIBRARY_PATH=/mine; module load sci; echo $LD_LIBRARY_PATH")
    assert said == f"{centre.release}/b:{centre.release}/a:/mine\n"


def test_a_module_does_what_activation_does_and_undoes_it(centre):
    add_scripts(centre, a__sh='export GDAL_DATA="$CONDA_PREFIX/share/gdal"\nexport MANPATH="$MANPATH:/opt/man"\n')
    centre.deploy()
    said = in_lmod(
        centre.small,
        "export GDAL_DATA=mine MANPATH=/my/man; module load sci; echo $GDAL_DATA $MANPATH\n"
        "module unload sci; echo $GDAL_DATA $MANPATH",
    )
    assert said == f"{centre.release}/share/gdal /my/man:/opt/man\nmine /my/man\n"


def test_variables_that_packages_and_environments_declare_come_before_scripts(centre):
    centre.channel.add(
        "declaring",
        files={
            "etc/conda/env_vars.d/declaring.json": '{"FROM_PACKAGE": "yes", "BOTH": "declared"}',
            "etc/conda/activate.d/declaring.sh": 'export BOTH="script after $BOTH"\n',
        },
    )
    centre.channel.index()
    centre.sci["conda"] = ["declaring"]
    assert captured(centre) == [("set", "FROM_PACKAGE", "yes"), ("set", "BOTH", "script after declared")]


def test_what_a_module_lacks_is_said(centre):
    add_scripts(
        centre,
        a__sh="hello() { echo hello; }\nalias ll='ls -l'\n",
        b__sh='export FLAGS="-O2 $FLAGS -g"\n',
        c__sh="unset PYTHONPATH\n",
        d__sh=': "${EDITOR:=nano}"; export EDITOR\n',
        da__sh='export CACHE="$HOME/.cache"\n',
        e__sh='mkdir -p "$HOME/.tool"; export LINES_="a\nb"\n',
    )
    centre.deploy()
    assert centre.receipt.lacks == (
        "a.sh defines shell functions or aliases, which no module can: alias ll, hello",
        "b.sh makes FLAGS from what is there before, which the module does not",
        "c.sh takes PYTHONPATH away, which the module does not",
        "d.sh leaves a value of EDITOR that is there already; the module sets its own",
        "da.sh makes CACHE from the home directory, which the module does not",
        "e.sh gives LINES_ a value that no module can hold",
        "activation writes files into the home directory, which no module does: .tool",
    )
    assert [each.variable for each in centre.receipt.operations] == ["EDITOR"]


def test_the_deploy_that_builds_it_and_every_plan_warn_of_what_a_module_lacks(centre):
    add_scripts(centre, a__sh="hello() { echo hello; }\n")
    warning = "environment sci 1: a.sh defines shell functions or aliases, which no module can: hello"
    assert centre.deploy().plan.warnings == (warning,)
    centre.sci["summary"] = "for science"
    assert f"\nwarning: {warning}\n" in centre.small.plan()


def test_what_conda_keeps_for_deactivation_is_no_part_of_a_module(centre):
    add_scripts(
        centre,
        a__sh=(
            '[ -z "$PROJ_DATA" ] || export _CONDA_SET_PROJ_DATA="$PROJ_DATA"\n'
            'export PROJ_DATA="$CONDA_PREFIX/share/proj"\n'
        ),
    )
    assert captured(centre) == [("set", "PROJ_DATA", "{prefix}/share/proj")]


def test_nothing_of_the_environment_of_root_is_captured(centre, monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", "/root/lib")
    monkeypatch.setenv("BASH_ENV", "/root/evil.sh")
    add_scripts(centre, a__sh='export SEEN="$LD_LIBRARY_PATH$BASH_ENV$USER"\nexport LIBRARY="$LD_LIBRARY_PATH:/x"\n')
    centre.deploy()
    assert "/root" not in str(centre.receipt.operations)


def test_a_script_that_ends_the_shell_publishes_nothing(centre):
    add_scripts(centre, a__sh="echo no licence server >&2; exit 3\n")
    with pytest.raises(StepFailed) as failed:
        centre.deploy()
    assert str(failed.value) == "environment sci: activation ended with exit code 3: no licence server"
    assert not (centre.small.modulefiles / "current").exists()


def test_checks_run_as_activated(centre):
    add_scripts(centre, a__sh='export PROJ_DATA="$CONDA_PREFIX/share/proj"\n')
    centre.sci["check"] = {"run": ["sh -c 'test $PROJ_DATA = $CONDA_PREFIX/share/proj'"]}
    centre.deploy()
