"""JUnit's XML, as Jenkins and GitLab read it: a suite for each place, a case for each module and shell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as Xml

from lmodforge.finding import Failure, Verified

# What XML 1.0 has no way to say; programs do print it.
_UNSAYABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


_Case = tuple[str, str, list[Failure]]
"""Module, shell, what is wrong."""


def junit(site: str, verified: Sequence[Verified]) -> str:
    """Write the document; what no shell is to blame for, such as syntax, is a case called `lmod` or `disk`."""
    places = [(each, list(_cases(each))) for each in verified]
    suites = Xml.Element("testsuites", _totals([case for _, cases in places for case in cases]))
    for each, cases in places:
        _add_suite(suites, site, each, cases)
    Xml.indent(suites)
    return Xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _totals(cases: Sequence[_Case]) -> dict[str, str]:
    return {"tests": str(len(cases)), "failures": str(sum(1 for *_, failures in cases if failures))}


def _add_suite(suites: Xml.Element, site: str, verified: Verified, cases: Sequence[_Case]) -> None:
    named = _said(f"{site}: {verified.place}, {verified.versions}")
    suite = Xml.SubElement(suites, "testsuite", {"name": named, **_totals(cases), "errors": "0"})
    suite.set("time", f"{verified.seconds:.3f}")
    for module, shell, failures in cases:
        case = Xml.SubElement(suite, "testcase", {"classname": _said(module), "name": _said(shell)})
        if failures:
            first = failures[0]
            message = _said(f"{first.check}: expected {first.expected}, found {first.found}")
            failure = Xml.SubElement(case, "failure", {"type": first.check, "message": message})
            failure.text = _said("\n\n".join(map(str, failures)))


def _cases(verified: Verified) -> Iterator[_Case]:
    others = (failure.module for failure in verified.failures if failure.module not in verified.modules)
    for module in (*dict.fromkeys(others), *verified.modules):
        by_shell: dict[str, list[Failure]] = (
            {shell: [] for shell in verified.shells} if module in verified.modules else {}
        )
        for failure in verified.of(module):
            for shell in failure.shell.split(", "):
                by_shell.setdefault(shell, []).append(failure)
        for shell, failures in by_shell.items():
            yield module, shell, failures


def _said(text: str) -> str:
    return _UNSAYABLE.sub("\N{REPLACEMENT CHARACTER}", text)
