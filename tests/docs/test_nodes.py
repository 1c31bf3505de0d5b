"""An environment with a release for each type of nodes: one page, one answer of the search, files for each."""

import json

import jsonschema
import pytest

from docs.browser import answer, ask, with_packages
from lmodforge.apply.system import RealSystem
from lmodforge.apply.website import publish_tree
from lmodforge.config.models import SiteConfig
from lmodforge.receipts.models import DistributionReceipt, GenerationReceipt, PackageEntry, ReleaseReceipt
from lmodforge.report.docs.catalogue import Catalogue
from lmodforge.report.docs.documents import document_files, modules_document, packages_document
from lmodforge.report.docs.gather import cluster_of
from lmodforge.report.docs.pages import render_docs
from lmodforge.report.docs.templates import PageTemplates

pytestmark = pytest.mark.xdist_group("browser")

FORGE = "https://conda.anaconda.org/conda-forge"


def package(name, version, licence="BSD-3-Clause"):
    return PackageEntry(name=name, version=version, channel=FORGE, licence=licence)


COMMON = (package("numpy", "2.1.3"), package("python", "3.12.9", "PSF-2.0"))
PLAIN = (*COMMON, package("fft", "1.0"), package("mkl", "2024.2", "Intel"))
A100 = (*COMMON, package("fft", "1.1"), package("cudatoolkit", "12.6", "NVIDIA"))
ZEN4 = (*COMMON, package("fft", "1.0"))
SITE = {
    "name": "deep",
    "title": "Deep",
    "paths": {"software": "/software", "modulefiles": "/modulefiles"},
    "nodes": {"a100": {"archspec": "zen3", "cuda": "12.6", "hosts": ["gpu-[0-9]*"]}, "zen4": {"archspec": "zen4"}},
    "distributions": {
        "base": {"kind": "miniforge", "version": "25.3.0-3", "module": "python/mf", "environments": ("ml", "only")}
    },
    "environments": {
        "ml": {
            "version": "2",
            "summary": "Learning",
            "conda": ("python", "numpy", "fft"),
            "check": {"import": ("numpy",)},
            "nodes": {"a100": {"conda": ["cudatoolkit"]}, "zen4": {}, "any": {"conda": ["mkl"]}},
        },
        "only": {"version": "1", "summary": "GPUs", "conda": ("fft",), "nodes": {"a100": {}, "zen4": {}}},
    },
}


def release(name, node, version, day, packages):
    path = f"/p/releases/{name}{f'-{node}' if node else ''}-{day:08d}"
    return ReleaseReceipt(
        lmodforge="0", made_at=f"2026-01-{day:02d}T00:00:00+00:00", name=name, node=node, version=version,
        distribution="base", path=path, digest=f"{day:08d}", engine="conda", python="", lock="", checked="",
        size=1_000_000 * day, files=10 * day, packages=packages,
    )  # fmt: skip


@pytest.fixture(scope="module")
def catalogue():
    base = DistributionReceipt(
        lmodforge="0", made_at="2026-01-01T00:00:00+00:00", name="base", type="miniforge", path="/p", version="25.3.0-3"
    )
    before = release("ml", "", "1", 2, PLAIN)
    gone = release("ml", "a100", "1", 3, A100)
    ml = {
        "a100": release("ml", "a100", "2", 4, A100),
        "zen4": release("ml", "zen4", "2", 5, ZEN4),
        "any": release("ml", "", "2", 6, PLAIN),
    }
    only = {"a100": release("only", "a100", "1", 7, A100), "zen4": release("only", "zen4", "1", 8, ZEN4)}
    generation = GenerationReceipt(
        lmodforge="0", made_at="2026-01-09T00:00:00+00:00", site="deep", number=1, links={}, files={}, scripts={},
        modules={"python/mf": "/p", "ml/2": ml["any"].path, "only/1": only["a100"].path},
        variants={
            "ml/2": {node: one.path for node, one in ml.items()},
            "only/1": {node: one.path for node, one in only.items()},
        },
    )  # fmt: skip
    receipts = [base, before, gone, *ml.values(), *only.values()]
    site = SiteConfig.model_validate(SITE)
    return Catalogue((cluster_of(site, generation, {receipt.path: receipt for receipt in receipts}),))


@pytest.fixture(scope="module")
def pages(catalogue):
    return render_docs(catalogue, PageTemplates())


def test_the_history_of_an_environment_is_that_of_its_most_general_release(catalogue):
    ml, only = catalogue.environments
    assert [(one.version, one.node, one.name, one.module) for one in ml.releases] == [
        ("1", "", "ml-1", ""),
        ("2", "any", "ml-2", "ml/2"),
    ]
    assert [(one.node, one.short, one.name) for one in ml.newest.by_node] == [
        ("a100", "ml-a100", "ml-a100-2"),
        ("zen4", "ml-zen4", "ml-zen4-2"),
        ("any", "ml", "ml-2"),
    ]
    assert (ml.called, only.called, only.newest.everywhere) == ("ml", "only-a100", False)


@pytest.mark.parametrize("name", ["ml", "only"])
def test_its_page_says_what_each_type_of_nodes_gets_and_how(name, pages, golden, request):
    page = pages[f"markdown/environments/deep/base/{name}.md"].decode()
    golden(request.path.parent / f"expected/nodes-{name}.md", page)


def test_those_who_run_the_cluster_see_where_a_module_leads_on_each_type_of_nodes(pages):
    page = pages["markdown/operations/deep.md"].decode()
    rows = [line.split(" | ")[:3] for line in page.splitlines() if line.startswith("| `ml/2`")]
    assert rows == [
        ["| `ml/2` on nodes of type a100", "2", "`/p/releases/ml-a100-00000004`"],
        ["| `ml/2` on nodes of type zen4", "2", "`/p/releases/ml-zen4-00000005`"],
        ["| `ml/2` on every other node", "2", "`/p/releases/ml-00000006`"],
    ]


def test_the_builder_has_nothing_to_complain_about(pages, tmp_path):
    publish_tree(RealSystem(), str(tmp_path / "out"), pages, html=True)


def test_there_are_files_for_each_type_of_nodes(pages):
    folder = "markdown/downloads/deep/base/ml/"
    texts = {path.removeprefix(folder): text.decode() for path, text in pages.items() if path.startswith(folder)}
    wanted = {name: text.splitlines()[:2] for name, text in texts.items() if name.startswith("environment")}
    assert wanted == {
        "environment.yml": ["# ml 2, made on 2026-01-06", 'name: "ml"'],
        "environment-a100.yml": ["# ml-a100 2, made on 2026-01-04", 'name: "ml-a100"'],
        "environment-zen4.yml": ["# ml-zen4 2, made on 2026-01-05", 'name: "ml-zen4"'],
    }


def test_documents_name_the_releases_and_the_packages_of_all(catalogue):
    for name, content in document_files(catalogue).items():
        if not name.endswith("schema.json"):
            schema = document_files(catalogue)[name.replace(".json", ".schema.json")]
            jsonschema.validate(json.loads(content), json.loads(schema))
    modules = {entry["name"]: entry for entry in modules_document(catalogue)["clusters"][0]["modules"]}
    assert [(one["type"], one["environment"], one["packages"]) for one in modules["ml/2"]["nodes"]] == [
        ("a100", "ml-a100", 4),
        ("zen4", "ml-zen4", 3),
        ("any", "ml", 4),
    ]
    assert "nodes" not in modules["python/mf"]
    packages = {entry["name"]: entry["versions"] for entry in packages_document(catalogue)["packages"]}
    assert packages["mkl"] == [{"version": "2024.2", "modules": {"deep": ["ml/2"]}}]
    assert packages["fft"] == [
        {"version": "1.1", "modules": {"deep": ["ml/2", "only/1"]}},
        {"version": "1.0", "modules": {"deep": ["ml/2", "only/1"]}},
    ]


@pytest.fixture
def search(opened, address, catalogue):
    page = opened(f"{address}packages.html")
    with_packages(page, catalogue)

    def search(question):
        ask(page, question)
        return answer(page)

    return search


def test_the_search_says_on_which_nodes_a_module_has_a_package(search):
    python = "conda-forge Python 3.12 Details"
    assert search("numpy") == [
        "1 package in 2 modules",
        "numpy BSD-3-Clause",
        f"2.1.3 module load ml/2 {python}",
        f"2.1.3 module load only/1 {python}",
    ]
    assert search("cudatoolkit") == [
        "1 package in 2 modules",
        "cudatoolkit NVIDIA",
        f"12.6 module load ml/2 only on nodes of type a100 {python}",
        f"12.6 module load only/1 only on nodes of type a100 {python}",
    ]
    assert search("mkl")[2:] == [f"2024.2 module load ml/2 only on every other node {python}"]
    assert search("numpy mkl") == [
        "1 module with numpy and mkl",
        "numpy and mkl",
        f"numpy 2.1.3 mkl 2024.2 module load ml/2 only on every other node {python}",
    ]
    assert len(search("numpy python>=3.12")) == 4, "what all nodes have is said once"
    assert search("numpy fft")[0] == "2 modules with numpy and fft"
    assert len(search("numpy fft")) == 7
    assert search("ml")[:3] == ["0 packages in 0 modules", "Modules called ml", "module load ml/2 Python 3.12 Details"]
