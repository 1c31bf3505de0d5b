"""Where the files of a mirror lie, and the pages that lead to them."""

import json

import pytest

from lmodforge.errors import SiteError, StepFailed
from lmodforge.plan.actions import BuildRelease
from lmodforge.plan.mirror import (
    Wanted,
    by_path,
    conda_path,
    files_of_lock,
    python_path,
    repodata,
    servable,
    simple_index,
)
from lmodforge.receipts.mirror import FileEntry, MirrorManifest, decode_manifest, encode_manifest

WHEEL = "https://files.example.org/packages/ab/six-1.17.0-py2.py3-none-any.whl"
PYLOCK = (
    'lock-version = "1.0"\n[[packages]]\nname = "six"\nversion = "1.17.0"\n'
    f'wheels = [{{ url = "{WHEEL}", hashes = {{ sha256 = "aa" }} }}]\n'
)
PACKAGE = "https://conda.anaconda.org/conda-forge/noarch/six-1.17.0-pyhd8ed1ab_0.conda"
CONDA_LOCK = f"version: 7\npackages:\n- conda: {PACKAGE}\n  sha256: bb\n"


def test_a_wheel_lies_with_its_project_and_a_package_with_its_channel():
    assert list(files_of_lock("environment sci", PYLOCK)) == [
        Wanted("environment sci", "pypi/six/six-1.17.0-py2.py3-none-any.whl", WHEEL, "aa")
    ]
    path = "conda/conda.anaconda.org/conda-forge/noarch/six-1.17.0-pyhd8ed1ab_0.conda"
    assert list(files_of_lock("environment sci", CONDA_LOCK)) == [Wanted("environment sci", path, PACKAGE, "bb")]


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://example.org:8443/main/linux-64/x-1!2-0.conda", "example.org:8443/main/linux-64/x-1!2-0.conda"),
        ("file:///opt/channel/noarch/x-1-0.tar.bz2", "local/opt/channel/noarch/x-1-0.tar.bz2"),
        ("https://h/c/noarch/x-1%2B2-0.conda", "h/c/noarch/x-1+2-0.conda"),
    ],
)
def test_the_directory_of_a_channel_is_its_host_and_path(url, path):
    assert conda_path(url) == f"conda/{path}"


def test_a_python_keeps_its_makers_name():
    url = "https://h/20261110/cpython-3.11.18%2B20261110-x86_64-unknown-linux-gnu-install_only.tar.gz"
    assert python_path(url) == "pythons/cpython-3.11.18+20261110-x86_64-unknown-linux-gnu-install_only.tar.gz"


@pytest.mark.parametrize("path", ["c/../noarch/x.conda", "c/%2e%2e/x.conda", "c//x.conda", "a%2fb/x"])
def test_no_name_leads_out_of_a_mirror(path):
    with pytest.raises(SiteError, match="cannot be the name of a file in a mirror"):
        conda_path(f"https://h/{path}")


def test_a_package_without_a_hash_is_not_mirrored():
    with pytest.raises(SiteError) as refusal:
        list(files_of_lock("environment sci", CONDA_LOCK.replace("sha256", "md5")))
    assert str(refusal.value) == (
        f"environment sci: its lock has no sha256 of {PACKAGE}\n"
        "  hint: without one nothing is mirrored: ask its index or channel"
    )


def test_two_files_of_one_name_are_refused():
    one, other = (
        Wanted("environment a", "pypi/x/x.whl", "https://h/1/x.whl", "aa"),
        Wanted("environment b", "pypi/x/x.whl", "https://h/2/x.whl", "bb"),
    )
    assert by_path([one, one]) == {"pypi/x/x.whl": one}
    with pytest.raises(SiteError) as refusal:
        by_path([one, other])
    assert str(refusal.value) == (
        "pypi/x/x.whl would be two files: https://h/1/x.whl has sha256 aa in the lock of environment a, "
        "https://h/2/x.whl has bb in that of environment b\n  hint: lock both anew, or mirror them as two sites"
    )


def release(name: str, lock: str) -> BuildRelease:
    path = f"/p/releases/{name}"
    return BuildRelease(
        environment=name,
        version="1",
        distribution="d",
        prefix="/p",
        path=path,
        digest="",
        engine="uv",
        python="",
        key="",
        lock=lock,
        packages=(),
        imports=(),
        commands=(),
        timeout=0,
        checked="",
    )


def test_what_jobs_cannot_build_from_files_alone_is_left_out():
    source = PYLOCK.replace("wheels = [", "sdist = ").replace(" }]", " }").replace(".whl", ".tar.gz")
    asked = {
        "wheel": PYLOCK,
        "package": CONDA_LOCK,
        "built from source": source,
        "without a hash": CONDA_LOCK.replace("sha256", "md5"),
        "another file of one name": PYLOCK.replace("aa", "bb"),
    }
    found = servable({name: release(name, lock) for name, lock in asked.items()})
    assert {name: [wanted.url for wanted in files] for name, files in found.items()} == {
        "wheel": [WHEEL],
        "package": [PACKAGE],
    }


def test_a_simple_index_names_each_wheel_with_its_hash():
    pages = simple_index({"pypi/six/six-1+b.whl": "aa", "pypi/idna/idna-2.whl": "bb", "conda/x/noarch/x.conda": "cc"})
    top, end = '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n', "</body></html>\n"
    assert pages == {
        "pypi/six/index.html": f'{top}<a href="six-1%2Bb.whl#sha256=aa">six-1+b.whl</a><br>\n{end}',
        "pypi/idna/index.html": f'{top}<a href="idna-2.whl#sha256=bb">idna-2.whl</a><br>\n{end}',
        "pypi/index.html": f'{top}<a href="idna/">idna</a><br>\n<a href="six/">six</a><br>\n{end}',
    }


def test_repodata_has_every_subdir_of_a_channel():
    package = {"url": PACKAGE, "record": {"name": "six", "sha256": "bb"}}
    old = {"url": "https://conda.anaconda.org/conda-forge/linux-64/x-1-0.tar.bz2", "record": {"name": "x"}}
    found = repodata([package, old], ["linux-64", "linux-aarch64"])
    folder = "conda/conda.anaconda.org/conda-forge"
    assert {path: json.loads(text) for path, text in found.items()} == {
        f"{folder}/{subdir}/repodata.json": {
            "info": {"subdir": subdir},
            "packages": {"x-1-0.tar.bz2": {"name": "x"}} if subdir == "linux-64" else {},
            "packages.conda": {"six-1.17.0-pyhd8ed1ab_0.conda": package["record"]} if subdir == "noarch" else {},
            "repodata_version": 1,
        }
        for subdir in ("linux-64", "linux-aarch64", "noarch")
    }


def test_a_manifest_is_read_as_it_was_written_and_no_other_is():
    manifest = MirrorManifest(
        site="small", platforms=("linux-x86_64",), locks={}, files={"a/b": FileEntry(sha256="aa", size=1)}
    )
    written = encode_manifest(manifest)
    assert decode_manifest(written, "/mnt/m") == manifest
    for wrong in (b"", b"[]", written.replace(b'"version": 1', b'"version": 2'), written.replace(b"a/b", b"a/../b")):
        with pytest.raises(StepFailed, match=r"^/mnt/m: mirror.json is not a manifest that this lmodforge reads \("):
            decode_manifest(wrong, "/mnt/m")
