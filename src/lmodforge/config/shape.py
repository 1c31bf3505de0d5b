"""Which keys and values the models take at a place of a site file: read from the models, written down nowhere else."""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lmodforge.config.models import SiteConfig
from lmodforge.config.nodes import Loc

IN_KEY = "[key]"
"""The last part of a pydantic location when a key itself is wrong."""


@dataclass(frozen=True)
class Place:
    """A place of a site file and what the models say of it."""

    loc: Loc
    """Keys and positions as they stand in the file, without the tags of unions."""
    options: tuple[Any, ...]
    """The types that fit here."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that a map may have here; none where the keys are names."""
        return tuple(dict.fromkeys(key for option in self.options for key, _ in fields_of(option)))

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that may stand here; none where any text may."""
        return tuple(str(word) for option in self.options if get_origin(option) is Literal for word in get_args(option))

    @property
    def holds_names(self) -> bool:
        """Whether this is a map whose keys are names that people choose."""
        return any(get_origin(option) is dict for option in self.options)


def place_of(loc: Sequence[str | int]) -> Place:
    """Follow a pydantic location through the models."""
    if loc and loc[-1] == IN_KEY:
        above, place = place_of(loc[:-2]), place_of(loc[:-1])
        return Place(place.loc, tuple(found for option in above.options for found in _key_of(option)))
    options: tuple[Any, ...] = (SiteConfig,)
    real: list[str | int] = []
    for part in loc:
        if chosen := [option for option in options if len(options) > 1 and part in _tags(option)]:
            options = tuple(chosen)
            continue
        below = tuple(found for option in options for found in _below(option, part))
        if below or not options:
            real.append(part)
            options = below
        elif isinstance(part, str) and any(is_model(option) for option in options):
            real.append(part)  # an unknown key
            options = ()
    return Place(tuple(real), options)


def fields_of(kind: Any) -> list[tuple[str, FieldInfo]]:  # noqa: ANN401 - types are values here
    """List the keys that a model takes, as they are written, with what is known about each."""
    return [(field.alias or name, field) for name, field in kind.model_fields.items()] if is_model(kind) else []


def is_model(kind: Any) -> bool:  # noqa: ANN401 - types are values here
    """Tell models from other types."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _below(kind: Any, part: str | int) -> tuple[Any, ...]:  # noqa: ANN401 - types are values here
    if is_model(kind):
        fields = kind.model_fields.items()
        return tuple(
            found for name, field in fields if part == (field.alias or name) for found in _flat(field.annotation)
        )
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return _flat(arguments[1])
    if get_origin(kind) in (tuple, list) and isinstance(part, int):
        return _flat(arguments[0])
    return ()


def _key_of(kind: Any) -> tuple[Any, ...]:  # noqa: ANN401 - types are values here
    return _flat(get_args(kind)[0]) if get_origin(kind) is dict else ()


def _flat(kind: Any) -> tuple[Any, ...]:  # noqa: ANN401 - types are values here
    """Open up Annotated and unions; what may be left out is not a choice."""
    if get_origin(kind) is Annotated:
        return _flat(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return tuple(found for option in get_args(kind) for found in _flat(option))
    return () if kind is types.NoneType else (kind,)


def _tags(kind: Any) -> tuple[str, ...]:  # noqa: ANN401 - types are values here
    if not is_model(kind) or "kind" not in kind.model_fields:
        return ()
    return tuple(map(str, get_args(kind.model_fields["kind"].annotation)))
