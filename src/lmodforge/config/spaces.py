"""Where users may write: project space, scratch, temporary directories, and the caches that live there."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from lmodforge.config.base import Model
from lmodforge.config.naming import AbsolutePath, Text, mistake


def _layout(text: str) -> str:
    parts = text.split("/")
    if not all(re.fullmatch(r"\{pi\}|\{user\}|[A-Za-z0-9][A-Za-z0-9._-]*", part) for part in parts):
        raise mistake(f"layout `{text}` is not a path below the root", "such as `{pi}/{user}`")
    if "{user}" not in parts:
        raise mistake(f"layout `{text}` gives all users one directory", "add `{user}`")
    return text


def _variable(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise mistake(f"`{text}` is not the name of an environment variable")
    return text


Layout = Annotated[str, AfterValidator(_layout)]
Variable = Annotated[str, AfterValidator(_variable)]
Toggle = Annotated[
    Variable, Field(description="Environment variable that users set before the load: 1 persistent, 0 temporary.")
]


class PiSources(Model):
    """How the principal investigator is found, tried in the order of the keys."""

    env: Annotated[tuple[Variable, ...], Field(description="Environment variables that may name the PI.")] = ()
    slurm_account: Annotated[
        bool, Field(description="Take the Slurm account of the job; a leading `pi-` is dropped.")
    ] = False
    group: Annotated[Text, Field(description="Pattern of the users' groups that name the PI, such as `pi-*`.")] = ""


class ProjectSpace(Model):
    """Project space, such as /project/PI/USER."""

    root: Annotated[AbsolutePath, Field(description="The directory that holds all projects, such as /project.")]
    layout: Annotated[
        Layout, Field(description="A user's directory below the root, from `{pi}`, `{user}` and fixed names.")
    ] = "{pi}/{user}"
    pi: PiSources = PiSources()


class ScratchSpace(Model):
    """Scratch space, such as /scratch/midway3/USER."""

    root: Annotated[AbsolutePath, Field(description="The directory that holds everybody's scratch space.")]
    layout: Annotated[
        Layout, Field(description="A user's directory below the root, from `{pi}`, `{user}` and fixed names.")
    ] = "{user}"


class Cache(Model):
    """A package cache and the toggle that users set before they load the module."""

    toggle: Toggle
    default: Annotated[
        Literal["temporary", "persistent"],
        Field(description="What holds when the toggle is unset. persistent: project space, else scratch."),
    ] = "temporary"


class CondaCache(Cache):
    """The cache of conda packages."""

    toggle: Toggle = "USE_CONDA_CACHE"


class UvCache(Cache):
    """The cache of uv."""

    toggle: Toggle = "USE_UV_CACHE"


class Caches(Model):
    """The caches that the modules direct."""

    conda: CondaCache = CondaCache()
    uv: UvCache = UvCache()
    temporary: Annotated[
        tuple[AbsolutePath, ...],
        Field(description="Where temporary caches go when neither SLURM_TMPDIR nor TMPDIR is set."),
    ] = ("/tmp",)  # noqa: S108 - the users' own, checked at load
