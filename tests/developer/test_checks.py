"""Running the checks of a checkout."""

import sys

import pytest

from lmodforge.developer.checks import find_checkout, run_checks
from lmodforge.errors import SiteError


def check(name: str, code: int) -> tuple[str, list[str]]:
    return name, [sys.executable, "-c", f"import sys; print('{name} ran', flush=True); sys.exit({code})"]


def test_every_check_runs_and_the_last_line_names_those_that_failed(tmp_path, capfd):
    assert run_checks(tmp_path, [check("one", 0), check("two", 3), check("three", 1)]) == 1
    assert capfd.readouterr().out == (
        "== one\none ran\n== two\ntwo ran\n== three\nthree ran\n== two, three did not pass\n"
    )


def test_checks_that_pass_say_so(tmp_path, capfd):
    assert run_checks(tmp_path, [check("one", 0)]) == 0
    assert capfd.readouterr().out == "== one\none ran\n== every check is fine\n"


def test_checks_run_in_the_checkout(tmp_path, capfd):
    assert run_checks(tmp_path, [("where", [sys.executable, "-c", "import os; print(os.getcwd())"])]) == 0
    assert str(tmp_path) in capfd.readouterr().out.splitlines()


def test_the_checkout_is_the_one_whose_source_runs():
    assert (find_checkout() / "src" / "lmodforge" / "developer" / "checks.py").is_file()


def test_an_installed_wheel_has_no_tests_to_run(tmp_path, monkeypatch):
    monkeypatch.setattr("lmodforge.__file__", str(tmp_path / "lib" / "site-packages" / "lmodforge" / "__init__.py"))
    with pytest.raises(SiteError) as caught:
        find_checkout()
    assert str(caught.value) == (
        "there are no tests beside this lmodforge\n  hint: in a checkout: pip install -e '.[test]'"
    )
