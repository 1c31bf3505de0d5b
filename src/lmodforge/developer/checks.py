"""Run the checks that every change must pass, in the order of their cost, each to its end: one run tells all."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import lmodforge
from lmodforge.apply.system import RealSystem
from lmodforge.developer.prepare import prepare
from lmodforge.errors import SiteError


def run_tests(*, network: bool = False, containers: bool = True, only: Sequence[str] = ()) -> int:
    """Prepare this host, run the checks in a checkout; return 0 when all passed.

    `network` adds the tests that need the public download sites, `containers` are those that build images; `only` goes
    to pytest, which then runs alone.
    """
    checkout = find_checkout()
    left_out = [mark for mark, wanted in (("network", network), ("containers", containers)) if not wanted]
    prepare(RealSystem())
    return run_checks(checkout, [_pytest(left_out, only)] if only else _checks(left_out))


def run_checks(checkout: Path, checks: Sequence[tuple[str, Sequence[str]]]) -> int:
    """Run named commands, print each name, then which failed; return 0 when none did."""
    failed = []
    for name, argv in checks:
        print(f"== {name}", flush=True)
        if subprocess.run(argv, cwd=checkout, stdin=subprocess.DEVNULL, check=False).returncode:
            failed.append(name)
    print(f"== {', '.join(failed)} did not pass" if failed else "== every check is fine", flush=True)
    return 1 if failed else 0


def find_checkout() -> Path:
    """Return the directory whose source is what runs; an installed wheel has no tests."""
    root = Path(lmodforge.__file__).parents[2]
    if not (root / "tests").is_dir() or not (root / "pyproject.toml").is_file():
        raise SiteError("there are no tests beside this lmodforge", "in a checkout: pip install -e '.[test]'")
    return root


def _checks(left_out: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
    python = (sys.executable, "-m")
    return [
        ("ruff format", (*python, "ruff", "format", "--check")),
        ("ruff check", (*python, "ruff", "check")),
        ("mypy", (*python, "mypy")),
        ("import-linter", (str(Path(sysconfig.get_path("scripts"), "lint-imports")),)),
        _pytest(left_out),
    ]


def _pytest(left_out: Sequence[str], only: Sequence[str] = ()) -> tuple[str, Sequence[str]]:
    chosen = ("-m", " and ".join(f"not {mark}" for mark in left_out)) if left_out else ()
    return "pytest", (sys.executable, "-m", "pytest", "-n", "auto", "--dist", "loadgroup", *chosen, *only)
