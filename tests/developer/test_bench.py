"""Running benchmarks by name."""

import json
import subprocess
import sys

import pytest

from lmodforge.developer.checks import find_checkout

PLANTED = """
from measure import Row

def run():
    return [Row("planted: fast", 1.25, "s", 2, "with a watch", "nothing"),
            Row("planted: slow", 3, "s", 2, "with a watch", "everything"),
            Row("planted: rate", 3, "a second", 2, "with a watch", "everything", at_least=True)]
"""


@pytest.fixture
def bench(tmp_path):
    for name in ("run.py", "measure.py"):
        (tmp_path / name).write_bytes((find_checkout() / "benchmarks" / name).read_bytes())
    (tmp_path / "planted.py").write_text(PLANTED)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, str(tmp_path / "run.py"), *arguments]
        return subprocess.run(argv, check=False, capture_output=True, text=True)

    return run


def test_a_missed_limit_exits_1_and_is_named_last(bench, tmp_path):
    done = bench("--json", str(tmp_path / "out.json"))
    assert done.returncode == 1
    assert done.stdout == (
        "ok      planted: fast                                   1.25  <= 2 s\n"
        "        with a watch; bound by nothing\n"
        "MISSED  planted: slow                                      3  <= 2 s\n"
        "        with a watch; bound by everything\n"
        "ok      planted: rate                                      3  >= 2 a second\n"
        "        with a watch; bound by everything\n"
        "missed: planted: slow\n"
    )
    rows = json.loads((tmp_path / "out.json").read_text())["rows"]
    assert [(row["name"], row["figure"], row["ok"]) for row in rows] == [
        ("planted: fast", 1.25, True),
        ("planted: slow", 3, False),
        ("planted: rate", 3, True),
    ]


def test_a_name_that_is_no_benchmark_is_refused_with_those_there_are(bench):
    done = bench("plated")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "run.py: error: no benchmark is called plated; there are planted"
