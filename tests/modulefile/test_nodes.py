"""Types of nodes: what archspec says of many real machines, Python at a build and Lua at a load say too."""

import os
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path

import lupa.lua51
import pytest
from archspec.cpu import TARGETS, detect
from hypothesis import given, settings
from hypothesis import strategies as st

from lmod import Shell
from lmodforge.config.node_types import NodeType
from lmodforge.config.shipped import shipped
from lmodforge.modulefile.context import EnvironmentModule, Known, Look, NodeRelease, Operation, Package
from lmodforge.modulefile.nodes import host_pattern, known_by
from lmodforge.plan.nodes import misfits, node_of
from site_on_disk import write_tree

MACHINES = Path(str(files("archspec") / "json/tests/targets"))
"""Files of /proc/cpuinfo, by the system and the micro-architecture of the machine that they are from."""
DRIVERS = {
    "none": ("", 0),
    "kernel module": ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\n", 550),
    "open": (
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\nGCC version:  1.2\n",
        580,
    ),
    "aarch64": ("NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  560.35.03  Release Build\n", 560),
}
FAMILIES = {"vendor_id": "x86_64", "CPU implementer": "aarch64", "cpu": "ppc64le"}


def family_of(machine: Path) -> str:
    """The family of a machine; empty for those that have no conda."""
    keys = {line.partition(":")[0].strip() for line in machine.read_text().splitlines()}
    return next((family for key, family in FAMILIES.items() if key in keys), "")


ALL = sorted(path for path in MACHINES.glob("linux-*") if family_of(path))


def kind(**stated) -> NodeType:
    return NodeType.model_validate(stated)


class Lua:
    """`shared/nodes.lua` as Lmod runs it, on a node that is described here."""

    def __init__(self, cpuinfo: Path, driver: Path = Path("/nonexistent"), name: str = "n1") -> None:
        self.runtime = lupa.lua51.LuaRuntime()
        self.runtime.execute("package.preload.posix = function() return { uname = function() return '' end } end")
        self.runtime.execute("real = io.open")
        self.runtime.execute(
            f"io.open = function(path) return real(({{ ['/proc/cpuinfo'] = '{cpuinfo}', "
            f"['/proc/driver/nvidia/version'] = '{driver}' }})[path]) end"
        )
        self.runtime.execute("function myModuleFullName() return 'ml/1' end")
        self.text = (shipped("modulefiles-templates") / "shared/nodes.lua").read_text()
        self.name = name

    def fits(self, known: Known) -> bool:
        table = self.runtime.table_from({"type": "one", **known.stated}, recursive=True)
        module = self.runtime.table_from(
            {"env": {"SLURMD_NODENAME": self.name}.get, "chose": lambda *_: None, "loading": True}
        )
        releases = self.runtime.table_from([table, self.runtime.table_from({"type": "any"})])
        return self.runtime.execute(self.text, module, releases)["type"] == "one"


@pytest.mark.parametrize("machine", ALL, ids=lambda path: path.name)
def test_a_node_is_as_good_as_a_processor_when_archspec_says_so(machine, monkeypatch):
    family = family_of(machine)
    monkeypatch.setattr(detect, "_machine", lambda: family)
    monkeypatch.setattr(detect, "open", lambda _: machine.open(), raising=False)
    says = detect.COMPATIBILITY_CHECKS[family]
    known = [name for name, found in TARGETS.items() if str(found.family) == family and not is_level(found)]
    expected = {name for name in known if says(detect.proc_cpuinfo(), TARGETS[name])}
    node, lua = node_of("n1", machine.read_text(), ""), Lua(machine)
    assert {name for name in known if not misfits(kind(archspec=name), node)} == expected
    assert {name for name in known if lua.fits(known_by(kind(archspec=name)))} == expected
    assert {family, machine.name.rpartition("-")[2].replace("power9", "power9le").replace("power10", "power10le")} <= (
        expected
    )


def is_level(found) -> bool:
    """Of ARM's architecture: no node says of itself that it has one."""
    return str(found.family) == "aarch64" and found.vendor == "generic" and found.name != "aarch64"


def test_there_are_machines_of_every_family():
    assert {family_of(path) for path in ALL} == {"x86_64", "aarch64", "ppc64le"}
    assert len(ALL) > 30


@pytest.mark.parametrize("other", ["linux-rhel8-power9", "linux-rhel9-neoverse_v2"])
def test_a_node_of_another_family_is_as_good_as_none(other):
    node, lua = node_of("n1", (MACHINES / other).read_text(), ""), Lua(MACHINES / other)
    for name in ("x86_64", "zen4"):
        assert misfits(kind(archspec=name), node)
        assert not lua.fits(known_by(kind(archspec=name)))


@pytest.mark.parametrize(("text", "branch"), DRIVERS.values(), ids=DRIVERS)
def test_a_driver_brings_the_cuda_of_its_branch_and_older_ones(tmp_path, text, branch):
    (tmp_path / "version").write_text(text)
    node, lua = node_of("n1", "", text), Lua(Path("/nonexistent"), tmp_path / "version")
    assert node.driver == branch
    for cuda, needed in (("11.8", 520), ("12.4", 550), ("12.6", 560), ("13.0", 580), ("13.1", 590)):
        assert (not misfits(kind(cuda=cuda), node), lua.fits(known_by(kind(cuda=cuda)))) == (needed <= branch,) * 2


PATTERNS = st.lists(
    st.sampled_from(["g", "pu", "-", "0", "1", "9", ".", "*", "?", "[0-9]", "[!0-9]", "[a-f1]"]), min_size=1, max_size=6
).map("".join)
NAMES = st.text(st.sampled_from("gpu-019a.f"), min_size=1, max_size=8)


@settings(deadline=None, max_examples=500)
@given(PATTERNS, NAMES)
def test_a_pattern_means_in_lua_what_it_means_in_a_shell(pattern, name):
    found = lupa.lua51.LuaRuntime().eval("(function(name, pattern) return name:match(pattern) ~= nil end)")
    assert found(name, host_pattern(pattern)) == fnmatchcase(name, pattern)


@pytest.mark.parametrize(
    ("name", "fits"), [("gpu-1", True), ("gpu-1.example.org", True), ("gpu-x", False), ("login", False), ("cpu", True)]
)
def test_nodes_are_known_by_their_names_with_or_without_their_domain(name, fits):
    known = kind(hosts=["gpu-[0-9]", "cpu"])
    assert (misfits(known, node_of(name, "", "")) == ()) == fits
    assert Lua(Path("/nonexistent"), name=name).fits(known_by(known)) == fits


# ---- in Lmod, on nodes that are described by other files of /proc ----------------------------------------------------

CPUS = {"zen3": "linux-ubuntu20.04-zen3", "zen4": "linux-rocky8.5-zen4", "old": "linux-rhel6-piledriver"}
TYPES = {"gpu": {"archspec": "zen3", "cuda": "12.4"}, "zen4": {"archspec": "zen4"}, "big": {"hosts": ["fat[0-9]"]}}


def module(root: Path, *types: str, name: str = "ml") -> EnvironmentModule:
    """A module with a release for each type; they differ in what activation sets, too."""
    releases = [
        NodeRelease(
            each,
            f"{root}/{name}-{each}",
            known_by(kind(**TYPES[each])) if each in TYPES else Known(),
            (Operation("set", "FOR", each), Operation("prepend", "MANPATH", "{prefix}/man")) if each != "big" else (),
        )
        for each in types
    ]
    look = Look(f"{name}/1", name, "1", "python environment", "")
    general = releases[-1]
    return EnvironmentModule(
        look, general.prefix, "conda", name, (Package("a", "1"),), general.operations, releases=tuple(releases)
    )


class Node:
    """A shell on a node whose /proc says what a test wants; `become` makes it another one."""

    def __init__(self, place: Path, shell: str, cpu: str, driver: str = "none", name: str = "n1") -> None:
        self.files = {"cpuinfo": (MACHINES / CPUS[cpu]).read_text(), "version": DRIVERS[driver][0]}
        for file, text in self.files.items():
            (place / file).write_text(text)
        self.place = place
        bind = ["--bind", f"{place}/cpuinfo", "/proc/cpuinfo"]
        bind += ["--tmpfs", "/proc/driver", "--bind", f"{place}/version", "/proc/driver/nvidia/version"]
        within = ("bwrap", "--dev-bind", "/", "/", *bind, "--")
        self.shell = Shell(shell, place / "home", f"{place}/tree", {"SLURMD_NODENAME": name}, within=within)

    def become(self, cpu: str, name: str = "n2") -> tuple[str, ...]:
        """The steps that make it another node, as when a job's environment goes on elsewhere."""
        return f"cp {MACHINES / CPUS[cpu]} {self.place}/cpuinfo", f"export SLURMD_NODENAME={name}"


@pytest.fixture
def tree(place):
    write_tree(place / "tree", [module(place, "gpu", "zen4", "big", "any"), module(place, "zen4", "big", name="hot")])
    return place


@pytest.mark.parametrize("shell", ["bash", "tcsh"])
@pytest.mark.parametrize(
    ("described", "chosen"),
    [
        (("zen3", "kernel module", "n1"), "gpu"),
        (("zen4", "open", "n1"), "gpu"),
        (("zen4", "none", "n1"), "zen4"),
        (("zen3", "none", "n1"), "any"),
        (("old", "open", "n1"), "any"),
        (("old", "none", "fat7.example.org"), "big"),
    ],
)
def test_a_node_loads_the_first_that_fits_and_unloads_it_on_any_other(tree, shell, described, chosen):
    node, name = Node(tree, shell, *described), described[2]
    elsewhere = node.become("old" if chosen != "any" else "zen4")
    steps = ["export SLURMD_NODENAME=n2", "snapshot before", f"export SLURMD_NODENAME={name}", "module load ml"]
    ran = node.shell.run(*steps, "snapshot loaded", *elsewhere, "module unload ml", "snapshot after")
    assert ran.failed == []
    assert ran["loaded"]["LMODFORGE_ENVIRONMENT"] == f"{tree}/ml-{chosen}"
    assert ran["loaded"].get("FOR") == (None if chosen == "big" else chosen)
    assert ran.states["after"] == ran.states["before"]
    told = f"ml/1 is the release for nodes of type {chosen}"
    assert ran.said.split("\n") == ([told, ""] if chosen != "any" else [""])


def test_loading_again_elsewhere_gets_what_is_for_that_node(tree):
    node = Node(tree, "bash", "zen4")
    ran = node.shell.run("module load ml", *node.become("old"), "module purge", "module load ml", "snapshot loaded")
    assert ran["loaded"]["LMODFORGE_ENVIRONMENT"] == f"{tree}/ml-any"


@pytest.mark.parametrize("shell", ["bash", "tcsh"])
def test_a_node_of_no_type_is_told_which_there_are(tree, shell):
    node = Node(tree, shell, "old")
    ran = node.shell.run("snapshot before", "module load hot", "snapshot after")
    assert ran.failed == ["module load hot"]
    assert ran.states["after"] == ran.states["before"]
    said = "hot/1 is for nodes of type zen4 or big only, and n1 is none: load it in a job on a node that is."
    assert said in " ".join(ran.said.split())


@pytest.mark.parametrize("shell", ["bash", "tcsh"])
def test_what_is_loaded_stays_when_the_next_is_not_for_this_node(tree, shell):
    ran = Node(tree, shell, "old").shell.run("module load ml", "snapshot before", "module load hot", "snapshot after")
    assert ran.failed == ["module load hot"]
    assert ran.states["after"] == ran.states["before"]
    assert ran["after"]["LMODFORGE_ENVIRONMENT"] == f"{tree}/ml-any"


def test_who_only_looks_gets_what_is_asked_for_or_the_first(tree):
    node = Node(tree, "bash", "old")
    ran = node.shell.run(
        *("export LMODFORGE_LOOK_ONLY=1", "module load hot", "snapshot first", "module purge"),
        *("export LMODFORGE_LOOK_ONLY=big", "module load hot", "snapshot asked"),
    )
    assert ran["first"]["LMODFORGE_ENVIRONMENT"] == f"{tree}/hot-zen4"
    assert ran["asked"]["LMODFORGE_ENVIRONMENT"] == f"{tree}/hot-big"


def test_avail_spider_and_keyword_look_at_no_processor(tree):
    """/proc/cpuinfo is a pipe that nobody writes to: who opens it waits until the test fails."""
    node = Node(tree, "bash", "old")
    (tree / "cpuinfo").unlink()
    os.mkfifo(tree / "cpuinfo")
    ran = node.shell.run("module avail", "module spider ml", "module keyword hot")
    assert ran.failed == []
    assert "hot/1" in ran.said
