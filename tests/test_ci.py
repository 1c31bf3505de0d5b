"""What CI runs."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_script_of_ci_has_no_fault_that_shellcheck_knows():
    done = subprocess.run(["shellcheck", ".ci/run"], cwd=ROOT, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_ci_refuses_a_readme_without_a_test_command(tmp_path):
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_bytes((ROOT / ".ci" / "run").read_bytes())
    (tmp_path / "README.md").write_text("## Run the tests\n\nSoon.\n")
    done = subprocess.run(["bash", ".ci/run"], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, 'README.md: no fenced block below a heading "Run the tests"\n')
