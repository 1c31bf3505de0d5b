"""Run the benchmarks of a checkout."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lmodforge.developer.checks import find_checkout


def run_benchmarks(names: Sequence[str], out: str = "") -> int:
    """Run those benchmarks, or all, and write their figures to `out`; return 0 when every limit is met."""
    checkout = find_checkout()
    json = ("--json", str(Path(out).resolve())) if out else ()
    argv = (sys.executable, "benchmarks/run.py", *names, *json)
    return subprocess.run(argv, cwd=checkout, stdin=subprocess.DEVNULL, check=False).returncode
