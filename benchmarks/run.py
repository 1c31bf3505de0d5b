"""Run benchmarks, all or by name: `python benchmarks/run.py [NAME...] [--json FILE]`; a missed limit exits 1."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
from pathlib import Path

from measure import Row

HERE = Path(__file__).parent
NOT_BENCHMARKS = {"run", "measure", "site_files", "conda_site", "conda_bare"}


def main(arguments: list[str]) -> int:
    names = sorted(file.stem for file in HERE.glob("*.py") if file.stem not in NOT_BENCHMARKS)
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; left out: all")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures there, too")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(names):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    rows: list[Row] = []
    for name in options.names or names:
        rows += shown(importlib.import_module(name).run())
    if options.json:
        options.json.write_text(json.dumps(document(rows), indent=2) + "\n")
    missed = [row.name for row in rows if not row.ok]
    print(f"missed: {', '.join(missed)}" if missed else f"all {len(rows)} limits are met")
    return 1 if missed else 0


def shown(rows: list[Row]) -> list[Row]:
    for row in rows:
        sign = ">=" if row.at_least else "<="
        print(
            f"{'ok' if row.ok else 'MISSED':<6}  {row.name:<40}  {row.figure:>10.4g}  {sign} {row.limit:g} {row.unit}"
        )
        print(f"{'':<6}  {row.how}; bound by {row.bound_by}", flush=True)
    return rows


def document(rows: list[Row]) -> dict[str, object]:
    host = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}
    return {"version": 1, "host": host, "rows": [row.document() for row in rows]}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
