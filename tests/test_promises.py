"""docs/promises.md says what the tests keep: `pytest tests/test_promises.py --update-golden` writes it."""

import re
from pathlib import Path

from centres.not_here import NOT_HERE
from promises import PAGES, promises

PAGE = Path(__file__).parents[1] / "docs/promises.md"
HEAD = """\
# What the centres' documents promise

<!-- Written by `pytest tests/test_promises.py --update-golden` from the tests: edit those instead. -->

lmodforge began with five centres' pages about Python. Each command there that is about modules, environments, caches,
activation, packing, cloning, export, cleaning, links, group environments, Jupyter and batch scripts is here, with the
test that types it at the centre as it is shipped and deployed. Lmod, the shells, Slurm, uv, pip, Jupyter, the solver
and the installation of packages are real. Packages are small ones, those of conda under the real names; the prefixes
that a centre installed long ago are made by the tests.

* kept: it works as the page has it.
* kept (stand-in): the same, but for conda or micromamba itself, which no index that the tests use has. A stand-in has
  their command lines over rattler's solver, and their rules of where things go (`tests/standin/program.py`).
* Anything else: the page is wrong or outdated, and this holds instead; or why no test runs the command.
"""


def page() -> str:
    kept, lines = sorted(promises(), key=lambda promise: promise.test), [HEAD]
    for key, title in PAGES.items():
        rows = [(p.command, p.test, p.instead or _kept(p.command)) for p in kept if p.page == key]
        rows += [(command, "not run", reason) for where, command, reason in NOT_HERE if where == key]
        lines.append(f"## {title}\n\n| promise | test | result |\n|---|---|---|")
        lines += [f"| {_code(command)} | {test} | {result} |" for command, test, result in rows]
        lines.append("")
    return "\n".join(lines)


def _kept(command: str) -> str:
    return "kept (stand-in)" if re.search(r"\b(conda|mamba|micromamba|source activate)\b(?![-./])", command) else "kept"


def _code(text: str) -> str:
    """Write code for a table: a bar is escaped there, and what has backticks stands between two."""
    mark = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return mark + space + text.replace("|", "\\|") + space + mark


def test_the_page_of_promises_is_current(golden):
    golden(PAGE, page())


def test_no_command_is_both_kept_and_not_run():
    assert {(p.page, p.command) for p in promises()} & {(page, command) for page, command, _ in NOT_HERE} == set()


def test_every_page_has_its_promises():
    counts = {key: len([p for p in promises() if p.page == key]) for key in PAGES}
    assert all(count >= 10 for count in counts.values()), counts
