"""A deployed site in images and root file systems of this host's distribution, by podman and bubblewrap."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from containers import BARE, remove
from end_to_end.small import Small, site_text
from lmod import lmod
from lmodforge.apply.system import RealSystem
from lmodforge.commands.receipts import read_deployment
from lmodforge.commands.verify import verify_site
from lmodforge.errors import SiteError
from lmodforge.verify.places.choose import Wish, go, mounts_of
from lmodforge.verify.places.derive import CONTAINERFILES

pytestmark = pytest.mark.xdist_group("containers")  # what the first of them makes serves all

LOAD = '. "$1"; module load tiny/1 && python -c "import six; print(six.__file__)"; id -u; echo "$HOME"; touch "$2"'


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site on the system's own Python, which is the same in the images."""
    small = Small(tmp_path_factory.mktemp("site"))
    text = site_text(tiny=["six"], sci=["numpy"])
    text["environments"]["sci"]["check"]["run"] = ["numpy-config --version"]
    text["environments"]["sci"]["lifecycle"] = {"aliases": ["science"]}
    text["tools"] = {"uv": {"version": "0.13.8"}}
    text["distributions"]["standard"]["interpreter"] = "/usr/bin/python3"
    small.write(text)
    small.deploy()
    return small


@dataclass(frozen=True)
class Made:
    """What all tests go to."""

    site: Small
    mounts: list[str]
    image: str
    """Made of the one without Lmod, by the Containerfile that is shipped."""
    root: Path
    """The same, unpacked."""


@pytest.fixture(scope="module")
def made(podman, site, tmp_path_factory):
    deployment = read_deployment(site.open())
    mounts = mounts_of(deployment.layout, deployment.installed.values())
    image = go(RealSystem(), Wish(image=BARE, engine="podman"), mounts).way.image
    root = podman.unpack(image, tmp_path_factory.mktemp("root") / "root")
    yield Made(site, mounts, image, root)
    remove(root)


def load(place, site):
    """Load a module by hand; the last thing the shell tries is to write to the tree."""
    argv = ["bash", "--noprofile", "--norc", "-c", LOAD, "-", place.lmod.init("bash"), site.root / "modulefiles/mine"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "MODULEPATH": str(site.modulefiles / "current")}
    done = place.run(list(map(str, argv)), env=environment, timeout=60)
    imported, *rest = done.stdout.splitlines()
    assert imported.startswith(f"{site.prefix}/releases/tiny-")
    assert "Read-only file system" in done.stderr
    return rest


def verify(capfd, made, *, shells="", **place):
    """Verify the site as `invoke verify` does; everything that is wrong is in what it says."""
    found = verify_site(str(made.site.file), str(made.site.root), wish=Wish(**place), shells=shells)
    capfd.readouterr()
    return found


@pytest.mark.parametrize("user", ["", "root"])
def test_verify_finds_nothing_wrong_in_a_container(made, capfd, user):
    shells = "bash,tcsh" if user else ""  # what root has more of is no matter of shells
    found = verify(capfd, made, image=BARE, engine="podman", user=user, shells=shells)
    assert (found.failures, found.json["place"]) == (0, BARE), found.text


def test_verify_finds_nothing_wrong_with_another_lmod_and_names_both(podman, made, capfd):
    image = podman.with_another_lmod(made.image, "localhost/other:1")
    found = verify(capfd, made, image=image, engine="podman")
    assert found.failures == 0, found.text
    there, here = found.json["lmod"], found.json["lmod_here"]
    assert (there != here, here) == (True, lmod().version)
    assert f"{image}, Lmod {there} (this host has {here}):" in found.text


@pytest.mark.parametrize("user", ["", "root"])
def test_verify_finds_nothing_wrong_in_a_root_file_system(made, capfd, user):
    found = verify(capfd, made, rootfs=str(made.root), user=user, shells="bash,tcsh")
    assert (found.failures, found.json["place"]) == (0, f"rootfs {made.root}"), found.text


@pytest.mark.parametrize(("user", "number"), [("", "65534"), ("root", "0")])
def test_an_image_that_lacks_lmod_gets_it_once_and_loads_the_modules(made, user, number):
    place = go(RealSystem(), Wish(image=BARE, engine="podman", user=user), made.mounts)
    assert (place.name, place.way.image) == (BARE, made.image)
    assert load(place, made.site) == [number, "/nonexistent"]


@pytest.mark.parametrize(("user", "number"), [("", "65534"), ("root", "0")])
def test_a_root_file_system_needs_no_container_engine(made, user, number):
    place = go(RealSystem(), Wish(rootfs=str(made.root), user=user), made.mounts)
    assert load(place, made.site) == [number if os.geteuid() == 0 else str(os.geteuid()), "/nonexistent"]


def test_a_command_that_takes_too_long_is_ended_there_too(podman, made):
    place = go(RealSystem(), Wish(image=made.image, engine="podman"), made.mounts)
    assert place.run(["sleep", "100"], env={"PATH": "/usr/bin:/bin"}, timeout=1).code == 124
    assert podman.run("ps", "--all", "--quiet") == ""


def test_a_root_file_system_without_lmod_is_refused(bare, made):
    with pytest.raises(SiteError) as caught:
        go(RealSystem(), Wish(rootfs=str(bare)), made.mounts)
    assert str(caught.value) == (
        f"rootfs {bare} has no Lmod\n  hint: install it there, or verify in a place that has it"
    )


@pytest.mark.parametrize(("system", "enabled"), [("rocky", True), ("fedora", False)])
def test_the_other_containerfile_does_what_it_should_with_a_dnf_that_only_writes_down(
    podman, tmp_path, system, enabled
):
    """No registry is needed for this much: the file is read, each step runs, and Fedora has no CRB."""
    (tmp_path / "Containerfile").write_text(
        f"FROM {BARE}\n"
        f"RUN echo ID={system} >/etc/os-release; cd /usr/bin"
        """ && printf '#!/bin/sh\\necho "${0##*/} $*" >>/did\\n' >dnf && chmod 755 dnf && cp dnf crb\n"""
    )
    podman.run("build", "--quiet", "--tag", f"localhost/{system}:1", tmp_path)
    recipe = CONTAINERFILES / "rhel.Containerfile"
    options = ("--build-arg", f"IMAGE=localhost/{system}:1", "--tag", f"localhost/{system}-lmod:1", "--file", recipe)
    podman.run("build", "--quiet", *options, tmp_path)
    did = podman.run("run", "--rm", "--network=none", f"localhost/{system}-lmod:1", "cat", "/did")
    assert did == "".join(
        [
            "dnf install -y dnf-plugins-core epel-release\ncrb enable\n" if enabled else "",
            "dnf install -y Lmod bash procps-ng\n",
            "dnf install -y --setopt=strict=0 dash fish ksh tcsh zsh\n",
            "dnf clean all\n",
        ]
    )


def test_an_image_that_cannot_be_had_is_named_with_the_command_to_try(podman):
    with pytest.raises(SiteError) as caught:
        go(RealSystem(), Wish(image="localhost/nosuch:1", engine="podman"), [])
    assert str(caught.value).endswith("hint: try it: podman pull --quiet localhost/nosuch:1")
