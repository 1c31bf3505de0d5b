"""Packed environments: they run in an empty directory, where nothing of the site is left."""

import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from channel import ABI, MINOR
from conda.packing import expected, run_in_a_job
from conda.small import Centre
from lmodforge.apply.pack import pack_release
from lmodforge.apply.system import RealSystem
from lmodforge.apply.workshop import Workshop
from lmodforge.commands.pack import pack_environment
from lmodforge.commands.status import show_status
from lmodforge.config.archives import FORMATS
from lmodforge.config.models import Permissions
from lmodforge.errors import SiteError
from lmodforge.kits.archive import Archive

VENV = (
    "tiny cannot be packed: it is a virtual environment, and its Python lies outside of it\n"
    "  hint: list it for a distribution with conda, or give jobs a container that has the site's prefixes"
)
pytestmark = pytest.mark.xdist_group("pack")  # one worker deploys the site, once


@pytest.fixture
def site(packable):
    return packable


def pack(site: Centre, out: Path, name: str = "sci", **how):
    options = {"kind": "tar.gz", "dest_prefix": "", "replace": False} | how
    return pack_environment(name, str(site.small.file), str(site.small.root), out=str(out), **options)


@pytest.fixture(scope="module", params=FORMATS)
def packed(request, packable, tmp_path_factory):
    """The environment in each format."""
    return pack(packable, tmp_path_factory.mktemp("packed"), kind=request.param)


def test_an_archive_runs_in_an_empty_directory_without_the_original(site, packed, tmp_path):
    scratch = tmp_path / "scratch"
    shown = run_in_a_job(site, Path(packed.out), scratch, "a b", "$HOME")
    assert shown == expected(scratch / "sci", "a b", "$HOME")
    assert not (scratch / packed.archive.file).exists()


@pytest.mark.parametrize("kind", FORMATS)
def test_an_archive_for_a_place_needs_nothing_corrected_there(kind, site, tmp_path):
    place = tmp_path / "its own place".replace(" ", "-") / "sci"
    pack(site, tmp_path / "out", kind=kind, dest_prefix=str(place))
    shown = run_in_a_job(site, tmp_path / "out", tmp_path / "scratch")
    assert shown == expected(place)
    assert not (place / "bin/conda-unpack").exists()


def test_an_environment_without_python_is_packed_for_a_place(site, tmp_path):
    with pytest.raises(SiteError) as caught:
        pack(site, tmp_path, "bare")
    assert str(caught.value) == (
        "bare has no Python, which an archive needs to find its place in a job\n"
        "  hint: name the place with --dest-prefix"
    )
    done = pack(site, tmp_path, "bare", dest_prefix="/place/of/bare")
    with tarfile.open(f"{done.out}/{done.archive.file}") as archive:
        where = archive.extractfile("bin/where")
        assert where is not None
        assert where.read() == b"#!/bin/sh\necho /place/of/bare/etc\n"


def test_packing_again_gives_the_same_bytes(site, packed, tmp_path):
    again = pack(site, tmp_path, kind=packed.archive.format)
    assert again.sha256 == packed.sha256
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_archive_does_not_need_the_package_cache(site, packed, tmp_path):
    cache = site.small.state / "cache/conda"
    cache.rename(cache.with_name("elsewhere"))
    try:
        assert pack(site, tmp_path, kind=packed.archive.format).sha256 == packed.sha256
    finally:
        cache.with_name("elsewhere").rename(cache)


def test_packing_changes_nothing_of_the_site(site, packed):
    assert show_status(str(site.small.file), str(site.small.root)).drifted == 0


def test_what_is_in_an_archive_can_be_changed_by_its_user_and_tells_nobody_who_packed(site, tmp_path):
    done = pack(site, tmp_path)
    with tarfile.open(f"{done.out}/{done.archive.file}") as archive:
        members = archive.getmembers()
    assert {(member.uid, member.gid, member.uname, member.gname) for member in members} == {(0, 0, "", "")}
    assert [member.name for member in members if not member.issym() and not member.mode & 0o200] == []
    names = {member.name for member in members}
    assert not names & {"conda-meta/frozen", f"lib/python{MINOR}/EXTERNALLY-MANAGED"}
    assert f"lib/python{MINOR}/site-packages/jinja2/__pycache__/__init__.cpython-{ABI[2:]}.pyc" in names


def test_what_is_said_names_the_way_to_a_job(site, tmp_path):
    done = pack(site, tmp_path)
    archive = f"{tmp_path}/sci-1-{site.release.name.rpartition('-')[2]}.tar.gz"
    same = f"{site.small.root}/software/archives/releases/{site.release.name}.tar.gz"
    assert done.text.splitlines()[1:] == [
        f"{tmp_path}/sci.sh: Unpacks the environment where it is started, and runs a script in it.",
        f"{tmp_path}/sci.sub: Says what the job needs: its files, cores, memory and disk space.",
        "",
        f"A deploy has made the same file: {same}.",
        "",
        "It reaches a job by OSDF. Put it into /staging.",
        "https://o.org",
        "",
        "    condor_submit sci.sub",
    ]
    size = Path(archive).stat().st_size
    assert done.json == {
        "document": "pack",
        "version": 1,
        "environment": "sci",
        "module": "sci/1",
        "archive": {"file": archive, "format": "tar.gz", "size": size, "sha256": done.sha256, "dest_prefix": ""},
        "published": same,
        "files": [f"{tmp_path}/sci.sh", f"{tmp_path}/sci.sub"],
        "transfer": {
            "name": "OSDF",
            "how": "Put it into /staging.",
            "input": f"osdf:///staging/{Path(archive).name}",
            "url": "https://o.org",
        },
        "fits": True,
    }
    assert (
        f"transfer_input_files = my_script.py, osdf:///staging/{Path(archive).name}\n"
        in (tmp_path / "sci.sub").read_text()
    )


def test_an_archive_that_is_too_large_for_every_way_is_an_error_that_a_script_sees(site, tmp_path):
    narrow = tmp_path / "narrow.yaml"
    narrow.write_text(site.small.file.read_text().replace("up_to: 1 GB", "up_to: 0.01 MB"))
    argv = [sys.executable, "-m", "lmodforge", "pack", "sci", "--site", narrow, "--root", site.small.root]
    done = subprocess.run([*argv, "--out", tmp_path / "out"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        1,
        "It is larger than anything that reaches a job here: OSDF takes up to 0.01 MB.",
    )


def test_what_is_there_stays_until_it_may_go(site, tmp_path):
    pack(site, tmp_path)
    (tmp_path / "sci.sub").write_text("mine\n")
    archive = next(tmp_path.glob("*.tar.gz"))
    with pytest.raises(SiteError) as caught:
        pack(site, tmp_path)
    assert str(caught.value) == (
        f"{archive}, {tmp_path}/sci.sh, {tmp_path}/sci.sub: there already\n"
        "  hint: --replace gives it up; --out names another directory"
    )
    assert (tmp_path / "sci.sub").read_text() == "mine\n"
    pack(site, tmp_path, replace=True)
    assert (tmp_path / "sci.sub").read_text() != "mine\n"


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [
        ("scy", {}, "no environment `scy` is deployed\n  hint: did you mean `sci`?"),
        ("?", {}, "no environment `?` is deployed\n  hint: these are: bare, sci, tiny"),
        (
            "tiny/1",
            {},
            VENV,
        ),
        ("sci", {"kind": "zip"}, "--format zip: no such format is known\n  hint: one of: tar.gz, tar.zst, squashfs"),
        ("sci", {"dest_prefix": "x"}, "--dest-prefix: path `x` is not absolute\n  hint: begin it with `/`"),
    ],
)
def test_what_cannot_be_packed_is_refused_before_anything_is_made(name, how, said, site, tmp_path):
    with pytest.raises(SiteError) as caught:
        pack(site, tmp_path / "out", name, **how)
    assert str(caught.value) == said
    assert not (tmp_path / "out").exists()


class Interrupted(RealSystem):
    """Somebody presses ^C when a part of the archive is there."""

    def run(self, argv, *, env, **how):
        Path(env["TMPDIR"], "part").write_bytes(b"part")
        raise KeyboardInterrupt


def test_an_interruption_leaves_no_part_of_an_archive(site, tmp_path):
    workshop = Workshop(Interrupted(), site.small.open().config)
    with pytest.raises(KeyboardInterrupt):
        pack_release(workshop, str(site.release), Archive("sci.tar.gz"), str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_an_archive_is_for_the_group_where_the_site_is(site, tmp_path):
    secret = site.small.open().config.model_copy(update={"permissions": Permissions(readable_by="group")})
    for config, mode in ((site.small.open().config, 0o644), (secret, 0o640)):
        pack_release(Workshop(RealSystem(), config), str(site.release), Archive("sci.tar.gz"), str(tmp_path))
        assert stat.S_IMODE((tmp_path / "sci.tar.gz").stat().st_mode) == mode


def test_a_failure_leaves_no_part_of_an_archive(site, tmp_path):
    binary = site.release / "lib/paths.bin"
    content, before = binary.read_bytes(), binary.stat()
    binary.chmod(0o644)
    binary.write_bytes(content + b"edited")
    try:
        with pytest.raises(SiteError) as caught:
            pack(site, tmp_path)
    finally:
        binary.write_bytes(content)
        binary.chmod(before.st_mode)
        os.utime(binary, ns=(before.st_atime_ns, before.st_mtime_ns))  # others look at the same release
    archive = f"sci-1-{site.release.name.rpartition('-')[2]}.tar.gz"
    assert str(caught.value) == (
        f"archive {archive}: {binary} is not what its package holds: the release was changed by hand"
    )
    assert list(tmp_path.iterdir()) == []
