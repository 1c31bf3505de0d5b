"""Each shipped centre as it is: valid, deployed, proved in real Lmod; its licences are its own to answer for."""

import json
from pathlib import Path

import pytest
import yaml

from centres.centre import Centre
from centres.packages import CENTRES, ISIS, SITES
from installer import DEFAULTS
from lmodforge.commands.docs import build_docs
from lmodforge.commands.lock import lock_site
from lmodforge.config import document
from lmodforge.config.document import read_document
from lmodforge.config.load import load_site
from lmodforge.errors import SiteError

pytestmark = pytest.mark.xdist_group("centres")  # one worker deploys them, once

ASKS_FOR_TERMS = {
    "rcc-midway2": f"distribution anaconda: under Anaconda's terms of service: {DEFAULTS}",
    "rcc-midway3": f"distribution anaconda: under Anaconda's terms of service: {DEFAULTS}",
    "ubelix": "distribution anaconda: what `anaconda` installs is under Anaconda's terms of service",
    "chtc": "distribution miniconda: what `miniconda` installs is under Anaconda's terms of service",
}
CORE = {  # the table of the centre that wrote it, and `notebook`, whose command its page uses
    "sci": "numpy scipy pandas matplotlib seaborn scikit-learn jupyterlab notebook ipython h5py psutil",
    "ml": "tensorflow pytorch scikit-learn keras xgboost lightgbm matplotlib seaborn",
    "bio": "biopython samtools bcftools bedtools fastqc cutadapt multiqc pandas scikit-bio",
    "geo": "gdal rasterio geopandas cartopy xarray netcdf4 matplotlib pyproj",
    "hpc": "mpi4py dask dask-jobqueue joblib ipyparallel numpy pandas",
}


@pytest.mark.parametrize("name", CENTRES)
def test_it_deploys_and_every_module_passes(deployed, name):
    found = deployed(name).verify()
    assert found.json["failures"] == []
    assert found.json["shells"] == ["bash", "tcsh"]
    assert deployed(name).deploy().settled


@pytest.mark.parametrize("name", ASKS_FOR_TERMS)
def test_what_is_under_anacondas_terms_is_the_centres_to_answer_for(offer, tmp_path, name):
    centre = Centre(name, offer, tmp_path)
    with pytest.raises(SiteError) as refusal:
        centre.deploy()
    assert str(refusal.value).splitlines()[0] == ASKS_FOR_TERMS[name]
    assert "anaconda_terms" in str(refusal.value)
    assert not (centre.modulefiles / "current").exists()


@pytest.mark.parametrize("name", sorted({*CENTRES} - {*ASKS_FOR_TERMS}))
def test_who_has_nothing_of_anacondas_needs_no_statement(offer, tmp_path, name):
    assert Centre(name, offer, tmp_path).open().config.anaconda_terms is None
    assert "anaconda_terms" not in (SITES / f"{name}.yaml").read_text()


@pytest.mark.parametrize("environment", CORE)
def test_a_domain_environment_holds_what_its_users_are_told(deployed, environment):
    packages = {path.name.rpartition("-")[0].rpartition("-")[0] for path in _metadata(deployed, environment)}
    assert {*CORE[environment].split(), "python", "pip"} <= packages
    told = yaml.safe_load((SITES / f"environments/{environment}.yaml").read_text())
    assert {spec.partition("=")[0] for spec in told["dependencies"]} == {*CORE[environment].split(), "python", "pip"}


def _metadata(deployed, environment):
    prefix = deployed("rcc-midway3").root / "software/python/miniforge-25.3.0"
    return sorted((prefix / "envs" / environment / "conda-meta").glob("*.json"))


@pytest.mark.parametrize(("platform", "system"), [("linux-x86_64", "linux"), ("macos-arm64", "macOS")])
def test_a_shared_file_system_has_a_prefix_for_each_system(monkeypatch, platform, system):
    monkeypatch.setattr(document, "host_platform", lambda: platform)
    site = load_site(read_document(SITES / "usgs-astro.yaml"))
    assert site.distributions["anaconda"].prefix == f"/nfs/cpkgs/anaconda3_{system}"
    assert site.paths.modulefiles == f"/nfs/cpkgs/modulefiles_{system}"


def test_every_release_of_isis_is_an_environment_of_its_own(deployed):
    prefix = Path(deployed("usgs-astro").distributions["anaconda"].prefix)
    assert str(prefix).endswith("/nfs/cpkgs/anaconda3_linux")
    assert sorted(link.name for link in (prefix / "envs").iterdir() if "-" not in link.name) == [
        f"isis{v}" for v in ISIS
    ]
    assert [(prefix / f"envs/isis{v}/IsisPreferences").read_text() for v in ISIS] == [f"# {v}\n" for v in ISIS]
    assert (prefix / "envs/isis9.0.0/conda-meta/state").read_text() == json.dumps(
        {"env_vars": {"ISISROOT": str((prefix / "envs/isis9.0.0").resolve())}}
    ) + "\n"
    writable = [path for path in prefix.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o022]
    assert writable == []


def test_locks_are_for_linux_and_for_macs(offer, tmp_path):
    centre = Centre("usgs-astro", offer, tmp_path)
    lock_site(str(centre.file), str(centre.root), update=False, diff=False, markdown=False)
    locks = tmp_path / "locks/usgs-astro/isis9.0.0"
    assert sorted(path.name for path in locks.glob("*.lock")) == ["linux-64.lock", "osx-64.lock"]
    text = (locks / "osx-64.txt").read_text()
    assert "# platform: osx-64\n" in text
    assert "usgs-astrogeology/noarch/isis-9.0.0-0.tar.bz2#" in text


def test_two_clusters_of_a_centre_have_one_documentation_with_a_tab_each(deployed, tmp_path):
    files = [str(deployed(name).file) for name in ("rcc-midway2", "rcc-midway3")]
    made = build_docs(files, "", str(tmp_path / "docs"), html=False)
    assert made.json["sites"] == ["rcc-midway2", "rcc-midway3"]
    text = (tmp_path / "docs/markdown/index.md").read_text()
    assert '=== "Midway2"\n' in text
    assert '=== "Midway3"\n' in text
    assert "module load python/3.9.18" in text
    assert "module load python/3.11.9" in text


@pytest.mark.parametrize("name", sorted({*CENTRES} - {"rcc-midway2", "rcc-midway3"}))
def test_it_has_a_documentation(deployed, tmp_path, name):
    made = build_docs([str(deployed(name).file)], "", str(tmp_path / "docs"), html=False)
    assert deployed(name).config.title in (tmp_path / "docs/markdown/index.md").read_text()
    assert len(made.json["pages"]) > 10


def test_two_clusters_of_a_centre_share_what_they_have_in_common(deployed):
    sites = [deployed(name).config for name in ("rcc-midway2", "rcc-midway3")]
    assert [site.project.root.rpartition("/")[2] for site in sites] == ["project2", "project"]
    assert sites[0].environments == sites[1].environments
