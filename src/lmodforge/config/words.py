"""Say in words what pydantic found, and hint at what was meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from lmodforge.config.nodes import Loc
from lmodforge.config.shape import IN_KEY, Place, fields_of, is_model, place_of
from lmodforge.errors import Mistake, Where

_Words = tuple[str, str | None]  # a message and its hint


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Hint at the word that was probably meant."""
    found = get_close_matches(word, list(words), 1)
    return f"did you mean `{found[0]}`?" if found else None


def listed(words: Iterable[str]) -> str:
    """Join words as code: `a`, `b`."""
    return ", ".join(f"`{word}`" for word in words)


def label(loc: Loc) -> str:
    """Name a place: `environments.sci.pypi[2]` for the second item; the file as a whole has no name."""
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
    say = _SAYINGS.get(error["type"], _anything_else)
    message, hint = say(error, place)
    return Mistake(message, hint or None, where)


def _own(error: ErrorDetails, _: Place) -> _Words:
    """Take the words of our own validators; see `naming.mistake`."""
    context = error.get("ctx", {})
    return context["message"], context["hint"]


def _unknown(error: ErrorDetails, place: Place) -> _Words:
    return unknown_key(place.loc, place_of(error["loc"][:-1]).keys)


def _is_missing(error: ErrorDetails, _: Place) -> _Words:
    return _missing(error["loc"])


def _no_kind(error: ErrorDetails, _: Place) -> _Words:
    return _missing((*error["loc"], "kind"))


def _not_a_kind(error: ErrorDetails, place: Place) -> _Words:
    tag, kinds = error.get("ctx", {})["tag"], place_of((*place.loc, "kind")).choices
    return f"`{tag}` is not a kind", nearest(tag, kinds) or f"one of {listed(kinds)}"


def _not_a_choice(error: ErrorDetails, place: Place) -> _Words:
    if error["loc"][-1] == IN_KEY:
        return unknown_key(place.loc, place.choices)
    given = error["input"]
    hint = nearest(str(given), place.choices) or f"one of {listed(place.choices)}"
    return f"{_name(place)} cannot be {_shown(given)}", hint


def _not_a_map(error: ErrorDetails, place: Place) -> _Words:
    hint = (
        f"write its keys below it, such as {listed(place.keys[:3])}"
        if place.keys
        else "write names, each with its keys"
    )
    return f"{_name(place)} must be a map of keys, not {_kind(error['input'])}", hint


def _not_a_list(error: ErrorDetails, place: Place) -> _Words:
    given = error["input"]
    return f"{_name(place)} must be a list, not {_kind(given)}", f"write `[{given}]`" if isinstance(
        given, str
    ) else None


def _not_text(error: ErrorDetails, place: Place) -> _Words:
    given = error["input"]
    return f"{_name(place)} must be text, not {_kind(given)}" if given is not None else f"{_name(place)} is empty", None


def _not_a_bool(error: ErrorDetails, place: Place) -> _Words:
    return f"{_name(place)} must be `true` or `false`, not {_shown(error['input'])}", None


def _not_a_number(error: ErrorDetails, place: Place) -> _Words:
    return f"{_name(place)} must be a whole number, not {_shown(error['input'])}", None


def _too_small(error: ErrorDetails, place: Place) -> _Words:
    context = error.get("ctx", {})
    least = f"at least {context['ge']}" if "ge" in context else f"more than {context['gt']}"
    return f"{_name(place)} must be {least}", None


def _anything_else(error: ErrorDetails, place: Place) -> _Words:
    return f"{_name(place)}: {error['msg'][:1].lower()}{error['msg'][1:]}", None


_SAYINGS: dict[str, Callable[[ErrorDetails, Place], _Words]] = {
    "site": _own,
    "extra_forbidden": _unknown,
    "missing": _is_missing,
    "union_tag_not_found": _no_kind,
    "union_tag_invalid": _not_a_kind,
    "literal_error": _not_a_choice,
    "model_type": _not_a_map,
    "model_attributes_type": _not_a_map,
    "dict_type": _not_a_map,
    "tuple_type": _not_a_list,
    "string_type": _not_text,
    "bool_type": _not_a_bool,
    "bool_parsing": _not_a_bool,
    "int_type": _not_a_number,
    "int_parsing": _not_a_number,
    "int_parsing_size": _not_a_number,
    "int_from_float": _not_a_number,
    "greater_than": _too_small,
    "greater_than_equal": _too_small,
}


def _name(place: Place) -> str:
    return f"`{_short(place.loc)}`" if place.loc else "a site"


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


def _missing(loc: Loc) -> _Words:
    above = label(place_of(loc[:-1]).loc)
    return f"key `{loc[-1]}` is missing" + (f" in `{above}`" if above else ""), _description(loc)


def _description(loc: Loc) -> str | None:
    place = place_of(loc)
    if place.choices:
        return f"one of {listed(place.choices)}"
    above = [option for option in place_of(loc[:-1]).options if is_model(option)]
    field = next((field for model in above for key, field in fields_of(model) if key == loc[-1]), None)
    described = field.description if field else None
    return described or (f"its keys: {listed(place.keys)}" if place.keys else None)


def unknown_key(loc: Loc, keys: Iterable[str]) -> _Words:
    """Say that a key is not known, and which one was meant, or where it belongs, or which there are."""
    key = str(loc[-1])
    above = f" in `{label(loc[:-1])}`" if loc[:-1] else ""
    hint = nearest(key, keys) or _belongs(loc, key) or f"the keys here: {listed(keys)}"
    return f"unknown key `{key}`{above}", hint


def _belongs(loc: Loc, key: str) -> str | None:
    """Find where a key is known that is indented one level too much or too little."""
    top = place_of(()).keys
    sections = [section for section in top if key in place_of((section,)).keys]
    if len(loc) == 2 and key in top:
        return f"`{key}` stands at the top of the file, not indented"
    return f"it belongs in `{sections[0]}`" if len(loc) == 1 and len(sections) == 1 else None
