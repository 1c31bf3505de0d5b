"""Packages of a PyPI index as people write them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from lmodforge.config.naming import Text, form, mistake

# Name, extras, version clauses, marker: PEP 508 without the URL form, which no index vouches for.
_REQUIREMENT = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[A-Za-z0-9._,\s-]*\])?\s*"
    r"(?:\(?(?:===|==|~=|!=|<=|>=|<|>)[^;@()]*\)?)?\s*(?:;.*)?"
)


def _requirement(text: str) -> str:
    if text.startswith("-") or "@" in text or "://" in text:
        raise mistake(f"`{text}` is not a package of an index", "write a name and, if need be, versions: `numpy>=2,<3`")
    if not _REQUIREMENT.fullmatch(text):
        raise mistake(f"`{text}` is not a requirement", "write a name and, if need be, versions: `numpy>=2,<3`")
    return text


Requirement = Annotated[Text, AfterValidator(_requirement), form("requirement", r"^[A-Za-z0-9][^@]*$")]
