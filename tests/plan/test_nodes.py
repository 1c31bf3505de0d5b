"""What is asked, built and kept of an environment that has a release for each type of nodes."""

import pytest

from config.sites import load
from lmodforge.config.builds import Job
from lmodforge.plan.actions import BuildRelease, Plan
from lmodforge.plan.conda import conda_requests, environment_conda_request, pypi_requests
from lmodforge.plan.facts import Facts, Interpreter
from lmodforge.plan.jobs import steps_of
from lmodforge.plan.locks import lock_requests
from lmodforge.plan.prune import removals
from lmodforge.plan.variants import variants_of
from lmodforge.receipts.models import GenerationReceipt, ReleaseReceipt
from lmodforge.report.deployed import next_steps

SITE = """\
name: alpha
paths: {software: /sw, modulefiles: /mf}
builds: {job: {partition: build, cores: 4, time: "02:00:00"}}
nodes:
  a100: {archspec: zen3, cuda: "12.6", job: {partition: gpu, gpus: 1}}
  zen4: {archspec: zen4, job: {constraint: zen4}}
  grace: {archspec: neoverse_v2, cuda: "12.6"}
  fat: {hosts: ["fat*"]}
distributions:
  base: {kind: miniforge, version: 25.3.0-3, module: m/1, environments: [ml, bare]}
  plain: {kind: python, module: p/1, environments: [geo]}
conda: {virtual_packages: {__cuda: "11.8", __glibc: "2.34"}}
environments:
  ml:
    version: one
    conda: [pytorch]
    job: {partition: long, memory: 8 GB}
    check: {import: [torch], run: [torchrun --help], timeout: 30}
    nodes:
      a100: {conda: [cuda-version 12.6.*], pypi: [cupy], check: {run: [nvidia-smi], timeout: 60}}
      zen4: {}
      grace: {}
      fat: {}
      any: {}
  bare: {version: "1", conda: [six]}
  geo: {version: "1", pypi: [shapely], nodes: {fat: {pypi: [rtree]}, grace: {}, any: {}}}
"""
X86, ARM = Facts(platform="linux-x86_64"), Facts(platform="linux-aarch64")
HOST = Interpreter("/usr/bin/python3.11", "3.11.9", "host")
MADE = {"lmodforge": "0.1.0", "made_at": "2026-11-20T12:00:00+00:00"}


@pytest.fixture
def site(tmp_path):
    return load(tmp_path, SITE)


def test_an_environment_is_built_for_the_types_of_its_platform(site):
    on = {
        facts.platform: [variant.subject for variant in variants_of(site, "ml", facts.platform)] for facts in (X86, ARM)
    }
    ml = "environment ml"
    assert on["linux-x86_64"] == [f"{ml} for a100", f"{ml} for zen4", f"{ml} for fat", ml]
    assert on["linux-aarch64"] == [f"{ml} for grace", f"{ml} for fat", ml]


def test_a_type_adds_to_what_all_have(site):
    first, *_, last = variants_of(site, "ml", X86.platform)
    assert (first.environment.conda, first.environment.pypi) == (("pytorch", "cuda-version 12.6.*"), ("cupy",))
    assert first.environment.check.imports == ("torch",)
    assert (first.environment.check.run, first.environment.check.timeout) == (("torchrun --help", "nvidia-smi"), 60)
    assert (last.environment.conda, last.environment.check.timeout) == (("pytorch",), 30)


def test_conda_is_asked_for_what_the_nodes_have_and_once_where_they_have_the_same(site):
    asked = {request.file: dict(request.virtual_packages) for request in conda_requests(site, X86)}
    everywhere = {"__cuda": "11.8", "__glibc": "2.34", "__linux": "4.18", "__unix": "0"}
    assert asked == {
        "ml/linux-64.a100.lock": everywhere | {"__archspec": "zen3", "__cuda": "12.6"},
        "ml/linux-64.zen4.lock": everywhere | {"__archspec": "zen4"},
        "ml/linux-64.lock": everywhere,
        "bare/linux-64.lock": everywhere,
    }


def test_environments_that_ask_for_the_same_have_a_lock_each(tmp_path):
    same = load(
        tmp_path,
        "name: alpha\npaths: {software: /sw, modulefiles: /mf}\n"
        "distributions:\n"
        "  base: {kind: miniforge, version: 25.3.0-3, module: m/1, environments: [ml, teaching]}\n"
        "  plain: {kind: python, module: p/1, environments: [geo, maps]}\n"
        "environments:\n"
        "  ml: {version: one, conda: [numpy], pypi: [six]}\n"
        "  teaching: {version: one, conda: [numpy], pypi: [six]}\n"
        "  geo: {version: one, pypi: [shapely]}\n"
        "  maps: {version: one, pypi: [shapely]}\n",
    )
    conda = conda_requests(same, X86)
    assert [request.file for request in conda] == ["ml/linux-64.lock", "teaching/linux-64.lock"]
    further = pypi_requests(same, Facts(locks={request.key: "packages: []" for request in conda}))
    assert [request.file for request in further] == ["ml/pylock.linux-64.toml", "teaching/pylock.linux-64.toml"]
    plain = lock_requests(same, {"plain": HOST}, HOST, X86.platform)
    assert [request.file for request in plain if request.file] == [
        "geo/pylock.linux-64.toml",
        "maps/pylock.linux-64.toml",
    ]


def test_an_environment_that_gets_types_keeps_the_lock_that_it_has(site, tmp_path):
    without = load(
        tmp_path,
        SITE.partition("    nodes:")[0] + "  bare: {version: '1', conda: [six]}\n  geo: {version: '1', pypi: [x]}",
    )
    [before] = variants_of(without, "ml", X86.platform)
    now = variants_of(site, "ml", X86.platform)[-1]
    assert environment_conda_request(site, now, X86) == environment_conda_request(without, before, X86)


def test_locks_of_pypi_packages_have_names_that_pep_751_allows(site):
    plain = lock_requests(site, {"plain": HOST}, HOST, X86.platform)
    assert [request.file for request in plain if request.file] == [
        "geo/pylock.linux-64-fat.toml",
        "geo/pylock.linux-64.toml",
    ]
    locks = {request.key: "packages: []" for request in conda_requests(site, X86)}
    [cupy] = pypi_requests(site, Facts(locks=locks))
    assert (cupy.file, cupy.subject) == ("ml/pylock.linux-64-a100.toml", "environment ml for a100")


@pytest.mark.parametrize(
    ("node", "job"),
    [
        ("a100", Job(partition="gpu", gpus=1, memory="8 GB", cores=4, time="02:00:00")),
        ("zen4", Job(partition="long", constraint="zen4", memory="8 GB", cores=4, time="02:00:00")),
        ("", Job(partition="long", memory="8 GB", cores=4, time="02:00:00")),
    ],
)
def test_the_job_of_a_type_wins_over_that_of_the_environment_and_that_over_the_sites(site, node, job):
    release = BuildRelease(
        *("ml", "1", "base", "/sw/m/1", "/sw/m/1/releases/x", "1", "conda", "", "k", ""),
        *((), (), (), 300, ""),
        node=node,
    )
    [step] = steps_of(Plan("alpha", "", {}, releases=(release,)), site)
    assert step.job == job


def receipt(path, node=""):
    built = {"name": "ml", "version": "1", "distribution": "base", "path": path, "digest": "1", "engine": "conda"}
    found = {"python": "", "lock": "", "packages": (), "checked": "", "size": 1, "files": 1, "node": node}
    return ReleaseReceipt.model_validate(MADE | built | found)


def test_a_release_for_a_type_is_kept_as_long_as_a_generation_leads_to_it():
    releases = {path: receipt(path, node) for path, node in (("/a", ""), ("/b", "a100"), ("/c", "a100"))}
    generation = GenerationReceipt(
        **(MADE | {"site": "alpha", "number": 1, "files": {}, "links": {}, "scripts": {}}),
        modules={"ml/1": "/a"},
        variants={"ml/1": {"a100": "/b", "any": "/a"}},
    )
    assert [each.path for each in removals([1], {1: generation}, releases, (), "/mf/generations")] == ["/c"]


def test_receipts_from_before_there_were_types_are_read():
    written = receipt("/a").model_dump_json(exclude={"node"})
    assert ReleaseReceipt.model_validate_json(written).node == ""
    generation = {"site": "x", "number": 1, "files": {}, "links": {}, "scripts": {}, "modules": {"ml/1": "/a"}}
    assert GenerationReceipt.model_validate(MADE | generation).paths == {"/a"}


def test_users_are_told_to_activate_only_what_is_found_by_its_name(tmp_path):
    assert next_steps(load(tmp_path, SITE))[-2:] == ["    module load m/1", "    source activate ml"]
    without = load(tmp_path, SITE.replace("      fat: {}\n      any: {}\n", ""))
    assert next_steps(without)[-2:] == ["    module load m/1", "    source activate bare"]
