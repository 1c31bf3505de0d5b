"""Say in words what pydantic found, and hint at what was meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from lmodforge.config.models import SiteConfig
from lmodforge.config.nodes import Loc
from lmodforge.config.shape import IN_KEY, Place, is_model, keys_of, place_of
from lmodforge.errors import Mistake, Where

_NOT_A_MAP = ("model_type", "model_attributes_type", "dict_type")
_NOT_A_LIST = ("tuple_type", "list_type")
_NOT_TEXT = ("string_type", "string_sub_type", "url_type")
_NOT_A_BOOL = ("bool_parsing", "bool_type")


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Hint at the word that was probably meant."""
    found = get_close_matches(word, list(words), 1)
    return f"did you mean `{found[0]}`?" if found else None


def listed(words: Iterable[str]) -> str:
    """Join words as code: `a`, `b`."""
    return ", ".join(f"`{word}`" for word in words)


def label(loc: Loc) -> str:
    """Name a place: `environments.sci.pypi`; the file as a whole has no name."""
    text = ""
    for part in loc:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def wanted_kind(error: ErrorDetails) -> bool:
    """Whether the error is about which of the kinds is meant."""
    return error["type"] in ("union_tag_invalid", "union_tag_not_found")


def explain(error: ErrorDetails, where: Where) -> Mistake:
    """Turn one error of pydantic's into a mistake at its place."""
    place = place_of(error["loc"])
    message, hint = _words(error, place)
    return Mistake(message, hint or None, where)


def _words(error: ErrorDetails, place: Place) -> tuple[str, str | None]:
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    name = (
        f"`{label(place.loc[-1:]) if isinstance(place.loc[-1:], str) else _short(place.loc)}`" if place.loc else "site"
    )
    if kind == "site":
        return context["message"], context["hint"]
    if kind == "extra_forbidden":
        return unknown_key(place.loc)
    if kind == "missing":
        return _missing(place.loc)
    if kind == "union_tag_not_found":
        return _missing((*place.loc, "kind"))
    if kind == "union_tag_invalid":
        kinds = [word for option in place.options for word in _below_kind(option)]
        return f"`{context['tag']}` is not a kind", nearest(context["tag"], kinds) or f"one of {listed(kinds)}"
    if kind == "literal_error" and error["loc"][-1] == IN_KEY:
        return unknown_key(place.loc, place.choices)
    if kind == "literal_error":
        return f"{name} cannot be `{_shown(given)}`", nearest(
            str(given), place.choices
        ) or f"one of {listed(place.choices)}"
    if kind in _NOT_A_MAP:
        keys = f"such as {listed(place.keys[:3])}" if place.keys else "`name: ...`, one below the other"
        return f"{name} must be a map of keys, not {_kind(given)}", f"write its keys below it: {keys}"
    if kind in _NOT_A_LIST:
        return f"{name} must be a list, not {_kind(given)}", f"write `[{given}]`" if isinstance(given, str) else None
    if kind in _NOT_TEXT:
        return f"{name} must be text, not {_kind(given)}", None
    if kind in _NOT_A_BOOL:
        return f"{name} must be `true` or `false`, not {_shown(given)}", None
    if kind.startswith("int_"):
        return f"{name} must be a whole number, not {_shown(given)}", None
    if kind == "greater_than_equal":
        return f"{name} must be at least {context['ge']}", None
    if kind == "greater_than":
        return f"{name} must be more than {context['gt']}", None
    return f"{name}: {error['msg'][:1].lower()}{error['msg'][1:]}", None


def _short(loc: Loc) -> str:
    """Name the last key of a place and the item in its list: `pypi[2]`."""
    start = max((i for i, part in enumerate(loc) if isinstance(part, str)), default=0)
    return label(loc[start:])


def _kind(given: Any) -> str:  # noqa: ANN401 - whatever stands in the file
    if isinstance(given, dict):
        return "a map"
    if isinstance(given, (list, tuple)):
        return "a list"
    return "empty" if given is None else f"the text `{given}`"


def _shown(given: Any) -> str:  # noqa: ANN401 - whatever stands in the file
    return f"`{given}`" if isinstance(given, str) else _kind(given)


def _missing(loc: Loc) -> tuple[str, str | None]:
    above = f" in `{label(loc[:-1])}`" if loc[:-1] else ""
    return f"key `{loc[-1]}` is missing{above}", _description(loc)


def _description(loc: Loc) -> str | None:
    for option in place_of(loc[:-1]).options:
        for name, field in option.model_fields.items() if is_model(option) else ():
            if loc[-1] == "kind":
                return f"one of {listed(place_of(loc).choices)}"
            if (field.alias or name) == loc[-1]:
                return field.description or f"its keys: {listed(place_of(loc).keys)}"
    return None


def _below_kind(option: Any) -> tuple[str, ...]:  # noqa: ANN401 - types are values here
    return Place((), tuple([option.model_fields["kind"].annotation])).choices if is_model(option) else ()


def unknown_key(loc: Loc, keys: tuple[str, ...] = ()) -> tuple[str, str | None]:
    """Say that a key is not known, and which one was meant, or where it belongs, or which there are."""
    key, keys = str(loc[-1]), keys or place_of(loc[:-1]).keys
    above = f" in `{label(loc[:-1])}`" if loc[:-1] else ""
    hint = nearest(key, keys) or _belongs(key) or f"the keys here: {listed(keys)}"
    return f"unknown key `{key}`{above}", hint


def _belongs(key: str) -> str | None:
    """Find the one section that has such a key."""
    sections = [section for section in keys_of(SiteConfig) if key in place_of((section,)).keys]
    if key in keys_of(SiteConfig):
        return f"`{key}` stands at the top of the file, not indented"
    return f"it belongs in `{sections[0]}`" if len(sections) == 1 else None
