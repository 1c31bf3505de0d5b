"""Environments for types of nodes: built in jobs on such nodes and loaded there; a channel has builds for each."""

import json
import os
import platform
import subprocess
import sys

import pytest
from archspec.cpu import host

from channel import SUBDIR, LocalChannel, Server
from conda.small import Small
from lmod import lmod
from lmodforge.commands.lock import check_locks, lock_site
from lmodforge.errors import SiteError
from lmodforge.receipts.models import GenerationReceipt, ReleaseReceipt
from offline import make_mirror, succeed
from slurm import Slurm

OWN, ANY = str(host()), platform.machine()
"""What archspec calls the processor of this host, and every one of its family."""


@pytest.fixture(scope="module")
def channel(tmp_path_factory):
    """A channel whose `fft` is there for every node, for this host's processor, and for CUDA 12; look only."""
    folder = tmp_path_factory.mktemp("channels")
    channel = LocalChannel(folder / "conda-forge")
    for number, (build, depends) in enumerate(
        {"plain": (), OWN: (f"__archspec 1 {OWN}",), "cuda": ("__cuda >=12",)}.items()
    ):
        files = {"bin/fft": f"#!/bin/sh\necho {build}\n"}
        channel.add("fft", files=files, build=build, depends=depends, noarch=None, build_number=number)
    channel.index()
    with Server(folder) as server:
        yield server


class Centre(Small):
    """A site with `ml` for two types of nodes: n1 is `own`, n2 is `plain`."""

    def __init__(self, folder, channel, **builds) -> None:
        super().__init__(folder)
        self.offer()
        self.base["environments"] = ["ml"]
        self.ml = {"version": "1", "conda": ["fft"], "nodes": {"own": {}, "plain": {}}, "check": {"run": ["fft"]}}
        self.nodes = {
            "own": {"archspec": OWN, "hosts": ["n[1]"], "job": {"options": ["--nodelist=n1"]}},
            "plain": {"archspec": ANY, "hosts": ["n2*"], "job": {"options": ["--nodelist=n2"]}},
        }
        self.site |= {
            "conda": {"mirrors": {"conda-forge": [f"{channel.url}/conda-forge"]}},
            "nodes": self.nodes,
            "environments": {"ml": self.ml},
            "builds": {"job": {"cores": "1", "memory": "400 MB"}, "scratch": str(folder), **builds},
        }

    def releases(self) -> dict[str, ReleaseReceipt]:
        folder = self.state / "receipts/installed/python/miniforge/releases"
        found = [ReleaseReceipt.model_validate(json.loads(path.read_text())) for path in folder.glob("*.json")]
        return {receipt.node: receipt for receipt in found}

    def fail(self) -> list[str]:
        with pytest.raises(SiteError) as raised:
            self.deploy()
        return [f"{mistake.message}\nhint: {mistake.hint}" for mistake in raised.value.mistakes]


@pytest.fixture
def centre(tmp_path, slurm, channel, monkeypatch):
    for name, value in slurm.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("lmodforge.apply.executors.slurm_follow.POLL", 0.2)
    return Centre(tmp_path, channel, on="slurm")


def in_job(slurm: Slurm, node: str, folder, script: str) -> str:
    """Run a script of bash in a job on a node; return what it prints."""
    file = folder / f"{node}.sh"
    file.write_text(f"#!/bin/bash\n. {lmod().init('bash')}\n{script}\n")
    job = slurm.ended(slurm.submit(f"--nodelist={node}", f"--output={folder}/%j.out", str(file), cwd=folder))
    assert job.state == "COMPLETED", job.said
    return job.said


def test_each_release_is_built_in_a_job_on_its_nodes_and_a_load_there_gets_it(centre, slurm):
    assert centre.deploy().settled
    built = centre.releases()
    assert {node: receipt.lock.partition("/fft-1.0-")[2].partition(".tar")[0] for node, receipt in built.items()} == {
        "own": OWN,
        "plain": "plain",
    }
    generation = GenerationReceipt.model_validate_json(
        (centre.state / "receipts/generations/0001.json").read_text(),
    )
    paths = {node: built[node].path for node in ("own", "plain")}
    assert (generation.modules["ml/1"], generation.variants) == (paths["own"], {"ml/1": paths})
    modulepath = f"export MODULEPATH={centre.modulefiles}/current"
    script = f"{modulepath}\nmodule load ml\nfft\nmodule unload ml\ncommand -v fft || echo gone"
    for node, build in ("n1", OWN), ("n2", "plain"):
        name = {"n1": "own", "n2": "plain"}[node]
        said = in_job(slurm, node, centre.folder, script)
        assert said.splitlines() == [f"ml/1 is the release for nodes of type {name}", build, "gone"]


def test_a_build_refuses_a_node_of_another_type(centre):
    centre.nodes["plain"]["job"] = {"options": ["--nodelist=n1"]}
    [said] = centre.fail()
    assert said == (
        "environment ml for plain: n1 is no `plain`: its name is not like n2*\n"
        "hint: let `job` of `nodes.plain` ask for a partition or a constraint whose nodes are, "
        "or correct `nodes.plain`"
    )
    assert not (centre.modulefiles / "current").exists()
    assert set(centre.releases()) == {"own"}


def test_a_host_builds_nothing_when_a_release_is_for_nodes_that_it_is_none_of(tmp_path, channel):
    centre = Centre(tmp_path, channel)
    centre.nodes |= {"own": {"archspec": OWN}, "plain": {"cuda": "13.1", "hosts": ["n2"]}}
    [said] = centre.fail()
    lines = said.splitlines()
    assert lines[0].startswith(f"environment ml for plain: {os.uname().nodename} is no `plain`: ")
    assert lines[0].endswith(
        "there is no NVIDIA driver (/proc/driver/nvidia/version), CUDA 13.1 comes with 590 or newer; "
        "its name is not like n2"
    )
    assert lines[1] == "hint: `--on slurm` builds it on such a node; or deploy on one, or correct `nodes.plain`"
    assert not centre.prefix.exists()


def test_locks_are_kept_for_each_type_and_one_for_those_that_ask_the_same(tmp_path, channel):
    centre = Centre(tmp_path, channel)
    centre.nodes |= {"cuda": {"cuda": "12.6"}, "own": {"archspec": OWN}, "plain": {"hosts": ["n2"]}}
    centre.ml["nodes"] = {"cuda": {}, "own": {}, "plain": {}, "any": {}}
    centre.open()
    lock_site(str(centre.file), str(centre.root), update=False, diff=False, markdown=False)
    folder = tmp_path / "locks/small/ml"
    names = {f"{SUBDIR}.cuda.lock": "cuda", f"{SUBDIR}.own.lock": OWN, f"{SUBDIR}.lock": "plain"}
    assert sorted(path.name for path in folder.glob("*.lock")) == sorted(names)
    for name, build in names.items():
        assert f"fft-1.0-{build}.tar.bz2" in (folder / name).read_text()
    assert check_locks(str(centre.file), str(centre.root)).json["wrong"] == {}


def test_a_mirror_holds_what_every_type_needs_and_a_host_of_one_builds_its_own_from_it(tmp_path, channel):
    centre = Centre(tmp_path, channel)
    centre.nodes |= {"own": {"archspec": OWN}, "plain": {"cuda": "12.6"}}
    centre.ml["nodes"] = {"plain": {}, "own": {}, "any": {}}
    centre.open()
    make_mirror(centre.file, centre.root, tmp_path / "mirror")
    held = {path.name for path in (tmp_path / "mirror").rglob("fft-*")}
    assert held == {f"fft-1.0-{build}.tar.bz2" for build in ("plain", OWN, "cuda")}
    del centre.ml["nodes"]["plain"]
    centre.open()
    site = ("--site", centre.file, "--root", centre.root)
    succeed("deploy", *site, "--offline", tmp_path / "mirror", network=False)
    assert {node: receipt.packages[0].channel for node, receipt in centre.releases().items()} == {
        "": "https://conda.anaconda.org/conda-forge",
        "own": "https://conda.anaconda.org/conda-forge",
    }
    envs = {link.name: link.readlink().name.rpartition("-")[0] for link in (centre.prefix / "envs").iterdir()}
    assert envs == {"ml": "ml", "ml-1": "ml", "ml-own": "ml-own", "ml-own-1": "ml-own"}


@pytest.mark.parametrize(("node", "subject"), [("own", "environment ml for own"), ("any", "environment ml")])
def test_what_a_type_adds_and_no_channel_has_is_told_at_its_line(tmp_path, channel, node, subject):
    centre = Centre(tmp_path, channel)
    centre.ml["nodes"][node] = {"conda": ["fft", "ftt"]}
    with pytest.raises(SiteError) as raised:
        centre.deploy()
    [mistake] = raised.value.mistakes
    line = centre.file.read_text().splitlines().index("        - ftt") + 1
    assert str(mistake) == (
        f"{centre.file}:{line}:11: {subject}: there is no package `ftt` for {SUBDIR}\n  hint: did you mean `fft`?"
    )


def test_what_is_for_a_driver_is_built_and_loaded_where_it_is(tmp_path, channel):
    centre = Centre(tmp_path, channel)
    centre.nodes |= {"gpu": {"cuda": "12.6"}}
    centre.ml["nodes"] = {"gpu": {"check": {"run": ["sh -c 'test $(fft) = cuda'"]}}, "any": {}}
    centre.open()
    (tmp_path / "version").write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  560.35.03  Fri Aug 16\n")
    faked = ["--tmpfs", "/proc/driver", "--ro-bind", f"{tmp_path}/version", "/proc/driver/nvidia/version"]
    on_gpu = ["bwrap", "--dev-bind", "/", "/", *faked, "--"]
    program = [sys.executable, "-m", "lmodforge", "deploy", "--site", centre.file, "--root", centre.root]
    subprocess.run([*on_gpu, *program], check=True, capture_output=True)
    load = f". {lmod().init('bash')}; module use {centre.modulefiles}/current; module load ml; fft"
    said = {}
    for node, within in (("gpu", on_gpu), ("other", [])):
        done = subprocess.run([*within, "bash", "-c", load], capture_output=True, text=True, check=True)
        said[node] = done.stdout.strip()
    assert said == {"gpu": "cuda", "other": "plain"}
