"""What moved between two locks, and what a lock file keeps."""

import pytest

from lmodforge.plan.facts import Interpreter
from lmodforge.plan.lockfiles import Move, Written, lock_files, moves, read_lock_file
from lmodforge.plan.locks import LockRequest

FORGE = "https://conda.anaconda.org/conda-forge"


def conda(**packages):
    lines = (f"- conda: {FORGE}/noarch/{name}-{build}.conda\n  md5: {'f' * 32}\n" for name, build in packages.items())
    return "version: 6\npackages:\n" + "".join(lines)


def pypi(**packages):
    text = 'lock-version = "1.0"\n'
    for name, (version, sha256) in packages.items():
        text += f'[[packages]]\nname = "{name}"\nversion = "{version}"\n'
        text += f'wheels = [{{ url = "https://x/{name}.whl", hashes = {{ sha256 = "{sha256}" }} }}]\n'
    return text


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (conda(numpy="2.0-py312_0"), conda(numpy="2.0-py312_0"), []),
        (conda(numpy="2.0-py312_0"), conda(numpy="2.1-py312_0"), [Move("numpy", "2.0", "2.1")]),
        (conda(numpy="2.0-h1_0"), conda(numpy="2.0-h2_0"), [Move("numpy", "2.0 h1_0", "2.0 h2_0")]),
        (conda(six="1-0"), conda(attrs="2-0"), [Move("attrs", "", "2"), Move("six", "1", "")]),
        ("", conda(six="1-0"), [Move("six", "", "1")]),
        (pypi(six=("1", "a")), pypi(six=("2", "b")), [Move("six", "1", "2")]),
        (pypi(six=("1", "a")), pypi(six=("1", "a"), idna=("3", "c")), [Move("idna", "", "3")]),
    ],
)
def test_what_moved_is_found(before, after, found):
    assert list(moves(before, after)) == found


def test_other_files_of_one_version_are_a_move_too():
    (move,) = moves(pypi(six=("1", "a")), pypi(six=("1", "b")))
    assert (move.package, move.old[:8], move.new[:8]) == ("six", "1 files ", "1 files ")
    assert move.old != move.new


def request(engine, file):
    interpreter = Interpreter("", "")
    return LockRequest(
        "key-1", engine, "environment sci", ("six",), (), interpreter, (), (FORGE,), "linux-64", (), file
    )


def test_a_lock_file_gives_back_the_lock_and_the_question():
    lock = conda(six="1-0", attrs="2-0")
    files = lock_files(request("conda", "sci/linux-64.lock"), lock)
    assert sorted(files) == ["sci/linux-64.lock", "sci/linux-64.txt"]
    assert read_lock_file(files["sci/linux-64.lock"]) == Written("key-1", lock, whole=True)
    assert files["sci/linux-64.txt"] == (
        "# environment sci, linux-64: `invoke lock` writes this file, `invoke deploy` installs exactly what it says.\n"
        "# key: key-1\n"
        "# asked: six\n"
        f"# channel: {FORGE}\n"
        "# platform: linux-64\n"
        "@EXPLICIT\n"
        f"{FORGE}/noarch/attrs-2-0.conda#{'f' * 32}\n"
        f"{FORGE}/noarch/six-1-0.conda#{'f' * 32}\n"
    )


def test_a_lock_of_uv_is_one_file():
    lock = pypi(six=("1", "a"))
    files = lock_files(request("uv", "sci/pylock.linux-64.toml"), lock)
    assert {path: read_lock_file(text) for path, text in files.items()} == {
        "sci/pylock.linux-64.toml": Written("key-1", lock, whole=True)
    }


def test_a_change_of_a_byte_is_seen_and_another_file_is_none():
    (text,) = lock_files(request("uv", "sci/pylock.linux-64.toml"), pypi(six=("1", "a"))).values()
    assert read_lock_file(text.replace('version = "1"', 'version = "2"')).whole is False
    assert read_lock_file("# somebody's notes\n") is None
