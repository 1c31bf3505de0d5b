"""The promises of ULHPC: typed at what we deploy for it."""

import pytest

from centres.login import WHERE
from me import ME
from promises import kept

pytestmark = pytest.mark.xdist_group("centres")

MAMBA = "module -q load Micromamba 2>/dev/null"


@pytest.fixture
def ulhpc(login):
    found = login("ulhpc")
    (found.centre.root / "home/users" / ME).mkdir(parents=True, exist_ok=True)
    return found


@kept(
    "ULHPC",
    '"${SHELL}" <(curl -L ...)',
    instead="The centre installs micromamba: `module load Micromamba`. Nothing is written to ~/.bashrc or ~/.condarc.",
)
@kept(
    "ULHPC",
    "micromamba create --name <environment name>",
    "micromamba activate <environment name>",
    "micromamba install <package name>",
    "micromamba deactivate",
)
def test_micromamba_makes_environments_where_the_guide_has_them(ulhpc):
    said = ulhpc(
        f"{MAMBA}; micromamba create --yes --name tried; micromamba activate tried; micromamba install --yes pandas; {WHERE}; micromamba deactivate; echo left $CONDA_PREFIX"
    )
    assert said.splitlines()[-2:] == [f"{ulhpc.centre.root}/home/users/{ME}/micromamba/envs/tried", "left"]
    assert [path.name for path in ulhpc.home.glob(".bash*")] == []


@kept(
    "ULHPC",
    "micromamba install --chanell <chanell 1> --channels <chanell 2> <package name>",
    instead="Both options are misspelt on the page: it is --channel, twice.",
)
@kept(
    "ULHPC",
    "micromamba install <chanell>::<package name>",
    "micromamba create --name R-project",
    "micromamba activate R-project",
    "micromamba install --channel conda-forge r-base",
    "micromamba install conda-forge::r-base",
)
def test_r_is_installed_from_the_channel_that_is_named(ulhpc):
    for spec in (
        "--channel conda-forge r-base",
        "conda-forge::r-base",
        "--channel conda-forge --channel bioconda r-base",
    ):
        assert (
            ulhpc(
                f"{MAMBA}; micromamba create --name R-project; micromamba activate R-project; micromamba install --yes {spec} >/dev/null; Rscript --version"
            ).splitlines()[-1]
            == "Rscript 4.4.3 --version"
        )


@kept(
    "ULHPC",
    "micromabma activate python-project",
    "micromabma activate R-project",
    instead="The page misspells micromamba.",
)
@kept("ULHPC", "micromamba activate (a second one) ... micromamba deactivate")
def test_activations_are_stacked_and_come_off_one_by_one(ulhpc):
    ulhpc(f"{MAMBA}; micromamba create --name python-project python; micromamba create --name R-project r-base")
    steps = "echo $CONDA_DEFAULT_ENV $CONDA_SHLVL"
    said = ulhpc(
        f"{MAMBA}; micromamba activate python-project; {steps}; micromamba activate R-project; {steps}; Rscript --version; micromamba deactivate; {steps}; {WHERE} >/dev/null; micromamba deactivate; {steps}"
    )
    assert said.splitlines() == ["python-project 1", "R-project 2", "Rscript 4.4.3 --version", "python-project 1", "0"]


@kept(
    "ULHPC",
    "micromamba activate R-project; srun Rscript --no-save --no-restore script.R; micromamba deactivate (in a batch script)",
    instead="Without the guide's lines in ~/.bashrc a script loads the module first; the page's has no #! line.",
)
def test_a_batch_script_runs_r(ulhpc):
    ulhpc(f"{MAMBA}; micromamba create --name R-project r-base")
    (ulhpc.home / "job.sh").write_text(
        f"#!/bin/bash\nset -eu\n{MAMBA}\nmicromamba activate R-project\nRscript --no-save --no-restore script.R\nmicromamba deactivate\n"
    )
    assert ulhpc(f"{MAMBA}; bash job.sh") == "Rscript 4.4.3 --no-save --no-restore script.R\n"


@kept(
    "ULHPC",
    "module load rstats",
    "module load pydata",
    instead="The centre's own R and Python environments need no activation.",
)
def test_the_centres_environments_are_ready(ulhpc):
    assert ulhpc("module load rstats; Rscript --version") == "Rscript 4.4.3 --version\n"
    assert (
        ulhpc("module load pydata; python -c 'import numpy, pandas'; jupyter lab --version")
        == "jupyter 1.0 lab --version\n"
    )


@kept(
    "ULHPC",
    "micromaba env export --name <environment name> > <environment name>.yml",
    instead="The page misspells micromamba.",
)
@kept("ULHPC", "micromamba create --name <environment name> --file <environment name>.yml")
def test_a_specification_makes_the_same_environment(ulhpc):
    said = ulhpc(
        f"{MAMBA}; micromamba create --name one python pandas; micromamba env export --name one > one.yml; micromamba create --name two --file one.yml; for e in one two; do micromamba list --name $e > $e.txt; done; cmp one.txt two.txt; cat two.txt"
    )
    assert "pandas               1.0\n" in said


@kept(
    "ULHPC",
    "micromamba env create --name jupyter",
    "micromamba install --name jupyter conda-forge::jupyterlab",
    "micromamba activate jupyter",
    "micromamba install conda-forge::numpy conda-forge::pandas",
)
@kept("ULHPC", "micromamba deactive", instead="It is `micromamba deactivate`.")
def test_jupyter_gets_an_environment_and_more_packages(ulhpc):
    said = ulhpc(
        f"{MAMBA}; micromamba env create --name jupyter; micromamba install --name jupyter conda-forge::jupyterlab; micromamba activate jupyter; jupyter lab --version; micromamba install conda-forge::numpy conda-forge::pandas; python -c 'import numpy, pandas'; micromamba deactivate"
    )
    assert "jupyter 1.0 lab --version" in said


@kept(
    "ULHPC",
    "micromamba update --name <environment name> <package name>",
    "micromamba update --name <environment name> --all",
    "for e in $(micromamba env list | awk 'FNR>2 {print $1}'); do micromamba update --yes --name $e <package name>; done",
    "for e in $(micromamba env list | awk 'FNR>2 {print $1}'); do micromamba update --yes --name $e --all; done",
)
def test_packages_are_updated_in_one_or_all_environments(ulhpc):
    for update in (
        "micromamba update --name old numpy",
        "for e in $(micromamba env list | awk 'FNR>2 {print $1}'); do micromamba update --yes --name $e numpy || :; done",
    ):
        said = ulhpc(
            f"{MAMBA}; micromamba create --name old 'numpy<2'; micromamba list --name old; {update}; micromamba list --name old"
        )
        assert "numpy                1.0" in said
        assert "numpy                2.0" in said


@kept("ULHPC", "micromamba clean --all --yes", "ls -lahFi pkgs/... envs/... (hard links)")
def test_environments_share_files_with_the_cache_and_what_nobody_uses_goes(ulhpc):
    links = "stat -c %h $CONDA_ENVS_PATH/linked/lib/python*/site-packages/mkdocs.py"
    remove = "rm -r $CONDA_ENVS_PATH/linked; micromamba clean --all --yes; ls $CONDA_PKGS_DIRS | grep -c mkdocs || :"
    typed = f"micromamba create --name linked mkdocs; {links}; micromamba clean --all --yes; {links}; {remove}"
    first, _, second, _, left = ulhpc(f"{MAMBA}; {typed}").splitlines()[-5:]
    assert int(first) == int(second) > 1
    assert left == "0"
