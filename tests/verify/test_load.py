"""Loading modules in real Lmod: each kind of fault is found and named, and a clean module passes."""

import subprocess
from pathlib import Path

import pytest

from lmodforge.apply.system import RealSystem
from lmodforge.finding import Failure
from lmodforge.verify.judge import Promise
from lmodforge.verify.lmod import find_lmod
from lmodforge.verify.load import load_test
from lmodforge.verify.place import ThisHost

HERE = RealSystem()
LMOD = find_lmod(HERE, {})
PLACE = ThisHost(HERE, LMOD)

CLEAN = """
whatis("Name: clean")
prepend_path("PATH", "/usr/lib")
prepend_path("MANPATH", "/usr/share/man")
setenv("CLEAN", [[a "b" $c it's `d`]])
pushenv("HOME", "/tmp")
set_alias("clean", "echo")
set_shell_function("cleaner", "echo", "echo")
"""


def found(tree: Path, **how: object) -> list[Failure]:
    names = sorted(str(file.relative_to(tree))[:-4] for file in tree.rglob("*.lua"))
    return load_test(PLACE, str(tree), names, **how)


def lines(failures: list[Failure]) -> list[tuple[str, str, str, str]]:
    return [(failure.module, failure.check, failure.expected, failure.found) for failure in failures]


@pytest.fixture
def module(tmp_path):
    def write(name: str, lua: str) -> str:
        file = tmp_path / f"{name}.lua"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{lua}\n")
        return str(file)

    return write


def test_a_clean_module_passes(module, tmp_path):
    module("clean/1", CLEAN)
    promise = Promise(environment={"CLEAN": 'a "b" $c it\'s `d`', "HOME": "/tmp"}, path=("/usr/lib",))
    assert found(tmp_path, promises={"clean/1": promise}) == []


def test_no_modules_are_no_failures(tmp_path):
    assert found(tmp_path) == []


FAULTS = {
    "a Lua error": (
        "local x = nil + 1",
        ("load", "`module load` exits 0 and the module is loaded"),
        '{file}: [string "local x = nil + 1..."]:1: attempt to perform arithmetic on a nil value',
    ),
    "a syntax error": (
        'setenv("A" "1")',
        ("load", "`module load` exits 0 and the module is loaded"),
        '{file}: [string "setenv("A" "1")..."]:1: \')\' expected near \'"1"\'',
    ),
    "its own error": (
        'LmodError("not on this node")',
        ("load", "`module load` exits 0 and the module is loaded"),
        "not on this node",
    ),
    "the end of the shell at load": (
        'execute{cmd="exit 0", modeA={"load"}}',
        ("load", "it loads"),
        "it ended the shell",
    ),
    "the end of the shell at unload": (
        'execute{cmd="exit 0", modeA={"unload"}}',
        ("unload", "it unloads"),
        "it ended the shell",
    ),
    "an error that only `module show` meets": (
        'if mode() == "show" then LmodError("no show") end',
        ("show", "`module show` exits 0"),
        "no show",
    ),
    "a directory that is not there": (
        'prepend_path("PATH", "/no where")',
        ("path", "the directory `/no where`, which it adds to PATH"),
        "nothing is there",
    ),
    "a variable left behind, which Lmod does not mention": (
        'if mode() == "unload" then local x = nil + 1 end setenv("A", "1")',
        ("unload", "no variable A"),
        "A=1",
    ),
    "a path left behind": (
        'if mode() ~= "unload" then prepend_path("PATH", "/usr/lib") end',
        ("unload", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"),
        "PATH=/usr/lib:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
    ),
    "a variable of the user's that is lost": (
        'setenv("LC_ALL", "POSIX")',
        ("unload", "LC_ALL=C"),
        "no variable LC_ALL",
    ),
    "an alias left behind": (
        'execute{cmd="alias left=ls", modeA={"load"}}',
        ("unload", "no alias left"),
        "alias left",
    ),
    "a function left behind": (
        'execute{cmd="left () { :; }", modeA={"load"}}',
        ("unload", "no function left"),
        "function left",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_named(module, tmp_path, fault):
    lua, (check, expected), seen = FAULTS[fault]
    file = module("faulty/1", lua)
    module("clean/1", CLEAN)
    assert lines(found(tmp_path)) == [("faulty/1", check, expected, seen.format(file=file))]


def test_a_warning_is_a_failure_where_lmod_makes_it_one(module, tmp_path):
    module("warns/1", 'if mode() == "load" then LmodWarning("old") end')
    explained = "it is loaded, with exit code 1 (LmodWarning does that before Lmod 8.7.33): Lmod Warning: old"
    expected = [] if LMOD.at_least("8.7.33") else [explained]
    assert [failure.found for failure in found(tmp_path)] == expected


def test_a_broken_promise_is_found(module, tmp_path):
    module("app/1", 'setenv("A", "1")')
    promise = Promise(environment={"A": "2", "B": "x y"}, path=("/usr/lib",))
    assert lines(found(tmp_path, promises={"app/1": promise})) == [
        ("app/1", "variable", "A=2", "A=1"),
        ("app/1", "variable", "B=x y", "it is not set"),
        ("app/1", "path", "`/usr/lib` on PATH", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"),
    ]


def test_a_module_that_is_not_there_is_a_failure(tmp_path):
    (failure,) = load_test(PLACE, str(tmp_path), ["gone/1"])
    assert failure.check == "load"
    assert failure.found.startswith('The following module(s) are unknown: "gone/1"')


def test_a_module_that_loads_another_one_instead_is_a_failure(module, tmp_path):
    module("app/1.0", "")
    (failure,) = load_test(PLACE, str(tmp_path), ["app"])
    assert failure.found == "exit code 0, but loaded is `app/1.0`"


def test_what_the_user_has_set_reaches_the_module_and_stays(module, tmp_path):
    module("app/1", 'pushenv("A", (os.getenv("A") or "") .. "!")')
    promise = {"app/1": Promise(environment={"A": "x!"})}
    assert found(tmp_path, environment={"A": "x"}, promises=promise) == []


def test_no_file_of_the_user_is_read_or_written(module, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".bashrc").write_text("exit 1\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("BASH_ENV", str(home / ".bashrc"))
    module("app/1", 'lfs.mkdir(os.getenv("HOME") .. "/x") lfs.mkdir(os.getenv("TMPDIR") .. "/y")')
    assert found(tmp_path) == []
    assert [file.name for file in home.iterdir()] == [".bashrc"]


def test_temporary_files_go_where_the_caller_says_and_are_gone_afterwards(module, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    module(
        "app/1", 'if mode() == "load" and not os.getenv("TMPDIR"):find("/scratch/", 1, true) then LmodError("x") end'
    )
    module("app/2", 'LmodError("shown")')
    (failure,) = found(tmp_path, environment={"TMPDIR": str(scratch)})
    assert failure.found == "shown"
    assert str(scratch) not in failure.repeat
    assert list(scratch.iterdir()) == []


def test_failures_come_in_the_order_of_the_modules_however_many_shells_there_are(module, tmp_path):
    for number in range(7):
        module(f"app/{number}", f'LmodError("{number}")')
    assert [failure.found for failure in found(tmp_path, jobs=3)] == list("0123456")


def test_a_module_that_hangs_is_the_only_one_to_fail(module, tmp_path, monkeypatch):
    monkeypatch.setattr("lmodforge.verify.trials._FOR_A_STEP", 0.1)
    monkeypatch.setattr("lmodforge.verify.trials._PATIENCE", 1)
    for number in range(3):
        module(f"app/{number}", 'execute{cmd="read -r _ < <(exec sleep 9)", modeA={"load"}}' if number == 1 else "")
    (failure,) = found(tmp_path, jobs=1)
    assert (failure.module, failure.check, failure.found) == ("app/1", "load", "it hangs: ended after 1.2 s")


def test_a_name_that_a_shell_would_run_is_quoted(tmp_path):
    (failure,) = load_test(PLACE, str(tmp_path / "a b"), ["x$(touch oops)/1"])
    assert "module load '\"'\"'x$(touch oops)/1'\"'\"''" in failure.repeat
    assert subprocess.run(["sh", "-c", failure.repeat], check=False, cwd=tmp_path, capture_output=True).returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_the_command_of_a_failure_shows_the_failure(module, tmp_path):
    module("app/1", 'if mode() == "unload" then local x = nil + 1 end setenv("A", "1")')
    (failure,) = found(tmp_path)
    again = subprocess.run(["sh", "-c", failure.repeat], check=False, capture_output=True, text=True, env={})
    assert again.stdout == "1\n"


def test_a_failure_reads_like_a_compilers():
    failure = Failure("app/1", "bash", "variable", "A=2", "A=1", "module load app/1 && printenv A")
    assert str(failure) == (
        "app/1 [bash] variable\n  expected: A=2\n  found:    A=1\n  repeat:   module load app/1 && printenv A"
    )
