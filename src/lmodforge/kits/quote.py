"""Quote text for what reads a job's file: any text becomes one word, one line, or one comment with the same text.

What bash reads is quoted by `modulefile.shells.sh`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

_NOT_PLAIN = re.compile(r"([^A-Za-z0-9/._+@=,:%-])")
_PLACE = re.compile(r"\{(\w+)\}")


def one_line(text: str) -> str:
    """Fold white space and what would end a line: a directive and a comment are one line each."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def sbatch(text: str) -> str:
    """Quote a word of an `#SBATCH` line: a backslash there protects any character, also `#` and white space."""
    return _NOT_PLAIN.sub(r"\\\1", one_line(text))


def pbs(text: str) -> str:
    """Quote a word of a `#PBS` line, which is split as a shell would."""
    return shlex.quote(one_line(text))


def condor(text: str) -> str:
    """Quote a value of a submit file: it is the rest of its line, and a dollar begins a macro."""
    return one_line(text).replace("$", "$(DOLLAR)")


def filled(text: str, known: Mapping[str, str] | None = None) -> str:
    """Fill in `{name}` from what is known; what only a user knows becomes `YOUR_NAME`."""
    values = known or {}
    return _PLACE.sub(lambda place: values.get(place[1], f"YOUR_{place[1].upper()}"), text)
