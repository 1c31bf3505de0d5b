"""Environments from conda channels, the whole way: solved, locked, installed, finished, published, loaded."""

import json
import os
import re
import stat
import subprocess
import sys

import pytest

from channel import MINOR, PLACEHOLDER, PYTHON
from conda.shells import in_lmod
from lmodforge.commands.show import run_deploy, show_plan
from lmodforge.errors import StepFailed

SITE_PACKAGES = f"lib/python{MINOR}/site-packages"


def test_a_second_deploy_has_nothing_to_do_and_asks_nobody(deployed):
    before = len(deployed.server.asked)
    again = deployed.deploy()
    assert (again.plan.changes, again.settled) == ((), True)
    assert deployed.server.asked[before:] == []


def test_the_plan_says_what_will_be_built_and_leaves_no_trace(centre):
    plan = centre.small.plan()
    assert re.sub(r"\d+ kB", "SIZE", plan) == (
        "Site small:\n\n"
        "  +  distribution  base 25.3.0-3          new, by Miniforge3-25.3.0-3-Linux-x86_64.sh\n"
        "  +  environment   sci 1                  new, 7 packages for base (SIZE to download)\n"
        "  +  module        python/miniforge       new\n"
        "  +  module        sci/1                  new\n"
        "  +  files         shared by all modules  10: new\n"
        "  +  script        profile.csh            new\n"
        "  +  script        profile.fish           new\n"
        "  +  script        profile.sh             new\n\n"
        "Plan: 8 to create, 0 to change, 0 to remove."
    )
    assert not centre.small.root.exists()


def test_a_saved_plan_is_carried_out(centre):
    saved = centre.small.folder / "plan.json"
    centre.sci |= {"pypi": ["cowsay"], "variables": {"GREETING": "hello"}}
    centre.small.open()
    show_plan(str(centre.small.file), str(centre.small.root), str(saved))
    run_deploy("", "", plan=str(saved), replace_edited=False, jobs=1)
    assert [(each.variable, each.value) for each in centre.receipt.operations] == [("GREETING", "hello")]


def test_what_rattler_leaves_undone_is_done(deployed):
    release = deployed.release
    python_files = set(release.rglob("*.py"))
    compiled = {path.parent.parent / f"{path.name.split('.')[0]}.py" for path in release.rglob("*.pyc")}
    assert python_files == compiled
    assert not (release / "CACHEDIR.TAG").exists()
    assert json.loads((release / "conda-meta/frozen").read_text())["message"].startswith("sci 1 belongs to everybody")
    assert (
        (release / f"lib/python{MINOR}/EXTERNALLY-MANAGED")
        .read_text()
        .startswith("[externally-managed]\nError = sci 1")
    )
    dated, *history = (release / "conda-meta/history").read_text().splitlines()
    assert re.fullmatch(r"==> \d{4}-\d\d-\d\d \d\d:\d\d:\d\d <==", dated)
    assert (history[0], history[-1]) == ("# cmd: lmodforge deploy", "# update specs: ['attrs', 'jinja2', 'wheel']")
    assert f"+conda-forge/linux-64::python-{PYTHON}-host_0_cpython" in history


def test_everybody_reads_a_release_and_nobody_writes_it(deployed):
    modes = {
        (path.is_dir(), stat.S_IMODE(path.lstat().st_mode))
        for path in [deployed.release, *deployed.release.rglob("*")]
        if not path.is_symlink()
    }
    assert modes == {(True, 0o555), (False, 0o444), (False, 0o555)}
    assert stat.S_IMODE((deployed.release / "bin/wheel").stat().st_mode) == 0o555


def test_the_umask_of_root_does_not_matter(centre):
    before = os.umask(0o077)
    try:
        centre.deploy()
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.lstat().st_mode) for path in centre.release.rglob("*") if not path.is_symlink()}
    assert modes == {0o555, 0o444}


def test_the_receipt_lists_packages_with_their_channel_and_licence(deployed):
    receipt = deployed.receipt
    found = {package.name: (package.channel, package.licence) for package in receipt.packages}
    forge = "https://conda.anaconda.org/conda-forge"
    assert found["attrs"] == (forge, "MIT")
    assert found["python"] == (forge, "PSF-2.0")
    assert list(found) == sorted(found)
    assert (receipt.engine, receipt.python) == ("conda", f"{receipt.path}/bin/python")
    assert f"{forge}/linux-64/python-{PYTHON}-host_0_cpython.tar.bz2" in receipt.lock
    assert deployed.server.url not in receipt.lock


def test_a_module_of_it_loads_and_unloads_without_a_trace(deployed):
    said = in_lmod(
        deployed.small,
        "module load sci; python -c 'import jinja2, sys; print(sys.prefix)'; echo $CONDA_PREFIX $CONDA_DEFAULT_ENV\n"
        "module unload sci; echo [${CONDA_PREFIX-unset}]",
    )
    assert said == f"{deployed.release}\n{deployed.release} sci\n[unset]\n"


def test_packages_of_the_index_come_after_those_of_the_channels_and_leave_them_as_they_are(centre):
    centre.sci["pypi"] = ["cowsay", "jinja2"]
    centre.sci["check"] = {"import": ["cowsay", "jinja2"]}
    centre.deploy()
    receipt = centre.receipt
    assert [package.name for package in receipt.packages if not package.channel] == ["cowsay"]
    assert re.search(r'name = "cowsay"\n(.*\n)+?wheels = .*sha256', receipt.pypi_lock)
    assert (centre.release / SITE_PACKAGES / "cowsay/__pycache__").is_dir()
    installer = next((centre.release / SITE_PACKAGES).glob("jinja2-*.dist-info/INSTALLER"))
    assert installer.read_text() == "conda\n"
    assert centre.deploy().plan.changes == ()


def test_a_package_of_the_index_never_replaces_one_that_conda_brings_under_another_name(centre):
    metadata = {"site-packages/cowsay-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: cowsay\nVersion: 1.0\n"}
    centre.channel.add("cow", files=metadata, noarch="python", depends=["python"], build="pyhd8ed1ab_0")
    centre.channel.index()
    centre.sci |= {"conda": ["cow"], "pypi": ["cowsay"]}
    with pytest.raises(StepFailed, match="cowsay would come from PyPI, and has come from a channel under another name"):
        centre.deploy()


def test_an_environment_of_index_packages_alone_gets_its_python_from_the_channel(centre):
    del centre.sci["conda"]
    centre.sci |= {"python": MINOR, "pypi": ["cowsay"], "check": {"import": ["cowsay"]}}
    centre.deploy()
    assert [package.name for package in centre.receipt.packages] == ["python", "python_abi", "cowsay"]


def test_prefixes_in_files_are_those_of_the_release(centre):
    centre.channel.add("tool", files={"bin/tool": f"#!/bin/sh\necho {PLACEHOLDER}/share\n"})
    centre.channel.index()
    centre.sci["conda"].append("tool")
    centre.deploy()
    assert subprocess.check_output([centre.release / "bin/tool"], text=True) == f"{centre.release}/share\n"


@pytest.mark.parametrize(("links", "shared"), [("hard", True), ("copy", False)])
def test_files_are_shared_with_the_cache_unless_the_site_wants_copies(centre, links, shared):
    centre.site["conda"]["links"] = links
    centre.deploy()
    module = centre.release / SITE_PACKAGES / "jinja2/filters.py"
    assert (module.stat().st_nlink > 1) is shared


def test_post_link_scripts_run_only_by_permission(centre):
    script = 'echo "$PKG_NAME $PKG_VERSION $PREFIX" >"$PREFIX/linked"\n'
    for name in ("one", "two"):
        centre.channel.add(name, files={f"bin/.{name}-post-link.sh": script})
    centre.channel.index()
    centre.sci["conda"] += ["one", "two"]
    centre.site["conda"]["post_link"] = ["two"]
    centre.deploy()
    assert (centre.release / "linked").read_text() == f"two 1.0 {centre.release}\n"
    assert centre.receipt.lacks == ("the post-link script of one was not run; `conda.post_link` allows it by name",)


def test_what_the_nodes_have_is_said_in_the_site_file(centre):
    centre.channel.add("gpu", depends=["__cuda >=12"])
    centre.channel.index()
    centre.sci["conda"].append("gpu")
    with pytest.raises(StepFailed, match="`gpu` cannot be installed"):
        centre.deploy()
    centre.site["conda"]["virtual_packages"] = {"__cuda": "12.6"}
    centre.deploy()
    assert "gpu" in {package.name for package in centre.receipt.packages}


def test_the_first_channel_that_has_a_package_is_the_only_one_for_it(centre):
    other = type(centre.channel)(centre.channel.directory.parent / "newer")
    other.add("six", "99.0")
    other.add("only-there")
    other.index()
    centre.sci |= {"conda": ["six", "only-there"], "channels": ["conda-forge", f"{centre.server.url}/newer"]}
    centre.deploy()
    found = {package.name: package for package in centre.receipt.packages}
    assert found["six"].version != "99.0"
    assert found["only-there"].channel == f"{centre.server.url}/newer"


def test_a_directory_is_a_channel_and_its_archives_are_checked_too(centre):
    centre.sci["channels"] = [f"file://{centre.channel.directory}"]
    centre.deploy()
    assert centre.receipt.packages[0].channel == f"file://{centre.channel.directory}"
    # Another package under the name of one that the lock holds.
    centre.small.base["module"] = "python/second"
    archive = next(centre.channel.directory.glob("noarch/attrs-*"))
    archive.write_bytes(next(centre.channel.directory.glob("noarch/six-*")).read_bytes())
    with pytest.raises(StepFailed, match=r"environment sci: file://.*/attrs-.* has sha256 [0-9a-f]{64}, the lock says"):
        centre.deploy()


def test_a_damaged_cache_never_reaches_a_release(centre):
    centre.deploy()
    cache = centre.small.state / "cache/conda/packages"
    damaged = next(cache.glob("jinja2-*/site-packages/jinja2/filters.py"))
    damaged.unlink()
    damaged.write_text("raise SystemExit\n")
    centre.sci |= {"version": "2", "conda": ["jinja2"], "check": {"import": ["jinja2.filters"]}}
    centre.deploy()


def test_neither_a_plan_without_changes_nor_completion_knows_rattler(deployed):
    code = (
        "import sys\nfrom lmodforge.commands.show import show_plan\n"
        f"show_plan({str(deployed.small.file)!r}, {str(deployed.small.root)!r}, '')\n"
        "print([name for name in sys.modules if name.startswith('rattler')])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"
