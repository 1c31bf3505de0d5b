"""The installers as their makers offer them, and packages of conda-forge: `invoke test --network` runs these."""

import subprocess

import pytest

from conda.shells import in_lmod
from conda.small import Small

pytestmark = pytest.mark.network

TERMS = {"who": "the tests", "when": "2026-11-21", "why": "a prefix that is thrown away"}


def conda_site(folder, **base):
    small = Small(folder)
    small.base |= {"environments": ["sci"], **base}
    small.site["environments"] = {
        "sci": {
            "version": "1",
            "conda": ["python 3.12.*", "numpy >=2", "gdal"],
            "check": {"import": ["numpy", "osgeo.gdal"], "run": ["gdalinfo --version"]},
        }
    }
    return small


@pytest.mark.parametrize(
    "base",
    [
        {"kind": "miniforge", "version": "25.3.0-3"},
        {"kind": "miniforge", "version": "26.3.2-3"},
        {"kind": "miniforge", "version": "26.3.2-3", "from": "channel"},
        {"kind": "miniconda", "version": "py312_25.5.1-1"},
    ],
    ids=lambda base: "-".join(base.values()),
)
def test_a_base_of_its_makers_serves_users(tmp_path, base):
    small = conda_site(tmp_path, **base)
    small.site["anaconda_terms"] = TERMS
    assert small.deploy().settled
    mine = tmp_path / "mine/envs"
    script = (
        f"module load python/miniforge >/dev/null 2>&1; export HOME={tmp_path} CONDA_ENVS_PATH={mine}\n"
        "source activate sci; python -c 'import numpy; print(numpy.__name__)'; echo $CONDA_DEFAULT_ENV\n"
        "conda deactivate\n"
        "conda env list | grep -c '/releases/\\|/envs/sci'\n"
        "conda create --quiet --yes --name own six python >/dev/null 2>&1\n"
        "source activate own && echo $CONDA_PREFIX\n"
    )
    assert in_lmod(small, script) == f"numpy\nsci\n2\n{mine}/own\n"
    refused = subprocess.run(
        [small.prefix / "bin/conda", "install", "--yes", "--name", "base", "six"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode != 0
    assert "belongs to everybody on small" in refused.stderr
    assert small.deploy().plan.is_empty


def test_the_receipt_of_a_real_installer_names_channels_and_licences(tmp_path):
    small = conda_site(tmp_path, version="26.3.2-3", environments=[])
    del small.site["environments"]
    assert small.deploy().settled
    packages = small.receipt().packages
    assert len(packages) > 50
    assert {package.channel for package in packages} == {"https://conda.anaconda.org/conda-forge"}
    assert next(package.licence for package in packages if package.name == "conda") == "BSD-3-Clause"
