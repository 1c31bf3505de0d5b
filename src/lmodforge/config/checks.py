"""What must work inside a new release before anybody sees it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from lmodforge.config.base import Model
from lmodforge.config.naming import mistake, shell_words

_MODULE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def _import_name(text: str) -> str:
    if not _MODULE.fullmatch(text):
        raise mistake(f"`{text}` is not the name of a Python module", "write what follows `import`: `sklearn`")
    return text


def _command(text: str) -> str:
    if not shell_words("command", text):
        raise mistake("a command is empty")
    return text


class Check(Model):
    """What must work inside a new release before anybody sees it."""

    imports: Annotated[
        tuple[Annotated[str, AfterValidator(_import_name)], ...],
        Field(alias="import", description="Python modules to import."),
    ] = ()
    run: Annotated[
        tuple[Annotated[str, AfterValidator(_command)], ...],
        Field(description="Commands that must exit 0, each split as a shell would, run without a shell."),
    ] = ()
    timeout: Annotated[int, Field(gt=0, description="Seconds that one of them may take.")] = 300
