"""Locks beside the site file: written for review, checked without solving, and installed exactly."""

import json
import subprocess
import sys

import pytest
from packaging.version import Version

from channel import SUBDIR
from end_to_end.small import Small as PlainSite
from end_to_end.small import site_text
from lmodforge.commands.lock import check_locks, lock_site
from lmodforge.errors import StepFailed


def lock(small, **options):
    small.open()
    wanted = {"update": False, "diff": False, "markdown": False} | options
    return lock_site(str(small.file), str(small.root), **wanted)


def check(small):
    small.open()
    return check_locks(str(small.file), str(small.root))


def files(small):
    folder = small.file.parent / "locks"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def version_of(centre, name):
    return next(package.version for package in centre.receipt.packages if package.name == name)


def newer(centre, name):
    """Offer a version of a package that is newer than all others; returns the versions before and after."""
    old = newest(centre, name)
    centre.channel.add(name, "99.0", depends=old["depends"], noarch="python", build="pyhd8ed1ab_0")
    centre.channel.index()
    return old["version"], "99.0"


def newest(centre, name):
    """The record of the newest version of a noarch package."""
    records = (record for record in centre.channel.records["noarch"].values() if record["name"] == name)
    return max(records, key=lambda record: Version(record["version"]))


@pytest.fixture
def locked(centre):
    lock(centre.small)
    return centre


def test_a_lock_is_a_package_a_line_and_the_same_in_the_form_that_pixi_reads(locked):
    assert files(locked.small) == [f"small/sci/{SUBDIR}.lock", f"small/sci/{SUBDIR}.txt"]
    folder = locked.small.folder / "locks/small/sci"
    head, key, *lines = (folder / f"{SUBDIR}.txt").read_text().splitlines()
    assert head == (
        f"# environment sci, {SUBDIR}: `invoke lock` writes this file, `invoke deploy` installs exactly what it says."
    )
    assert key.startswith("# key: conda-")
    assert lines[:6] == [
        "# asked: attrs",
        "# asked: jinja2",
        "# asked: wheel",
        "# channel: https://conda.anaconda.org/conda-forge",
        f"# platform: {SUBDIR}",
        "@EXPLICIT",
    ]
    names = [line.rpartition("/")[2].rsplit("-", 2)[0] for line in lines[6:]]
    assert names == ["attrs", "jinja2", "markupsafe", "packaging", "python", "python_abi", "wheel"]
    assert all(
        line.startswith("https://conda.anaconda.org/conda-forge/") and len(line.split("#")[1]) == 32
        for line in lines[6:]
    )
    from rattler.lock import LockFile

    environment = LockFile.from_path(folder / f"{SUBDIR}.lock").environment("default")
    assert [platform.name for platform in environment.platforms()] == [SUBDIR]


def test_locks_that_are_fresh_are_left_alone_and_nobody_is_asked(locked):
    before = len(locked.server.asked)
    newer(locked, "six")
    assert lock(locked.small).text == "The locks are up to date."
    assert (check(locked.small).text, check(locked.small).changes) == ("The locks are up to date.", 0)
    assert locked.server.asked[before:] == []


def test_deploy_installs_exactly_the_lock(locked):
    old, _ = newer(locked, "wheel")
    before = len(locked.server.asked)
    assert locked.deploy().settled
    assert version_of(locked, "wheel") == old
    assert [path for path in locked.server.asked[before:] if "repodata" in path] == []


def test_a_new_lock_of_the_same_question_is_a_new_release(locked):
    locked.deploy()
    first = locked.release
    old, new = newer(locked, "wheel")
    shown = lock(locked.small, update=True)
    folder = locked.small.folder / "locks/small"
    assert shown.text == (f"environment sci, {SUBDIR}:\n  ~  wheel  {old} -> {new}\n\n{folder}: 2 files written.")
    locked.deploy()
    assert version_of(locked, "wheel") == new
    assert locked.release != first


def test_what_would_move_is_shown_as_text_and_as_markdown_and_nothing_is_written(locked):
    old, new = newer(locked, "wheel")
    locked.sci["conda"] = ["jinja2", "wheel", "six"]
    before = {name: (locked.small.folder / "locks" / name).read_text() for name in files(locked.small)}
    gone, came = version_in(before, "attrs"), newest(locked, "six")["version"]
    shown = lock(locked.small, diff=True)
    assert shown.text == (
        f"environment sci, {SUBDIR}:\n"
        f"  -  attrs  {gone}\n"
        f"  +  six    {came}\n"
        f"  ~  wheel  {old} -> {new}\n\n"
        f"{locked.small.folder}/locks/small: 2 files would change."
    )
    assert shown.changes == 2
    assert lock(locked.small, diff=True, markdown=True).text == (
        f"### environment sci, {SUBDIR}\n\n"
        "| package | old | new |\n"
        "|---|---|---|\n"
        f"| attrs | {gone} |  |\n"
        f"| six |  | {came} |\n"
        f"| wheel | {old} | {new} |"
    )
    assert {name: (locked.small.folder / "locks" / name).read_text() for name in files(locked.small)} == before


def version_in(texts, name):
    lines = texts[f"small/sci/{SUBDIR}.txt"].splitlines()
    return next(line.rpartition("/")[2].split("-")[1] for line in lines if f"/{name}-" in line)


def test_a_stale_lock_is_refused_until_it_is_made_anew(locked):
    locked.sci["conda"] = ["jinja2"]
    file = locked.small.folder / f"locks/small/sci/{SUBDIR}.lock"
    with pytest.raises(StepFailed) as refusal:
        locked.deploy()
    assert str(refusal.value) == (
        f"environment sci: {file} is locked for something else than the site file asks for now\n"
        "  hint: `invoke lock` writes it anew, `invoke lock --diff` shows what would move"
    )
    assert not (locked.small.modulefiles / "current").exists()
    found = check(locked.small)
    assert found.changes == 1
    assert found.text == (
        f"{file}: locked for something else than the site file asks for now\nhint: `invoke lock` writes them"
    )
    lock(locked.small)
    assert check(locked.small).changes == 0
    assert locked.deploy().settled


def test_a_lock_that_was_edited_by_hand_is_refused(locked):
    file = locked.small.folder / f"locks/small/sci/{SUBDIR}.lock"
    file.write_text(file.read_text().replace("sha256: ", "sha256: 0", 2))
    with pytest.raises(StepFailed, match="is not as `invoke lock` wrote it"):
        locked.deploy()
    assert check(locked.small).text.startswith(f"{file}: not as `invoke lock` wrote it")


def test_an_explicit_file_that_does_not_agree_is_found(locked):
    file = locked.small.folder / f"locks/small/sci/{SUBDIR}.txt"
    file.write_text(file.read_text().replace("attrs-", "attr-"))
    assert check(locked.small).text.startswith(f"{file}: not as `invoke lock` wrote it")
    lock(locked.small)
    assert check(locked.small).changes == 0


def test_files_of_an_environment_that_is_gone_go_and_others_stay(locked):
    locked.site["environments"] = {"geo": locked.sci}
    locked.small.base["environments"] = ["geo"]
    notes = locked.small.folder / "locks/small/sci/NOTES.txt"
    notes.write_text("why scipy is held back\n")
    assert check(locked.small).changes == 3
    lock(locked.small)
    expected = [f"small/geo/{SUBDIR}.lock", f"small/geo/{SUBDIR}.txt", "small/sci/NOTES.txt"]
    assert files(locked.small) == expected


def test_every_platform_of_the_site_is_solved_for(centre):
    centre.site["platforms"] = ["linux-x86_64", "linux-aarch64"]
    centre.channel.add("data", "1.0", {"share/data.txt": "some\n"})
    centre.channel.records["linux-aarch64"] = {}
    centre.channel.index()
    centre.sci["conda"] = ["data"]
    lock(centre.small)
    assert files(centre.small) == [
        f"small/sci/linux-{machine}.{form}" for machine in ("64", "aarch64") for form in ("lock", "txt")
    ]
    assert check(centre.small).changes == 0
    centre.deploy()
    assert (centre.release / "share/data.txt").read_text() == "some\n"


def test_packages_from_an_index_are_locked_beside_those_of_conda(centre):
    centre.sci["pypi"] = ["cowsay==6.1"]
    lock(centre.small)
    assert files(centre.small) == [
        f"small/sci/{SUBDIR}.lock",
        f"small/sci/{SUBDIR}.txt",
        f"small/sci/pylock.{SUBDIR}.toml",
    ]
    assert check(centre.small).changes == 0
    assert centre.deploy().settled
    assert version_of(centre, "cowsay") == "6.1"


def test_environments_of_a_plain_python_are_locked_too(tmp_path):
    plain = PlainSite(tmp_path)
    plain.write(site_text(tiny=["six"]))
    assert lock(plain).text.endswith(f"{tmp_path}/locks/small: 1 file written.")
    assert files(plain) == [f"small/tiny/pylock.{SUBDIR}.toml"]
    assert check(plain).changes == 0
    file = tmp_path / f"locks/small/tiny/pylock.{SUBDIR}.toml"
    assert plain.deploy().settled
    receipt = json.loads(next((plain.state / "receipts/installed/python/plain/releases").iterdir()).read_text())
    assert file.read_text().endswith(receipt["lock"])


def test_check_ends_with_2_when_the_inputs_have_changed(locked):
    argv = [sys.executable, "-m", "lmodforge", "lock", "--check", "--site", str(locked.small.file)]
    fresh = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (fresh.returncode, fresh.stdout) == (0, "The locks are up to date.\n")
    locked.sci["conda"] = ["six"]
    locked.small.open()
    stale = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert stale.returncode == 2
    assert stale.stdout.endswith("hint: `invoke lock` writes them\n")
