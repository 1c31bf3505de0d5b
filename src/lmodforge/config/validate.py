"""Check a document against the models; mistakes do not keep the rest from being checked further."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lmodforge.config.document import Document
from lmodforge.config.models import SiteConfig
from lmodforge.config.nodes import Loc
from lmodforge.config.shape import IN_KEY, place_of
from lmodforge.config.words import explain, wanted_kind
from lmodforge.errors import Mistake

# Stands in for what must be there, so that the rest can be checked; no path of a site looks like this.
_STAND_INS: dict[str, Any] = {
    "name": "unnamed",
    "paths": {"software": "/.none/software", "modulefiles": "/.none/modules"},
}
# What a thing is called and where it lies: with a default in its place, the thing would be another one.
_IDENTITY = frozenset({"module", "version", "prefix", "kind", "interpreter"})
_NAMED = frozenset({"distributions", "environments", "tools"})
_ROUNDS = 20


def validate(document: Document) -> tuple[SiteConfig | None, list[Mistake]]:
    """Return the site and its mistakes; with mistakes, what is left of it without what is wrong, if anything."""
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
