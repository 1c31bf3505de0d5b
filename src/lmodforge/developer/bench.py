"""Run the benchmarks of a checkout, each in its own figures beside its yardstick."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from lmodforge.developer.checks import find_checkout


def run_benchmarks(only: Sequence[str], out: str) -> int:
    """Run all benchmarks or those named, print a table, write JSON where `out` says; 1 when a limit is missed."""
    argv = [sys.executable, "benchmarks/run.py", *only, *(["--json", out] if out else [])]
    return subprocess.run(argv, cwd=find_checkout(), stdin=subprocess.DEVNULL, check=False).returncode
