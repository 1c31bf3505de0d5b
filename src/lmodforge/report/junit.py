"""JUnit's XML, as Jenkins and GitLab read it: a suite for the place, a case for each module and shell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as Xml

from lmodforge.finding import Failure, Verified

# What XML 1.0 has no way to say; programs do print it.
_UNSAYABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(site: str, verified: Verified) -> str:
    """Write the document; what no shell is to blame for, such as syntax, is a case called `lmod` or `disk`."""
    cases = list(_cases(verified))
    totals = {"tests": str(len(cases)), "failures": str(sum(1 for *_, failures in cases if failures))}
    suites = Xml.Element("testsuites", totals)
    suite = Xml.SubElement(
        suites, "testsuite", {"name": _said(f"{site}: {verified.place}, {verified.versions}"), **totals, "errors": "0"}
    )
    suite.set("time", f"{verified.seconds:.3f}")
    for module, shell, failures in cases:
        case = Xml.SubElement(suite, "testcase", {"classname": _said(module), "name": _said(shell)})
        if failures:
            first = failures[0]
            message = _said(f"{first.check}: expected {first.expected}, found {first.found}")
            failure = Xml.SubElement(case, "failure", {"type": first.check, "message": message})
            failure.text = _said("\n\n".join(map(str, failures)))
    Xml.indent(suites)
    return Xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _cases(verified: Verified) -> Iterator[tuple[str, str, list[Failure]]]:
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
