"""The promises of the Python page of RCC Midway: typed at the deployed Midway3, and Midway2 where that differs."""

import pytest

from centres.login import WHERE
from promises import kept

pytestmark = pytest.mark.xdist_group("centres")

MINIFORGE = "module -q load python/miniforge-25.3.0"


@pytest.fixture
def midway3(login):
    return login("rcc-midway3")


@pytest.fixture
def midway2(login):
    return login("rcc-midway2")


@kept("RCC", "module avail python")
def test_avail_shows_every_python_and_the_default(midway3, midway2):
    names = [name for name in midway3("module -t avail python").split() if name != "python/" and "/" in name]
    assert {"python/2.7", "python/3.8.0", "python/3.11.9", "python/anaconda-2022.05", "python/miniforge-25.3.0"} <= {
        *names
    }
    assert "python/3.9.18" in midway2("module -t avail python")


@kept(
    "RCC",
    "module load python",
    instead="The introduction says that this is Anaconda, the recommendations say plain Python: it is python/3.11.9, and python/3.9.18 on Midway2.",
)
def test_without_a_version_it_is_plain_python(midway3, midway2):
    assert midway3("module load python 2>/dev/null; python --version") == "Python 3.11.9\n"
    assert midway2("module load python 2>/dev/null; python --version") == "Python 3.9.18\n"


@kept(
    "RCC",
    "module load python/3.11.9",
    "module load python/3.8.0",
    "module load python/2.7",
    "module load python/3.9.18",
    "python",
    "python your_script.py",
)
def test_each_version_is_what_its_module_says(midway3, midway2):
    for version in ("3.11.9", "3.8.0", "2.7"):
        assert midway3(f"module load python/{version} 2>/dev/null; python --version") == f"Python {version}\n"
    assert midway2("module load python/3.9.18 2>/dev/null; python --version") == "Python 3.9.18\n"


@kept(
    "RCC",
    "module load python/anaconda-2022.05",
    "module load python/anaconda-2021.05",
    "module load python/anaconda3-2021.05",
    instead="The page has two names for the one of Midway2: both load it. A load says that it is deprecated.",
)
def test_the_old_anacondas_load_and_say_what_to_load_instead(midway3, midway2):
    said = " ".join(midway3("module load python/anaconda-2022.05; type conda").split())
    assert "python/anaconda-2022.05 is deprecated. Load python/3.11.9 or python/miniforge-25.3.0 instead." in said
    for name in ("anaconda-2021.05", "anaconda3-2021.05"):
        assert "is deprecated. Load python/3.9.18" in " ".join(midway2(f"module load python/{name}").split())


@kept(
    "RCC",
    "export USE_CONDA_CACHE=0; module load python/miniforge-25.3.0",
    "export USE_CONDA_CACHE=1; module load python/miniforge-25.3.0",
)
def test_the_toggle_chooses_where_conda_keeps_packages(midway3):
    for value, where in ((0, midway3.temporary / "lmodforge-0-login"), (1, midway3.mine)):
        assert (
            midway3(f"export USE_CONDA_CACHE={value}; {MINIFORGE} 2>/dev/null; echo $CONDA_PKGS_DIRS")
            == f"{where}/conda/pkgs\n"
        )


@kept(
    "RCC",
    "export USE_CONDA_CACHE=0 (after the load)",
    instead="Users set it too late as well: conda says so at the next install, and a second load takes it.",
)
def test_a_toggle_that_comes_too_late_is_noticed(midway3):
    said = midway3(
        f"{MINIFORGE}; export USE_CONDA_CACHE=1; conda create -n x pandas; module -q load python/miniforge-25.3.0; echo $CONDA_PKGS_DIRS"
    )
    assert "USE_CONDA_CACHE is read when the module is loaded" in said
    assert said.endswith(f"{midway3.mine}/conda/pkgs\n")


@kept(
    "RCC",
    "export CONDA_PKGS_DIRS=/project/PI_NAME/USER/conda/pkgs",
    "conda config --add pkgs_dirs /project/PI_NAME/USER/conda/pkgs",
    "conda config --show pkgs_dirs",
)
def test_a_cache_of_ones_own_is_left_alone(midway3):
    own = midway3.project / "own/pkgs"
    assert midway3(f"export CONDA_PKGS_DIRS={own}; {MINIFORGE}; conda config --show pkgs_dirs").split()[-3:] == [
        "pkgs_dirs:",
        "-",
        str(own),
    ]
    said = midway3(
        f"{MINIFORGE}; unset CONDA_PKGS_DIRS; conda config --add pkgs_dirs {own}; conda config --show pkgs_dirs; conda create -n x pandas"
    )
    assert f"pkgs_dirs: - {own} " in " ".join(said.split()) + " "
    assert [path.name for path in own.glob("pandas*")]


@kept("RCC", "module load uv", "uv venv myenv", "source myenv/bin/activate", "uv pip install numpy pandas")
def test_uv_makes_an_environment_and_fills_it(midway3):
    typed = f"{MINIFORGE}; module -q load uv; uv -q venv myenv; source myenv/bin/activate; uv -q pip install six; {WHERE}; python -c 'import six'"
    assert midway3(typed).splitlines()[-1] == str(midway3.home / "myenv")


@kept(
    "RCC",
    "export USE_UV_CACHE=1; module load uv",
    "export UV_CACHE_DIR=/project/PI_NAME/USER/uv/cache",
    "export UV_NO_CACHE=1",
)
def test_the_cache_of_uv_goes_where_its_user_says(midway3):
    assert midway3("module -q load uv 2>/dev/null; uv cache dir") == f"{midway3.temporary}/lmodforge-0-login/uv/cache\n"
    assert midway3("export USE_UV_CACHE=1; module -q load uv 2>/dev/null; uv cache dir") == f"{midway3.mine}/uv/cache\n"
    assert (
        midway3(f"export UV_CACHE_DIR={midway3.home}/own; module -q load uv 2>/dev/null; uv cache dir")
        == f"{midway3.home}/own\n"
    )
    assert midway3("export UV_NO_CACHE=1; module -q load uv 2>/dev/null; uv -q venv x; echo $UV_NO_CACHE").endswith(
        "1\n"
    )


@kept("RCC", "conda env list")
def test_the_list_holds_the_domain_environments(midway3):
    listed = {
        line.split()[0] for line in midway3(f"{MINIFORGE} 2>/dev/null; conda env list").splitlines() if line.strip()
    }
    assert {"base", "sci", "ml", "bio", "geo", "hpc"} <= listed


@kept(
    "RCC",
    "source activate sci",
    "source activate ml",
    "source activate bio",
    "source activate geo",
    "source activate hpc",
    "conda deactivate",
)
@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("sci", "jupyter lab --version"),
        ("ml", "python -c 'import tensorflow, torch, keras'"),
        ("bio", "samtools --version"),
        ("geo", "gdalinfo --version"),
        ("hpc", "python -c 'import mpi4py, dask'"),
    ],
)
def test_a_domain_environment_is_activated_by_its_name(midway3, name, program):
    typed = f"{MINIFORGE} 2>/dev/null; before=$PATH; source activate {name}; {program} >/dev/null; which python pip; mamba --version | cut -d' ' -f1; conda deactivate; which python"
    prefix = midway3.centre.root / "software/python/miniforge-25.3.0"
    assert midway3(typed).splitlines() == [f"{prefix}/envs/{name}/bin/{p}" for p in ("python", "pip")] + [
        "conda",
        f"{prefix}/bin/python",
    ]


@kept("RCC", "conda init (never)")
def test_nobody_needs_conda_init_and_no_startup_file_is_touched(midway3):
    midway3(f"{MINIFORGE}; source activate sci; conda deactivate; conda activate sci; conda deactivate")
    assert [path.name for path in midway3.home.iterdir() if path.name.startswith((".bash", ".profile", ".zsh"))] == []


@kept(
    "RCC",
    "conda create --prefix=/project/PI_NAME/USER/envs/myenv python=3.11",
    "conda create --prefix=/path/to/new/environment python=<PYTHON VERSION NUMBER>",
    "source activate /project/PI_NAME/USER/envs/myenv",
    "source activate [your-env]",
)
def test_an_environment_in_project_space_is_activated_by_its_path(midway3):
    path = midway3.mine / "envs/myenv"
    assert midway3(
        f"{MINIFORGE}; conda create --prefix={path} python=3.12; source activate {path}; {WHERE}"
    ).splitlines()[-1] == str(path)


@kept(
    "RCC",
    "conda create --prefix=/project2/PI_NAME/USER/envs/myenv python=3.9",
    "source activate /project2/PI_NAME/USER/envs/myenv",
    "source /project2/PI_NAME/USER/envs/myenv/bin/activate",
    "export CONDA_ENVS_PATH=/project2/PI_NAME/USER/envs",
    "conda create --prefix=/project2/PI_NAME/shared_envs/analysis python=3.9",
)
def test_midway2_does_the_same_in_project2(midway2):
    assert "/project2/" in str(midway2.mine)
    said = midway2(
        f"{MINIFORGE}; echo $CONDA_ENVS_PATH; conda create --prefix={midway2.mine}/envs/myenv python=3.12; source activate myenv; {WHERE}"
    )
    assert said.splitlines()[-1] == f"{midway2.mine}/envs/myenv"
    assert f"\n{midway2.mine}/envs\n" in f"\n{said}"


@kept(
    "RCC",
    "ln -s /project/PI_NAME/USER/envs/myenv ~/.conda/envs/myenv; source activate myenv",
    instead="No link is needed: CONDA_ENVS_PATH leads to /project/PI/USER/envs. The page's command fails where ~/.conda/envs is not there: mkdir -p ~/.conda/envs first.",
)
def test_an_environment_in_project_space_has_a_name_without_a_link(midway3):
    path = midway3.mine / "envs/myenv"
    assert midway3(
        f"{MINIFORGE}; conda create --prefix={path} python=3.12; source activate myenv; {WHERE}"
    ).splitlines()[-1] == str(path)
    elsewhere = midway3.project / "elsewhere/other"
    assert "ln: failed" in midway3.fails(f"ln -s {elsewhere} ~/.conda/envs/other")
    linked = f"mkdir -p ~/.conda/envs; ln -s {elsewhere} ~/.conda/envs/other; source activate other; echo $CONDA_PREFIX"
    assert (
        midway3(f"{MINIFORGE}; conda create --prefix={elsewhere} python=3.12; {linked}").splitlines()[-1]
        == f"{midway3.home}/.conda/envs/other"
    )


@kept(
    "RCC",
    "cd /project/PI_NAME/USER/envs; uv venv myenv",
    "source /project/PI_NAME/USER/envs/myenv/bin/activate",
    "uv pip freeze > requirements.txt",
)
def test_uv_makes_environments_in_project_space_too(midway3):
    envs = midway3.mine / "envs"
    typed = f"mkdir -p {envs}; module -q load python/miniforge-25.3.0 uv; cd {envs}; uv -q venv myenv; source {envs}/myenv/bin/activate; uv -q pip install six; uv pip freeze > requirements.txt; cat requirements.txt; {WHERE}"
    *_, frozen, prefix = midway3(typed).splitlines()
    assert frozen.startswith("six==")
    assert prefix == str(envs / "myenv")


@kept(
    "RCC",
    "conda env export --from-history > environment.yml",
    "conda env export > environment-full.yml",
    "conda env create --prefix=/path/to/new/environment -f environment.yml",
    "conda env create --prefix=/path/to/new/environment -f environment-full.yml",
)
def test_an_environment_is_written_down_and_made_again(midway3):
    typed = f"{MINIFORGE}; conda create -n myenv python=3.12 pandas; source activate myenv; conda env export --from-history > environment.yml; conda env export > environment-full.yml"
    again = "; ".join(
        f"conda env create --prefix={midway3.mine}/again/{name} -f {name}.yml; conda list -p {midway3.mine}/again/{name} | grep -v '^#' | sort > {name}.txt"
        for name in ("environment", "environment-full")
    )
    midway3(
        f"{typed}; conda deactivate; {again}; conda list -n myenv | grep -v '^#' | sort > myenv.txt; cmp environment.txt myenv.txt; cmp environment-full.txt myenv.txt"
    )
    history = (midway3.home / "environment.yml").read_text()
    assert "- pandas\n" in history
    assert "python_abi" not in history
    assert "- pandas=1.0=pyh_0\n" in (midway3.home / "environment-full.yml").read_text()


@kept("RCC", "mamba clean --all", "conda clean --all")
def test_a_cache_is_cleaned_and_environments_go_on(midway3):
    for program in ("mamba", "conda"):
        midway3(
            f"export USE_CONDA_CACHE=1; {MINIFORGE}; conda create -n myenv python=3.12 pandas; {program} clean --all --yes; source activate myenv; python -c 'import pandas'"
        )
        assert [*(midway3.mine / "conda/pkgs").glob("*.tar.bz2")] == []


@kept(
    "RCC",
    "export CONDA_ENVS_PATH=/project/PI_NAME/USER/envs",
    "mamba create -n myenv python=3.11 numpy pandas",
    instead="Nothing needs to be exported: the module sets it, and leaves a user's own alone.",
)
def test_environments_go_to_project_space_by_themselves(midway3):
    said = midway3(f"{MINIFORGE}; mamba create -n myenv python=3.12 numpy pandas; source activate myenv; {WHERE}")
    assert said.splitlines()[-1] == f"{midway3.mine}/envs/myenv"
    own = midway3.project / "own/envs"
    assert midway3(f"export CONDA_ENVS_PATH={own}; {MINIFORGE} 2>/dev/null; echo $CONDA_ENVS_PATH") == f"{own}\n"


@kept(
    "RCC",
    "conda create --prefix=/project/PI_NAME/shared_envs/analysis python=3.11; chmod -R a-w /project/PI_NAME/shared_envs/analysis",
)
def test_a_group_shares_an_environment_that_nobody_changes(midway3):
    shared = midway3.project / "shared_envs/analysis"
    midway3(f"{MINIFORGE}; conda create --prefix={shared} python=3.12 pandas; chmod -R a-w {shared}")
    assert midway3(f"{MINIFORGE}; source activate {shared}; python -c 'import pandas'; {WHERE}").splitlines()[
        -1
    ] == str(shared)
    assert "EnvironmentNotWritableError" in midway3.fails(f"{MINIFORGE}; conda install -p {shared} scipy")


@kept("RCC", "conda create --prefix=/path/to/new/environment --clone <EXISTING ENVIRONMENT>")
def test_the_centres_environment_is_cloned_and_changed(midway3):
    clone = midway3.mine / "envs/mybio"
    typed = f"{MINIFORGE}; conda create --prefix={clone} --clone bio; conda install -p {clone} scipy; source activate mybio; samtools --version >/dev/null; python -c 'import scipy, skbio'; {WHERE}"
    assert midway3(typed).splitlines()[-1] == str(clone)


@kept("RCC", "source activate [your-env]; conda install")
def test_the_centres_environments_stay_as_they_are_and_say_what_to_do(midway3):
    said = midway3.fails(f"{MINIFORGE}; source activate sci; conda install mkdocs")
    assert "belongs to everybody on Midway3 and stays as it is. Make an environment of your own" in said


@kept(
    "RCC",
    "HOST_IP=`/sbin/ip route get 8.8.8.8 | awk '{print $7;exit}'`",
    "PORT_NUM=$(shuf -i15001-30000 -n1)",
    instead="The page's Jupyter job loads python/anaconda-2021.05, which is legacy: ours loads the environment's module. No address of the node is needed: see the kits.",
)
def test_a_port_is_drawn_as_the_page_does(midway3):
    assert 15001 <= int(midway3("PORT_NUM=$(shuf -i15001-30000 -n1); echo $PORT_NUM")) <= 30000
