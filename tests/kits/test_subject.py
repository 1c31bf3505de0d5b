"""Subjects: the same from a site's modules as from its receipts."""

from pathlib import Path

from kits.example import SLURM, site_with
from lmodforge.kits.subject import Subject, subjects_of_modules, subjects_of_receipts
from lmodforge.modulefile.context import (
    DistributionModule,
    EnvironmentModule,
    LifeCycle,
    Look,
    Module,
    Package,
    RemovedModule,
    ToolModule,
)
from lmodforge.modulefile.policy import Policy
from lmodforge.receipts.models import DistributionReceipt, PackageEntry, ReleaseReceipt, ToolReceipt

BASE = "/software/python/miniforge-25.3.0"
SCI = f"{BASE}/releases/sci-3f2a9c1d"
UV = "/software/uv/0.13.8"
MADE = {"lmodforge": "1", "made_at": "2026-11-20T00:00:00Z"}


def look(name: str, **more) -> Look:
    title, _, version = name.partition("/")
    return Look(name, title, version, "python", "", **more)


def modules(below: str = "") -> list[Module]:
    packages = (Package("Jupyter_Lab", "4"), Package("jupyterlab", "4"))
    gone = LifeCycle(removed="2026-01-01")
    return [
        DistributionModule(look("python/miniforge-25.3.0"), "miniforge", BASE, Policy("Demo")),
        EnvironmentModule(look("sci/2026.11"), SCI, "conda", "sci", packages, below=below),
        EnvironmentModule(look("old/1", lifecycle=gone), f"{BASE}/releases/old-1", "conda", "old"),
        ToolModule(look("uv/0.13.8"), UV, Policy("Demo")),
        RemovedModule(look("ml/1")),
    ]


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


def test_modules_give_environments_first_and_none_that_cannot_be_loaded(tmp_path):
    assert subjects_of_modules(site_with(tmp_path, SLURM), modules()) == expected("sci/2026.11")


def test_receipts_give_the_same(tmp_path):
    published = {"sci/2026.11": SCI, "uv/0.13.8": UV, "python/miniforge-25.3.0": BASE, "gone/1": "/software/gone"}
    found = subjects_of_receipts(site_with(tmp_path, SLURM), published, receipts())
    assert found == expected("sci/2026.11", size=7)


def test_in_a_hierarchy_the_distribution_is_loaded_first(tmp_path):
    site = site_with(tmp_path, SLURM, modules={"layout": "hierarchy"})
    published = {"sci/2026.11": SCI, "python/miniforge-25.3.0": BASE}
    both = ("python/miniforge-25.3.0", "sci/2026.11")
    assert subjects_of_modules(site, modules("python/miniforge-25.3.0")) == expected(*both)
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
