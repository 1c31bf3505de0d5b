"""What the centres' documents promise their users, and which test keeps it: docs/promises.md is written from here.

A test that keeps promises says so with `kept`; what no test can run is listed in tests/centres/not_here.py.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parent
PAGES = {
    "RCC": "RCC Midway, Chicago: Python and Anaconda",
    "UBELIX": "UBELIX, Bern: installing Python packages",
    "ULHPC": "ULHPC, Luxembourg: introduction to Conda",
    "CHTC": "CHTC, Wisconsin: a portable Python with Miniconda",
    "USGS": "USGS Astrogeology: a shared Anaconda installation",
}


def kept(page: str, *commands: str, instead: str = ""):
    """Say which commands of a page a test runs; `instead`: what is done otherwise than the page says, and why."""
    assert page in PAGES
    assert commands
    return lambda test: test


@dataclass(frozen=True)
class Promise:
    """A command of a page."""

    page: str
    command: str
    test: str
    """Where, and the test's name as a sentence."""
    instead: str


def promises() -> Iterator[Promise]:
    """Read the decorators of all tests, without importing them."""
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            for decorator in getattr(node, "decorator_list", ()) if isinstance(node, ast.FunctionDef) else ():
                if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "kept":
                    yield from _read(decorator, node.name, path)


def _read(decorator: ast.Call, name: str, path: Path) -> Iterator[Promise]:
    page, *commands = (ast.literal_eval(argument) for argument in decorator.args)
    instead = "".join(ast.literal_eval(keyword.value) for keyword in decorator.keywords if keyword.arg == "instead")
    sentence = name.removeprefix("test_").replace("_", " ")
    for command in commands:
        yield Promise(page, command, f"{path.relative_to(TESTS)}: {sentence}", instead)
