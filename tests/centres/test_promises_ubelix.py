"""The promises of UBELIX: typed at what we deploy for it."""

import re

import pytest

from centres.login import WHERE
from promises import kept

pytestmark = pytest.mark.xdist_group("centres")

ANACONDA = 'module -q load Anaconda3 2>/dev/null; eval "$(conda shell.bash hook)"'


@pytest.fixture
def ubelix(login):
    return login("ubelix")


@kept(
    "UBELIX",
    "module load Anaconda3",
    'eval "$(conda shell.bash hook)"',
    "conda create --name pandas",
    "conda activate pandas",
    "conda install <package_name>",
    "conda deactivate",
)
def test_the_hook_prepares_a_shell_without_conda_init(ubelix):
    said = ubelix(
        f"{ANACONDA}; conda create --name pandas; conda activate pandas; conda install pandas; python -c 'import pandas'; echo $CONDA_PREFIX; conda deactivate; echo left $CONDA_PREFIX"
    )
    assert said.splitlines()[-2:] == [f"{ubelix.home}/.conda/envs/pandas", "left"]
    assert [path.name for path in ubelix.home.glob(".bash*")] == []


@kept("UBELIX", "conda install --channel conda-forge pandas", "conda install --channel <channel_name> <package_name>")
def test_a_channel_is_named(ubelix):
    assert (
        "channels:\n  - conda-forge\n"
        in (ubelix.centre.root / "software/python/Anaconda3/2024.10-1/.condarc").read_text()
    )
    ubelix(
        f"{ANACONDA}; conda create --name x; conda activate x; conda install --channel conda-forge pandas; conda install --channel bioconda samtools; samtools --version; python -c 'import pandas'"
    )


@kept(
    "UBELIX",
    "module load Anaconda3; eval ...; conda activate pandas; python pandas_test.py; conda deactivate (in a batch script)",
    instead="The page's script has no #! line, which sbatch refuses: the kits have one.",
)
def test_a_batch_script_finds_the_environment(ubelix):
    (ubelix.home / "pandas_test.py").write_text("import pandas\nprint('pandas', pandas.__version__)\n")
    ubelix(f"{ANACONDA}; conda create --name pandas python pandas")
    (ubelix.home / "job.sh").write_text(
        f"#!/bin/bash\nset -eu\n{ANACONDA}\nconda activate pandas\npython pandas_test.py\nconda deactivate\n"
    )
    assert ubelix("module -q load Anaconda3 2>/dev/null; bash job.sh") == "pandas 1.0\n"


@kept("UBELIX", "conda clean --all")
def test_unused_packages_are_removed(ubelix):
    own = ubelix.home / "pkgs"
    ubelix(
        f"export CONDA_PKGS_DIRS={own}; {ANACONDA}; conda create --name x pandas; conda clean --all --yes; conda activate x; python -c 'import pandas'"
    )
    assert [*own.glob("*.tar.bz2")] == []


@kept(
    "UBELIX",
    "for e in $(conda env list | awk 'FNR>2 {print $1}'); do conda update --name $e <package name>; done",
    instead="The list holds the centre's environments as well, which refuse to be updated: the loop goes on, and one's own are updated.",
)
def test_the_loop_over_all_environments_updates_ones_own(ubelix):
    loop = "for e in $(conda env list | awk 'FNR>2 {print $1}'); do conda update --name $e numpy || echo kept $e; done"
    said = ubelix(f"{ANACONDA}; conda create --name mine 'numpy<2'; {loop}; conda list --name mine")
    assert "kept base" in said
    assert re.search(r"numpy +2\.0", said)


@kept("UBELIX", "which pip", "pip install --upgrade mkdocs mkdocs-minify-plugin", "pip install --user (never)")
def test_pip_installs_into_the_environment(ubelix):
    said = ubelix(
        f"{ANACONDA}; conda create --name mkdocs python 'pip<99'; conda activate mkdocs; which pip; pip install --quiet --upgrade six; python -c 'import six; print(six.__file__)'"
    )
    *_, pip, module = said.splitlines()
    assert pip == f"{ubelix.home}/.conda/envs/mkdocs/bin/pip"
    assert module.startswith(f"{ubelix.home}/.conda/envs/mkdocs/lib/python")
    assert not (ubelix.home / ".local").exists()


@kept(
    "UBELIX",
    "python -m venv --system-site-packages venvs/venv-for-demo",
    "source venvs/venv-for-demo/bin/activate",
    "pip install biopython",
    "deactivate",
    "rm -rf venvs/venv-for-demo/",
)
def test_a_virtual_environment_sees_what_is_there(ubelix):
    typed = f"module -q load Python 2>/dev/null; python -m venv --system-site-packages venvs/venv-for-demo; source venvs/venv-for-demo/bin/activate; {WHERE}; pip install --quiet cowsay; python -c 'import cowsay; print(cowsay.__file__)'; deactivate; rm -rf venvs/venv-for-demo/; command -v deactivate || echo left"
    prefix, module, left = ubelix(typed).splitlines()
    assert (prefix, left) == (f"{ubelix.home}/venvs/venv-for-demo", "left")
    assert module.startswith(prefix)


@kept(
    "UBELIX",
    "virtualenv --system-site-packages venvs/venv-for-demo",
    instead="virtualenv is not installed: `python -m venv`, which does the same, comes with Python.",
)
def test_venv_comes_with_python(ubelix):
    ubelix("module -q load Python 2>/dev/null; python -m venv --help >/dev/null")


@kept(
    "UBELIX",
    "HPC_WORKSPACE=<name> module load Workspace",
    "module load Workspace",
    instead="Without a workspace the load says so, rather than go to the home directory.",
)
def test_a_workspace_gets_the_environments(ubelix):
    space = ubelix.centre.root / "storage/workspaces/demo"
    space.mkdir(parents=True, exist_ok=True)
    said = ubelix(
        f"HPC_WORKSPACE=demo module load Workspace; umask; {ANACONDA}; conda create --name shared pandas; echo $SBATCH_ACCOUNT $CONDA_ENVS_PATH; module unload Workspace; umask"
    )
    assert said.splitlines()[0] == "0002"
    assert said.splitlines()[-2:] == [f"demo {space}/envs", "0022"]
    assert (space / "envs/shared/conda-meta").is_dir()
    assert "You have no workspace." in " ".join(ubelix.fails("module load Workspace").split())
