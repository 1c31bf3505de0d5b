"""Quote text for what reads a job's file: any text becomes one word, one line, or one comment with the same text.

What bash reads is quoted by `modulefile.shells.sh`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

_PLAIN = re.compile(r"[A-Za-z0-9/._+@=,:%-]+")
_PLACE = re.compile(r"\{(\w+)\}")


def one_line(text: str) -> str:
    """Fold white space and what would end a line: a directive and a comment are one line each."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def sbatch(text: str) -> str:
    """Quote a word of an `#SBATCH` line: only quotes protect white space there, and a backslash holds in them."""
    line = one_line(text)
    return line if _PLAIN.fullmatch(line) else '"' + re.sub(r'(["\\])', r"\\\1", line) + '"'


def pbs(text: str) -> str:
    """Quote a word of a `#PBS` line, which is split as a shell would."""
    return shlex.quote(one_line(text))


def condor_line(text: str) -> str:
    """Write text as one line of a submit file: a backslash at the end would join the next one to it."""
    return one_line(text).rstrip("\\ ")


def condor(text: str) -> str:
    """Quote a value of a submit file: it is the rest of its line, and a dollar begins a macro."""
    return condor_line(text).replace("$", "$(DOLLAR)")


def filled(text: str, known: Mapping[str, str] | None = None) -> str:
    """Fill in `{name}` from what is known; what only a user knows becomes `YOUR_NAME`."""
    values = known or {}
    return _PLACE.sub(lambda place: values.get(place[1], f"YOUR_{place[1].upper()}"), text)
