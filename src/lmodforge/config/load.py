"""From a document to a checked site: every mistake is found in one go, in the order of the file."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lmodforge.config.crosscheck import crosscheck
from lmodforge.config.document import Document
from lmodforge.config.models import SiteConfig
from lmodforge.config.nodes import Loc
from lmodforge.config.root import rebase
from lmodforge.config.shape import IN_KEY, place_of
from lmodforge.config.words import explain, label, nearest, unknown_key, wanted_kind
from lmodforge.errors import InvalidSite, Mistake, Where

# Stands in for what must be there, so that the rest can be checked; no path of a site looks like this.
_STAND_INS: dict[str, Any] = {
    "name": "unnamed",
    "paths": {"software": "/.none/software", "modulefiles": "/.none/modules"},
}
# What a thing is called and where it lies: with a default in its place, the thing would be another one.
_IDENTITY = frozenset({"module", "version", "prefix", "kind", "interpreter"})
_NAMED = frozenset({"distributions", "environments", "tools"})
_ROUNDS = 20


def load_site(document: Document, root: str | None = None, cwd: Path | None = None) -> SiteConfig:
    """Check a document and lay it out below `root` (or the file's own); raises InvalidSite with all mistakes.

    A relative root is relative to `cwd`, by default the current directory.
    """
    site, mistakes = _validate(document)
    if site is not None and document.complete:
        mistakes += crosscheck(site, document)
    mistakes = [*document.mistakes, *mistakes, *_empty_keys(document)]
    if mistakes or site is None:
        raise _invalid(mistakes)
    return _rebased(site, root, cwd, document)


def _invalid(mistakes: Iterable[Mistake]) -> InvalidSite:
    """Put mistakes in the order of the files, each once, each on a line of its own whatever the file holds."""
    printable = [replace(m, message=_printable(m.message), hint=m.hint and _printable(m.hint)) for m in mistakes]
    return InvalidSite(sorted(dict.fromkeys(printable), key=lambda m: (m.where or Where(""), m.message)))


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _rebased(site: SiteConfig, root: str | None, cwd: Path | None, document: Document) -> SiteConfig:
    wanted = root or site.root
    if not wanted:
        return site
    absolute = posixpath.normpath(posixpath.join(cwd or os.getcwd(), wanted))  # noqa: PTH109 - paths are text here
    try:
        moved = rebase(site, absolute)
    except InvalidSite as error:
        where = None if root else document.locate(("root",))
        raise InvalidSite([Mistake(m.message, m.hint, where) for m in error.mistakes]) from None
    if mistakes := crosscheck(moved, document):
        raise _invalid(mistakes)
    return moved


def _validate(document: Document) -> tuple[SiteConfig | None, list[Mistake]]:
    """Check against the models; with mistakes, also return what is left of the site without what is wrong."""
    try:
        return SiteConfig.model_validate(document.plain), []
    except ValidationError as error:
        errors = error.errors(include_url=False)
    if not document.complete:
        return None, [_explained(error, document) for error in errors if _stands_alone(error)]
    return _salvage(document, errors)


def _stands_alone(error: ErrorDetails) -> bool:
    """Whether what is in a file that could not be read cannot be the reason."""
    return error["type"] in ("extra_forbidden", "union_tag_invalid") or isinstance(error["input"], str)


def _explained(error: ErrorDetails, document: Document) -> Mistake:
    loc = place_of(error["loc"]).loc
    if error["type"] == "missing":
        where = document.locate(loc[:-1], key=True) if loc[:-1] else document.locate(loc, key=True)
    elif wanted_kind(error):
        where = document.locate((*loc, "kind"))
    else:
        where = document.locate(loc, key=error["type"] == "extra_forbidden" or error["loc"][-1] == IN_KEY)
    return explain(error, where)


def _salvage(document: Document, errors: list[ErrorDetails]) -> tuple[SiteConfig | None, list[Mistake]]:
    """Take out what is wrong until the rest can be checked; what only the taking out made wrong is not reported."""
    plain: dict[str, Any] = deepcopy(document.plain)
    mistakes: list[Mistake] = []
    taken: list[Loc] = []
    for _ in range(_ROUNDS):
        mistakes += [_explained(error, document) for error in errors if not _is_consequence(error, taken)]
        for loc, known in sorted({_to_take(error) for error in errors}, key=lambda item: _from_the_end(item[0])):
            _take(plain, loc)
            taken += [loc] if known else []
        try:
            return SiteConfig.model_validate({**_STAND_INS, **plain}), mistakes
        except ValidationError as error:
            errors = error.errors(include_url=False)
    return None, mistakes


def _is_consequence(error: ErrorDetails, taken: list[Loc]) -> bool:
    loc = place_of(error["loc"]).loc
    return any(other[: len(loc)] == loc for other in taken)


def _to_take(error: ErrorDetails) -> tuple[Loc, bool]:
    """Choose what to leave out for an error, and whether it is something that the models know."""
    loc = place_of(error["loc"]).loc
    if error["type"] == "extra_forbidden":
        return loc, False
    if error["type"] == "missing":
        loc = loc[:-1] or loc
    if loc[0] not in _NAMED:
        loc = loc[:1]
    elif len(loc) > 2 and loc[2] in _IDENTITY:
        loc = loc[:2]
    return loc, True


def _from_the_end(loc: Loc) -> tuple[int, list[tuple[int, str]]]:
    """Order places so that taking one out moves none that follows."""
    return -len(loc), [(-part, "") if isinstance(part, int) else (0, part) for part in loc]


def _take(plain: Any, loc: Loc) -> None:  # noqa: ANN401 - any part of a document
    *above, last = loc
    for part in above:
        if isinstance(plain, dict) and part not in plain:  # taken with another mistake
            return
        plain = plain[part]
    if isinstance(last, int) or last in plain:
        del plain[last]


def _empty_keys(document: Document) -> list[Mistake]:
    """Find keys without a value that are unknown, or that should take away something that no base has."""
    mistakes = []
    for loc in document.removes_nothing():
        above = place_of(loc[:-1])
        where = document.locate(loc, key=True)
        if above.keys and loc[-1] not in above.keys:
            mistakes.append(Mistake(*unknown_key(loc, above.keys), where))
        elif above.holds_names:
            hint = nearest(str(loc[-1]), _names_beside(document, loc)) or "write its keys below it, or drop the line"
            mistakes.append(Mistake(f"`{label(loc)}` is empty, and no base has one to remove", hint, where))
    return mistakes


def _names_beside(document: Document, loc: Loc) -> list[str]:
    plain: Any = document.plain
    for part in loc[:-1]:
        plain = plain[part]
    return list(plain)
