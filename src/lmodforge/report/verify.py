"""What verify found: a table and failures that read like a compiler's, a document, a summary for a merge request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lmodforge.finding import Failure, Verified
from lmodforge.plan.nodes import release_for
from lmodforge.report.style import counted, paint, table


def verified_text(site: str, generation: int, verified: Verified) -> str:
    """Return a line for each module and group of shells, then each failure, then the count."""
    title = f"Site {site}, generation {generation}, {verified.place}, {verified.versions}:"
    rows = list(_rows(verified))
    lines = [paint(line, "red" if row[0] == "FAIL" else "green") for line, row in zip(table(rows), rows, strict=True)]
    failures = [f"{failure}\n" for failure in verified.failures]
    return "\n".join([title, *_chosen(verified), "", *lines, "", *failures, _count(verified)])


def _chosen(verified: Verified) -> Iterator[str]:
    """Say which releases the node gets of modules that choose by it, a line for each type."""
    modules: dict[str, list[str]] = {}
    for module, kind in verified.releases.items():
        modules.setdefault(kind, []).append(module)
    for kind, names in modules.items():
        gets = f"gets {release_for(kind)}" if kind else "is of no type that it is for and is refused"
        yield f"Node {verified.node} {gets}: {', '.join(names)}"


def _rows(verified: Verified) -> Iterator[tuple[str, str, str, str]]:
    others = [failure.module for failure in verified.failures if failure.module not in verified.modules]
    for module in (*dict.fromkeys(others), *verified.modules):
        groups: dict[str, list[str]] = {}
        for failure in verified.of(module):
            groups.setdefault(failure.shell, []).append(failure.check)
        failing = {shell for shells in groups for shell in shells.split(", ")}
        passing = [shell for shell in verified.shells if shell not in failing]
        if passing and module in verified.modules and not failing - set(verified.shells):
            yield "ok", module, ", ".join(passing), ""
        for shells, checks in groups.items():
            yield "FAIL", module, shells, ", ".join(dict.fromkeys(checks))


def _count(verified: Verified) -> str:
    failures = len(verified.failures)
    colour = "red" if failures else "green"
    tried = f"{counted(len(verified.modules), 'module')} in {counted(len(verified.shells), 'shell')}"
    speed = verified.loads / verified.seconds if verified.seconds else 0
    told = counted(failures, "failure") if failures else "no failures"
    return paint(f"{tried}: {told} ({verified.loads} trials, {verified.seconds:.1f} s, {speed:.0f} a second).", colour)


def verified_json(site: str, generation: int, verified: Verified) -> dict[str, Any]:
    """Return the `verify` document, version 1."""
    return {
        "document": "verify",
        "version": 1,
        "site": site,
        "generation": generation,
        "place": verified.place,
        "lmod": verified.lmod,
        "lmod_here": verified.lmod_here or None,
        "node": verified.node or None,
        "releases": {module: kind or None for module, kind in verified.releases.items()},
        "shells": list(verified.shells),
        "modules": [{"name": name, "passed": not verified.of(name)} for name in verified.modules],
        "failures": [_failure(failure) for failure in verified.failures],
        "trials": verified.loads,
        "seconds": round(verified.seconds, 3),
    }


def _failure(one: Failure) -> dict[str, Any]:
    return {
        "module": one.module,
        "shells": one.shell.split(", "),
        "given": one.given or None,
        "check": one.check,
        "expected": one.expected,
        "found": one.found,
        "repeat": one.repeat,
    }


def verified_markdown(site: str, verified: Verified) -> str:
    """Return a summary for a merge request: the count, a row for each failure, and how to repeat it."""
    failures = verified.failures
    told = counted(len(failures), "failure") if failures else "all passed"
    tried = f"{counted(len(verified.modules), 'module')}; {', '.join(verified.shells)}"
    where = f"{_plain(verified.place)}, {_plain(verified.versions)}; {verified.seconds:.0f} s"
    lines = [f"### Modules of {_plain(site)}: {told}", "", f"{tried}; {where}"]
    lines += ["", *(f"{_plain(line)}\n" for line in _chosen(verified))] if verified.releases else []
    if failures:
        lines += ["", "| module | shell | check | expected | found |", "|---|---|---|---|---|"]
    for one in failures:
        shell = f"{one.shell}, {one.given}" if one.given else one.shell
        cells = (one.module, shell, one.check, one.expected, one.found)
        lines.append(f"| {' | '.join(map(_plain, cells))} |")
    for one in failures:
        lines += [
            "",
            f"<details><summary>{_plain(one.module)}: {one.check}</summary>",
            "",
            *_code(one.repeat),
            "",
            "</details>",
        ]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Write text so that Markdown shows it as it is, on one line of a table."""
    folded = " ".join(text.split())
    for character in "\\`*_{}[]()#+!|~":
        folded = folded.replace(character, f"\\{character}")
    return folded.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _code(text: str) -> list[str]:
    """Fence code with more backticks than it holds in a row."""
    fence = "```"
    while fence in text:
        fence += "`"
    return [f"{fence}sh", text, fence]
