"""Archives: plain files go in and come out, and nothing else does."""

import io
import os
import stat
import tarfile

import pytest

from lmodforge.apply.system import RealSystem
from lmodforge.errors import StepFailed

FILES = {"first.json": b"{}", "a/deep/file": b"deep", "b/big": os.urandom(3_000_000)}
NAMES = ["first.json", "b/big", "a/deep/file"]


def write(folder):
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def below(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(params=["site.tar", "site.tar.zst"])
def archive(request, tmp_path):
    path = tmp_path / request.param
    RealSystem().pack(write(tmp_path / "files"), NAMES, path)
    return path


def test_what_was_packed_comes_out_for_its_owner_alone(archive, tmp_path):
    RealSystem().unpack(archive, tmp_path / "out")
    assert below(tmp_path / "out") == FILES
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert {stat.S_IMODE((tmp_path / "out" / name).stat().st_mode) for name in FILES} == {0o400}


def test_the_same_files_give_the_same_bytes_whenever_and_by_whomever_they_were_written(archive, tmp_path):
    (tmp_path / "again").mkdir()
    for path in write(tmp_path / "again").rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700)
    again = tmp_path / f"again-{archive.name}"
    RealSystem().pack(tmp_path / "again", NAMES, again)
    assert again.read_bytes() == archive.read_bytes()


def test_the_beginning_is_read_without_the_rest(archive):
    assert RealSystem().head(archive, lambda name: name.endswith("json")) == {"first.json": b"{}"}
    assert RealSystem().head(archive, lambda _: True) == FILES


def test_a_pack_that_fails_leaves_nothing(tmp_path):
    write(tmp_path / "files")
    with pytest.raises(FileNotFoundError):
        RealSystem().pack(tmp_path / "files", [*NAMES, "missing"], tmp_path / "site.tar.zst")
    assert [path.name for path in tmp_path.iterdir()] == ["files"]


def member(name, kind=tarfile.REGTYPE, target=""):
    found = tarfile.TarInfo(name)
    found.type, found.linkname, found.size = kind, target, 4 if kind == tarfile.REGTYPE else 0
    return found


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ([member("../evil")], "`../evil`, which is no plain file below it"),
        ([member("a/../../evil")], "`a/../../evil`, which is no plain file below it"),
        ([member("/etc/evil")], "`/etc/evil`, which is no plain file below it"),
        ([member("a", tarfile.SYMTYPE, "/etc"), member("a/evil")], "`a`, which is no plain file below it"),
        ([member("a", tarfile.LNKTYPE, "/etc/passwd")], "`a`, which is no plain file below it"),
        ([member("a", tarfile.FIFOTYPE)], "`a`, which is no plain file below it"),
        ([member("a", tarfile.CHRTYPE)], "`a`, which is no plain file below it"),
        ([member("a", tarfile.DIRTYPE)], "`a`, which is no plain file below it"),
        ([member("a"), member("a")], "a twice"),
        ([member("a"), member("a/b")], "a/b twice"),
    ],
)
def test_what_could_lead_elsewhere_is_refused(members, why, tmp_path):
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as archive:
        for each in members:
            archive.addfile(each, io.BytesIO(b"evil"))
    with pytest.raises(StepFailed) as refusal:
        RealSystem().unpack(path, tmp_path / "out")
    assert str(refusal.value) == (
        f"{path} holds {why}\n  hint: it was not made by `invoke mirror`: nothing of it is used"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evil.tar", "out"]


@pytest.mark.parametrize("content", [b"", b"no archive at all" * 100, b"\x28\xb5\x2f\xfd and then no more"])
def test_what_is_no_archive_is_explained(content, tmp_path):
    (tmp_path / "site.tar").write_bytes(content)
    with pytest.raises(StepFailed, match=r"site.tar is damaged, or no archive: "):
        RealSystem().unpack(tmp_path / "site.tar", tmp_path / "out")


def test_a_cut_archive_is_explained(archive, tmp_path):
    archive.write_bytes(archive.read_bytes()[:2_000_000])
    with pytest.raises(StepFailed, match=" is damaged, or no archive: "):
        RealSystem().unpack(archive, tmp_path / "out")


def test_a_second_name_is_a_copy_where_there_are_no_hard_links(tmp_path):
    there = tmp_path / "there"
    there.write_bytes(b"content")
    RealSystem().share(there, tmp_path / "linked")
    assert (tmp_path / "linked").stat().st_ino == there.stat().st_ino
    elsewhere = f"/dev/shm/{tmp_path.parent.name}-{tmp_path.name}"
    RealSystem().share(there, elsewhere)
    assert RealSystem().read(elsewhere) == b"content"
    RealSystem().remove(elsewhere)
