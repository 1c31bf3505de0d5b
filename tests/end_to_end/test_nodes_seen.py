"""Modules that choose by node, as all that stands on receipts sees them: on this host, and in jobs on two nodes."""

import os
import platform

import pytest
import yaml

from end_to_end.small import Small, site_text
from lmodforge.commands.docs import check_docs
from lmodforge.commands.doctor import examine
from lmodforge.commands.find import find_package
from lmodforge.commands.status import show_status
from lmodforge.commands.verify import verify_site
from me import ME

pytestmark = pytest.mark.xdist_group("slurm")  # one worker deploys the site, once

ANY, HOST = platform.machine(), os.uname().nodename


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A site that a node called n1 has built, which is none of this host's names; look only."""
    small = Small(tmp_path_factory.mktemp("nodes"))
    site = site_text(tiny=["six"], only=["idna"])
    site["nodes"] = {
        "first": {"hosts": ["n1"], "job": {"options": ["--nodelist=n1"]}},
        "plain": {"archspec": ANY, "job": {"options": ["--nodelist=n2"]}},
    }
    site["environments"]["tiny"]["nodes"] = {
        "first": {"pypi": ["attrs"], "check": {"import": ["attr"]}},
        "plain": {},
    }
    site["environments"]["only"]["nodes"] = {"first": {}}
    small.write(site)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURMD_NODENAME", "n1")
        small.deploy()
    return small


@pytest.fixture
def tampered(small):
    """Change every module that holds a text, until the test is over."""
    before = {}

    def tamper(old, new):
        for path in small.modulefiles.glob("current/*/1.lua"):
            before[path] = path.read_text()
            path.write_text(before[path].replace(old, new))

    yield tamper
    for path, text in before.items():
        path.write_text(text)


@pytest.fixture
def environment(slurm, monkeypatch):
    for name, value in slurm.environment.items():
        monkeypatch.setenv(name, value)


def verify(small, **where):
    return verify_site(str(small.file), str(small.root), shells="bash", **where)


def test_a_host_gets_the_release_for_it_and_is_refused_what_is_for_others_only(small):
    found = verify(small)
    assert found.failures == 0, found.text
    assert (found.json["node"], found.json["releases"]) == (HOST, {"tiny/1": "plain", "only/1": None})
    assert found.text.splitlines()[1:3] == [
        f"Node {HOST} gets the release for nodes of type plain: tiny/1",
        f"Node {HOST} is of no type that it is for and is refused: only/1",
    ]


def test_a_module_that_gives_the_release_of_other_nodes_is_found(small, tampered):
    tampered('hosts = { "^n1$" }', 'hosts = { ".*" }')
    failures = {failure["module"]: failure for failure in verify(small).json["failures"]}
    releases = {link.name: str(link.resolve()) for link in (small.prefix / "envs").iterdir()}
    assert failures["tiny/1"] == failures["tiny/1"] | {
        "check": "node",
        "expected": f"the release for nodes of type plain, {releases['tiny-plain']}: this node is of that type",
        "found": f"the release for nodes of type first, {releases['tiny-first']}",
    }
    assert failures["only/1"] == failures["only/1"] | {
        "check": "node",
        "expected": "it refuses: this node is not of type first",
        "found": "it is loaded",
    }


def test_what_is_wrong_on_other_nodes_alone_is_found_here(small, tampered):
    first = str((small.prefix / "envs/tiny-first").resolve())
    tampered(first, "/nowhere")
    found = {failure["expected"]: failure for failure in verify(small).json["failures"]}
    assert found[f"VIRTUAL_ENV={first}"] == found[f"VIRTUAL_ENV={first}"] | {
        "module": "tiny/1",
        "given": "LMODFORGE_LOOK_ONLY=first",
        "found": "VIRTUAL_ENV=/nowhere",
    }


def test_in_jobs_each_partition_and_each_type_of_nodes_says_what_its_node_got(small, slurm, environment):
    found = verify(small, on="slurm").json["places"]
    assert [failure for place in found for failure in place["failures"]] == []
    first, plain = {"tiny/1": "first", "only/1": "first"}, {"tiny/1": "plain", "only/1": None}
    assert [(place["place"], place["node"], place["releases"]) for place in found[1:]] == [
        ("srun --nodelist=n1", "n1", first),
        ("srun --nodelist=n2", "n2", plain),
    ]
    assert (found[0]["place"], found[0]["releases"]) == ("srun", {"n1": first, "n2": plain}[found[0]["node"]])


def test_a_job_that_comes_to_another_node_than_its_type_says_is_found(small, slurm, environment, tmp_path):
    site = yaml.safe_load(small.file.read_text())
    site["nodes"]["first"]["job"]["options"] = ["--nodelist=n2"]
    other = tmp_path / "small.yaml"
    other.write_text(yaml.safe_dump(site))
    found = verify_site(str(other), str(small.root), shells="bash", on="slurm").json["places"][1]["failures"]
    assert [(failure["module"], failure["expected"], failure["found"]) for failure in found] == [
        (
            "nodes.first",
            "a job that asks for such a node comes to one: srun --nodelist=n2",
            "n2: its name is not like n1",
        )
    ]


def test_find_says_on_which_nodes_a_module_has_a_package(small):
    found = find_package("*", str(small.file), str(small.root))
    assert [
        (one["module"], one["package"], one["nodes"]) for one in found.json["holders"] if one["package"] != "pip"
    ] == [
        ("tiny/1", "attrs", ["first"]),
        ("only/1", "idna", None),
        ("tiny/1", "six", None),
    ]
    (line,) = find_package("attrs", str(small.file), str(small.root)).text.splitlines()
    assert line.split(None, 2)[2] == "module load tiny/1 on nodes of type first"


def test_status_misses_a_release_that_is_for_other_nodes(small):
    (small.prefix / "envs/tiny-first").resolve().rename(small.prefix / "aside")
    try:
        found = show_status(str(small.file), str(small.root)).json["drift"]
    finally:
        (small.prefix / "aside").rename((small.prefix / "envs/tiny-first").resolve())
    assert [(one["what"], one["found"]) for one in found] == [("release", "missing")]


def test_the_pages_hold_on_a_node_that_cannot_load_everything(small):
    found = check_docs((str(small.file),), str(small.root), user=ME, jobs=2).json["sites"][0]
    assert found["failures"] == []
    untried = [one["reason"] for one in found["not_run"]]
    assert "only some nodes can load it" in untried


def test_the_doctor_says_which_nodes_this_host_is(small):
    found = {one["name"]: one["message"] for one in examine(str(small.file), str(small.root)).json["findings"]}
    assert found["node"] == f"{HOST} is of type plain"
