"""Workspaces: directories that groups share, and the module that puts a session into one of them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from lmodforge.config.distributions import ModuleLook
from lmodforge.config.naming import AbsolutePath, ModuleName, Name, Text, form, mistake
from lmodforge.config.spaces import Variable

_UMASK = re.compile(r"0?[0-7]{3}")


def _umask(text: str) -> str:
    if not _UMASK.fullmatch(text):
        raise mistake(f"`{text}` is not a umask", 'three octal digits in quotes, such as "002"')
    return text


def _value(text: str) -> str:
    if unknown := re.search(r"\{(?!name\}|path\})[^}]*\}", text):
        raise mistake(f"`{unknown.group()}` is not known here", "`{name}` or `{path}` of the workspace")
    return text


Umask = Annotated[str, AfterValidator(_umask), form("umask", f"^{_UMASK.pattern}$")]
Value = Annotated[Text, AfterValidator(_value)]


class Workspaces(ModuleLook):
    """A module that puts a session into a workspace: the only one of the user's, or the one that a variable names."""

    module: Annotated[ModuleName, Field(description="Full name of the module; `{version}` stands for the version.")] = (
        "Workspace/{version}"
    )
    version: Annotated[Name, Field(description="The centre's own.")] = "1"
    default: Annotated[bool, Field(description="Load this one when the module is named without a version.")] = True
    root: Annotated[AbsolutePath, Field(description="The directory that holds a directory for each workspace.")]
    variable: Annotated[Variable, Field(description="Environment variable in which users name one.")] = "HPC_WORKSPACE"
    group: Annotated[
        Text, Field(description="Pattern of the users' groups that name workspaces, such as `ws-*`; left out: any.")
    ] = ""
    umask: Annotated[Umask | None, Field(description="What the session's umask becomes, such as `002`.")] = None
    variables: Annotated[
        dict[Variable, Value],
        Field(default_factory=dict, description="What is set, from `{name}` and `{path}` of the workspace."),
    ]
