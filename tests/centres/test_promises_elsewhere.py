"""The promises of UBELIX, ULHPC, CHTC and USGS Astrogeology: typed at what we deploy for them."""

import re
import subprocess
import sys

import pytest

from lmodforge.kits.archive import Archive, way_for
from promises import kept

pytestmark = pytest.mark.xdist_group("centres")

WHERE = "python -c 'import sys; print(sys.prefix)'"

# ---- UBELIX ---------------------------------------------------------------------------------------------------------

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


# ---- ULHPC ----------------------------------------------------------------------------------------------------------

MAMBA = "module -q load Micromamba 2>/dev/null"


@pytest.fixture
def ulhpc(login):
    found = login("ulhpc")
    (found.centre.root / "home/users/root").mkdir(parents=True, exist_ok=True)
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
    assert said.splitlines()[-2:] == [f"{ulhpc.centre.root}/home/users/root/micromamba/envs/tried", "left"]
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


# ---- CHTC -----------------------------------------------------------------------------------------------------------

MINICONDA = "module -q load miniconda 2>/dev/null"


@pytest.fixture
def chtc(login):
    return login("chtc")


@kept(
    "CHTC",
    "wget https://repo.anaconda.com/miniconda/Miniconda3-latest-Linux-x86_64.sh",
    "sh Miniconda3-latest-Linux-x86_64.sh",
    instead="`module load miniconda`: one Miniconda for all, of a version and hash that the site file names, and nobody accepts a licence by habit.",
)
@kept(
    "CHTC",
    "conda create -n env-name",
    "conda activate env-name",
    "conda install pkg1 pkg2",
    "conda deactivate",
    "conda create -n py-data-sci; conda activate py-data-sci; conda install pandas matplotlib; conda deactivate",
)
def test_an_environment_is_made_step_by_step(chtc):
    said = chtc(
        f"{MINICONDA}; conda create -n env-name; conda activate env-name; conda install pandas matplotlib; python -c 'import pandas, matplotlib'; echo $CONDA_PREFIX; conda deactivate"
    )
    assert said.splitlines()[-1] == f"{chtc.home}/.conda/envs/env-name"


@kept("CHTC", "conda install numpy=1.18.2")
def test_a_version_is_pinned_and_stays(chtc):
    said = chtc(
        f"{MINICONDA}; conda create -n pinned numpy=1.0; conda install -n pinned pandas; conda env export -n pinned --from-history"
    )
    assert re.search(r"- numpy[ =]1\.0", said)


@kept(
    "CHTC",
    "conda env export > environment.yml",
    "conda env export --from-history > environment.yml",
    "conda env create -f environment.yml",
    "conda env create -f environment.yml -n <name>",
)
def test_an_environment_moves_by_its_file(chtc):
    typed = "conda create -n science python numpy; conda activate science; conda env export > full.yml; conda env export --from-history > environment.yml; conda deactivate"
    said = chtc(
        f"{MINICONDA}; {typed}; conda env create -f full.yml -n again; conda list -n again > again; conda list -n science | cmp - again; mv ~/.conda/envs/science gone; conda env create -f environment.yml; ls ~/.conda/envs"
    )
    assert said.splitlines()[-2:] == ["again", "science"]


@kept(
    "CHTC",
    "conda install -c conda-forge conda-pack (into base)",
    instead="The base belongs to everybody and refuses: `invoke pack` packs the centre's environments; for one's own, conda-pack goes into an environment of its own.",
)
def test_the_base_stays_as_it_is(chtc):
    assert "belongs to everybody on CHTC" in chtc.fails(f"{MINICONDA}; conda install -c conda-forge conda-pack")


@pytest.fixture
def packed(chtc, tmp_path):
    """The centre's environment, packed where a user is."""
    site = ("--site", str(chtc.centre.file), "--root", str(chtc.centre.root))
    argv = [
        sys.executable,
        "-m",
        "lmodforge",
        "pack",
        "--environment",
        "py-data-sci",
        *site,
        "--out",
        str(tmp_path / "job"),
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (tmp_path / "job/hello.py").write_text("import pandas, matplotlib, sys\nprint(sys.prefix)\n")
    return tmp_path / "job"


@kept(
    "CHTC",
    "conda pack -n env-name",
    instead="`invoke pack --environment env-name` packs the centre's, with conda-pack; no conda is changed for it.",
)
@kept(
    "CHTC",
    "the job's executable: ENVNAME, ENVDIR, mkdir $ENVDIR; tar -xzf $ENVNAME.tar.gz -C $ENVDIR; . $ENVDIR/bin/activate; python3 hello.py",
)
def test_the_pages_executable_runs_a_packed_environment(packed):
    (archive,) = packed.glob("*.tar.gz")
    archive.rename(packed / "py-data-sci.tar.gz")
    script = "#!/bin/bash\nset -e\nENVNAME=py-data-sci\nENVDIR=$ENVNAME\nexport PATH\nmkdir $ENVDIR\ntar -xzf $ENVNAME.tar.gz -C $ENVDIR\n. $ENVDIR/bin/activate\npython3 hello.py\n"
    done = subprocess.run(
        ["bash", "-c", script], cwd=packed, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == (f"{packed}/py-data-sci\n", "")


@kept(
    "CHTC",
    "ls -sh env-name.tar.gz; transfer_input_files (up to 100 MB)",
    instead="`invoke pack` chooses by the size, and writes executable and submit file. SQUID, which the page names for what is larger, is gone: it is OSDF.",
)
def test_the_size_decides_how_a_packed_environment_reaches_the_job(packed, chtc):
    (archive,) = packed.glob("*.tar.gz")
    assert f"transfer_input_files = my_script.py, {archive.name}\n" in (packed / "py-data-sci.sub").read_text()
    ways = [
        way and (way.name, way.input, way.requirements)
        for size in (100_000_000, 100_000_001, 30_000_000_001, 100_000_000_001)
        for way in [way_for(chtc.centre.config.scheduler, Archive("e.tar.gz", "tar.gz", size), size)]
    ]
    assert ways == [
        ("home", "e.tar.gz", ""),
        ("osdf", "osdf:///chtc/staging/$ENV(USER)/e.tar.gz", ""),
        ("staging", "file:///staging/$ENV(USER)/e.tar.gz", "(HasCHTCStaging == true)"),
        None,
    ]


# ---- USGS Astrogeology ----------------------------------------------------------------------------------------------


@pytest.fixture
def usgs(login):
    return login("usgs-astro")


def plain(login, script, shell="bash"):
    """Type lines in a shell that knows no modules, as the page has it."""
    argv = {"bash": ("bash", "--noprofile", "--norc", "-e"), "tcsh": ("tcsh", "-f")}[shell]
    file = login.home / "typed"
    file.write_text(script + "\n")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(login.home)}
    done = subprocess.run(
        [*argv, str(file)], env=environment, cwd=login.home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def prefix(login):
    return login.centre.root / "nfs/cpkgs/anaconda3_linux"


@kept(
    "USGS",
    'source "/nfs/cpkgs/anaconda3_linux/etc/profile.d/conda.sh"',
    "conda activate isis3.6.0",
    "conda activate <shared-env-name>",
    "conda deactivate",
)
def test_bash_sources_conda_sh_and_every_release_is_there(usgs):
    start = f'source "{prefix(usgs)}/etc/profile.d/conda.sh"'
    listed = plain(usgs, f"{start}; conda env list").split()
    for name in ("isis3.6.0", "isis4.3.0", "isis9.0.0"):
        assert name in listed
        assert plain(usgs, f"{start}; conda activate {name}; campt; conda deactivate").startswith(
            f"campt {name.removeprefix('isis')}"
        )


@kept("USGS", "source /nfs/cpkgs/anaconda3_linux/etc/profile.d/conda.csh")
def test_tcsh_sources_conda_csh(usgs):
    said = plain(
        usgs,
        f"source {prefix(usgs)}/etc/profile.d/conda.csh\nconda activate isis4.3.0\ncampt\nconda deactivate",
        "tcsh",
    )
    assert said.startswith("campt 4.3.0")


@kept(
    "USGS",
    "module load isis/9.0.0",
    instead="The page knows no modules: each release has one as well, which needs no conda.",
)
def test_a_release_has_a_module_too(usgs):
    release = (prefix(usgs) / "envs/isis4.3.0").resolve()
    assert usgs("module load isis/4.3.0; echo $ISISROOT") == f"{release}\n"
    said = usgs("module load isis/4.3.0; campt; module load isis; campt").splitlines()
    assert [line for line in said if line.startswith("campt")] == ["campt 4.3.0 ", "campt 9.0.0 "]


@kept(
    "USGS",
    "conda create -n opencv",
    "conda install opencv",
    "conda create -n my_environment",
    "conda activate my_environment",
    "conda install -c conda-forge opencv=3.2",
)
def test_who_makes_an_environment_gets_it_at_home(usgs):
    said = plain(
        usgs,
        f"source {prefix(usgs)}/etc/profile.d/conda.sh; conda create -n opencv; conda activate opencv; conda install -c conda-forge numpy=1.0; {WHERE} 2>/dev/null || echo $CONDA_PREFIX",
    )
    assert said.splitlines()[-1] == f"{usgs.home}/.conda/envs/opencv"


@kept("USGS", "conda install (into a shared environment)")
def test_nobody_changes_a_shared_environment(usgs):
    script = f"source {prefix(usgs)}/etc/profile.d/conda.sh; conda activate isis9.0.0; conda install numpy 2>&1 || echo refused"
    assert plain(usgs, script).splitlines()[-1] == "refused"


@kept(
    "USGS",
    'conda config --add envs_dirs "/nfs/cpkgs/anaconda3_linux/envs"',
    instead="--append: what is added first is where conda would make new environments. Taking it out again before installing, as the page warns, stays advice: conda also looks there for packages.",
)
def test_ones_own_conda_finds_the_shared_environments(usgs, offer, tmp_path):
    own = tmp_path / "anaconda3"
    subprocess.run(
        ["sh", offer.installers["miniforge"][0], "-b", "-p", own],
        env={"HOME": str(usgs.home), "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )
    (own / ".condarc").write_text((prefix(usgs) / ".condarc").read_text())
    start = f"source {own}/etc/profile.d/conda.sh"
    said = plain(
        usgs,
        f"{start}; conda config --append envs_dirs {prefix(usgs)}/envs; conda activate isis8.3.0; campt; conda deactivate; conda create -n mine numpy; ls {own}/envs",
    )
    assert "campt 8.3.0" in said
    assert "mine" in said.split()


@kept("USGS", "conda config --add channels conda-forge", "conda config --env --add channels conda-forge")
def test_channels_are_added_for_oneself_or_for_an_environment(usgs):
    start = f"source {prefix(usgs)}/etc/profile.d/conda.sh"
    plain(
        usgs,
        f"{start}; conda config --add channels conda-forge; conda create -n mine numpy; conda activate mine; conda config --env --add channels conda-forge",
    )
    for file in (usgs.home / ".condarc", usgs.home / ".conda/envs/mine/.condarc"):
        assert file.read_text() == "channels:\n- conda-forge\n"
