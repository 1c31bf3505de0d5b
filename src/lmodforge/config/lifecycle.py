"""A module's life cycle as people write it: other names, hidden, deprecated from, removed from."""

from __future__ import annotations

import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from lmodforge.config.base import Model
from lmodforge.config.naming import ModuleName, Text, mistake


def _date(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise mistake(f"`{text}` is not a date", "write it as 2026-11-30") from None


Date = Annotated[Text, AfterValidator(_date)]


class LifeCycle(Model):
    """How a module comes and goes."""

    hidden: Annotated[bool, Field(description="It loads by its full name, and does not show in `module avail`.")] = (
        False
    )
    aliases: Annotated[
        tuple[ModuleName, ...], Field(description="Other names for it, such as `python/miniforge`.")
    ] = ()
    deprecated: Annotated[
        Date | None, Field(description="From this day on a load says so, with the `advice`; such as 2026-11-30.")
    ] = None
    removed: Annotated[Date | None, Field(description="From this day on it can no longer be loaded.")] = None
    advice: Annotated[Text, Field(description="What to load instead.")] = ""
