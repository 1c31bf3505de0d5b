"""Archives of environments, which a deploy makes beside their releases."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator

from lmodforge.config.naming import mistake

Format = Literal["tar.gz", "tar.zst", "squashfs"]
FORMATS: tuple[Format, ...] = get_args(Format)


def _once(formats: tuple[Format, ...]) -> tuple[Format, ...]:
    for kind in formats:
        if formats.count(kind) > 1:
            raise mistake(f"`{kind}` stands there twice", "name each format once")
    return formats


Formats = Annotated[tuple[Format, ...], AfterValidator(_once)]
