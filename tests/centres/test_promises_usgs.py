"""The promises of USGS Astrogeology: typed at what we deploy for it."""

import subprocess

import pytest

from centres.login import WHERE
from promises import kept

pytestmark = pytest.mark.xdist_group("centres")


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
