"""The promises of CHTC: typed at what we deploy for it."""

import re
import subprocess
import sys

import pytest

from lmodforge.kits.archive import Archive, way_for
from promises import kept

pytestmark = pytest.mark.xdist_group("centres")

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
