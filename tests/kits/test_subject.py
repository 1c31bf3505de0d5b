"""Subjects: what jobs can work in, by the receipts."""

from pathlib import Path

from kits.example import SLURM, site_with
from lmodforge.kits.subject import Subject, subjects_of_receipts
from lmodforge.receipts.models import DistributionReceipt, PackageEntry, ReleaseReceipt, ToolReceipt

BASE = "/software/python/miniforge-25.3.0"
SCI = f"{BASE}/releases/sci-3f2a9c1d"
UV = "/software/uv/0.13.8"
MADE = {"lmodforge": "1", "made_at": "2026-11-20T00:00:00Z"}


def receipts():
    packages = tuple(PackageEntry(name=name, version="4") for name in ("Jupyter_Lab", "jupyterlab"))
    sci = ReleaseReceipt(
        **MADE,
        name="sci",
        version="2026.11",
        distribution="base",
        path=SCI,
        digest="3f",
        engine="conda",
        python=f"{SCI}/bin/python",
        lock="",
        packages=packages,
        checked="",
        size=7,
        files=1,
    )
    base = DistributionReceipt(**MADE, name="base", type="miniforge", path=BASE, version="miniforge-25.3.0")
    uv = ToolReceipt(**MADE, name="uv", version="0.13.8", path=UV, lock="", hashes={})
    return {receipt.path: receipt for receipt in (base, sci, uv)}


def expected(*loads: str, size: int | None = None) -> tuple[Subject, ...]:
    names = frozenset({"jupyter-lab", "jupyterlab"})
    return (
        Subject("sci", "2026.11", loads, SCI, "conda", names, size),
        Subject(
            name="python-miniforge-25.3.0",
            version="miniforge-25.3.0",
            modules=("python/miniforge-25.3.0",),
            prefix=BASE,
            activate="source activate",
        ),
    )


def test_environments_come_first_and_none_that_is_not_installed(tmp_path):
    published = {"sci/2026.11": SCI, "uv/0.13.8": UV, "python/miniforge-25.3.0": BASE, "gone/1": "/software/gone"}
    found = subjects_of_receipts(site_with(tmp_path, SLURM), published, receipts())
    assert found == expected("sci/2026.11", size=7)


def test_what_can_no_longer_be_loaded_is_none(tmp_path):
    gone = {"version": "2026.11", "conda": ["python"], "lifecycle": {"removed": "2026-01-01"}}
    base = {"kind": "miniforge", "version": "25.3.0-3", "module": "python/miniforge-25.3.0", "environments": ["sci"]}
    site = site_with(tmp_path, SLURM, distributions={"base": base}, environments={"sci": gone})
    found = subjects_of_receipts(site, {"sci/2026.11": SCI, "python/miniforge-25.3.0": BASE}, receipts())
    assert found == expected("sci/2026.11")[1:]


def test_in_a_hierarchy_the_distribution_is_loaded_first(tmp_path):
    site = site_with(tmp_path, SLURM, modules={"layout": "hierarchy"})
    published = {"sci/2026.11": SCI, "python/miniforge-25.3.0": BASE}
    both = ("python/miniforge-25.3.0", "sci/2026.11")
    assert subjects_of_receipts(site, published, receipts()) == expected(*both, size=7)


def test_what_runs_scripts_is_what_the_environment_has():
    def subject(*packages: str) -> Subject:
        return Subject("x", "1", ("x/1",), "/x-1", "conda", frozenset(packages))

    assert [subject(*names).program for names in (("r-base",), ("r-base", "python"), ())] == [
        *("Rscript", "python", "python"),
    ]
    assert [subject(name).jupyter for name in ("jupyterlab", "notebook", "jupyter-server", "ipykernel")] == [
        *("lab", "notebook", "server", ""),
    ]
    assert Path(subject("r-base").script).suffix == ".R"
