"""What import-linter cannot hold: effects have one door, few modules print, every module opens with its rule."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import lmodforge

SOURCE = Path(lmodforge.__file__).parent
MODULES = {str(file.relative_to(SOURCE)): ast.parse(file.read_text()) for file in sorted(SOURCE.rglob("*.py"))}

MAY_TOUCH_THE_WORLD = (
    "apply/files.py",
    "apply/programs.py",
    "apply/packer/",
    "apply/archives.py",
    "apply/rattler/",
    "developer/",
)  # packer/ and rattler/ are programs that System.run starts
MAY_PRINT = (
    "commands/job.py",
    "tasks/",
    "program.py",
    "developer/",
    "report/progress.py",
    "apply/rattler/",
)

EFFECTFUL_MODULES = {"subprocess", "shutil", "tempfile", "ctypes", "multiprocessing"}
# All else in `os` changes something, or starts something.
OS_ONLY_LOOKS = {
    *("environ", "path", "sep", "pathsep", "fspath", "PathLike", "stat_result", "access", "R_OK", "W_OK", "X_OK"),
    *("getuid", "geteuid", "getgid", "getegid", "getgroups", "getpid", "getcwd", "uname", "isatty", "cpu_count"),
    *("stat", "lstat", "readlink", "listdir", "scandir", "walk", "sched_getaffinity", "get_terminal_size"),
}
PATH_WRITES = {
    *("write_text", "write_bytes", "mkdir", "touch", "unlink", "rmdir", "chmod", "lchmod"),
    *("symlink_to", "hardlink_to"),
}
# `str` and `System` have methods of these names with two arguments, `Path` with one.
PATH_WRITES_WITH_ONE_ARGUMENT = {"rename", "replace"}
ENVIRON_CHANGES = {"update", "setdefault", "pop", "popitem", "clear"}


def effects(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name.split(".")[0] in EFFECTFUL_MODULES)
            case ast.ImportFrom(module=str(module), names=names):
                if module.split(".")[0] in EFFECTFUL_MODULES:
                    yield module
                if module == "os":
                    yield from (f"os.{name.name}" for name in names if name.name not in OS_ONLY_LOOKS)
            case ast.Attribute(value=ast.Name(id="os"), attr=name) if name not in OS_ONLY_LOOKS:
                yield f"os.{name}"
            case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()) if is_environ(value):
                yield "os.environ[...]"
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if is_environ(value) and name in ENVIRON_CHANGES:
                yield f"os.environ.{name}"
            case ast.Call(func=ast.Attribute(attr=name)) if name in PATH_WRITES:
                yield f".{name}()"
            case ast.Call(func=ast.Attribute(attr=name), args=[_]) if name in PATH_WRITES_WITH_ONE_ARGUMENT:
                yield f".{name}()"
            case ast.Call(func=ast.Name(id="open"), args=args, keywords=keywords) if writes(args[1:], keywords):
                yield "open()"
            case ast.Call(func=ast.Attribute(attr="open"), args=args, keywords=keywords) if writes(args, keywords):
                yield ".open()"


def is_environ(node: ast.AST) -> bool:
    return ast.unparse(node) in ("os.environ", "environ")


def writes(modes: list[ast.expr], keywords: list[ast.keyword]) -> bool:
    """A mode that is not written down counts as writing."""
    given = [*modes[:1], *(keyword.value for keyword in keywords if keyword.arg == "mode")]
    return any(not isinstance(mode, ast.Constant) or bool(set("wax+") & set(str(mode.value))) for mode in given)


def prints(tree: ast.Module) -> bool:
    """What stands under `if __name__ == "__main__"` is typed too."""
    imported = [node for node in tree.body if not ast.unparse(node).startswith("if __name__ == ")]
    calls = [node.func for part in imported for node in ast.walk(part) if isinstance(node, ast.Call)]
    return any(ast.unparse(call) in ("print", "sys.stdout.write", "sys.stderr.write") for call in calls)


@pytest.mark.parametrize("module", [name for name in MODULES if not name.startswith(MAY_TOUCH_THE_WORLD)])
def test_effects_have_one_door(module):
    assert list(effects(MODULES[module])) == []


@pytest.mark.parametrize("module", [name for name in MODULES if not name.startswith(MAY_PRINT)])
def test_only_what_is_typed_and_progress_print(module):
    assert not prints(MODULES[module])


@pytest.mark.parametrize("module", MODULES)
def test_a_module_opens_with_one_sentence(module):
    first, *rest = (ast.get_docstring(MODULES[module]) or "").split("\n")
    assert first.endswith(".")
    assert rest[:1] in ([], [""])


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import subprocess", "subprocess"),
        ("from shutil import rmtree", "shutil"),
        ("from os import mkdir", "os.mkdir"),
        ("import os; os.chdir('/')", "os.chdir"),
        ("import os; remove = os.remove", "os.remove"),
        ("import os; os.environ['A'] = 'b'", "os.environ[...]"),
        ("import os; del os.environ['A']", "os.environ[...]"),
        ("import os; os.environ.update(A='b')", "os.environ.update"),
        ("path.write_text('')", ".write_text()"),
        ("path.parent.mkdir(parents=True)", ".mkdir()"),
        ("path.rename(other)", ".rename()"),
        ("path.replace(other)", ".replace()"),
        ("path.symlink_to('x')", ".symlink_to()"),
        ("open('x', 'w')", "open()"),
        ("open('x', mode='a')", "open()"),
        ("open('x', mode)", "open()"),
        ("path.open('r+')", ".open()"),
    ],
)
def test_an_effect_is_seen_in_any_spelling(code, found):
    assert list(effects(ast.parse(code))) == [found]


@pytest.mark.parametrize(
    "code",
    [
        "open('x')",
        "open('x', 'rb')",
        "path.open()",
        "'a'.replace('a', 'b')",
        "system.rename(a, b)",
        "import os; os.environ.get('A')",
        "import os; os.path.join('a', 'b')",
    ],
)
def test_looking_is_no_effect(code):
    assert list(effects(ast.parse(code))) == []


@pytest.mark.parametrize("code", ["print('x')", "def f():\n  print('x')", "import sys; sys.stdout.write('x')"])
def test_printing_is_seen(code):
    assert prints(ast.parse(code))
