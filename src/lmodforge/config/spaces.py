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


Source = Literal["env", "slurm_account", "group"]


class PiSources(Model):
    """How the principal investigator is found."""

    order: Annotated[tuple[Source, ...], Field(description="Which is asked first.")] = ("env", "slurm_account", "group")
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
    shared: Annotated[
        bool,
        Field(description="Environments made there belong to the group: mode 2770, and conda lets all members write."),
    ] = False


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
    temporary: Annotated[
        Literal["directory", "none"],
        Field(description="A temporary cache is a private `directory`, or `none` (UV_NO_CACHE)."),
    ] = "directory"
    pip: Annotated[bool, Field(description="pip's cache goes where uv's goes (PIP_CACHE_DIR).")] = True


class Caches(Model):
    """The caches that the modules direct."""

    conda: CondaCache = CondaCache()
    uv: UvCache = UvCache()
    temporary: Annotated[
        tuple[AbsolutePath, ...],
        Field(description="Where temporary caches go when neither SLURM_TMPDIR nor TMPDIR is set."),
    ] = ("/tmp",)  # noqa: S108 - the users' own, checked at load


class UvSettings(Model):
    """What the modules tell uv; a user's own variables win."""

    link_mode: Annotated[
        Literal["auto", "clone", "copy", "hardlink", "symlink"] | None,
        Field(description="UV_LINK_MODE; `auto`: copy where cache and project are on different file systems."),
    ] = "auto"
    python_downloads: Annotated[
        Literal["automatic", "manual", "never"] | None, Field(description="UV_PYTHON_DOWNLOADS.")
    ] = None
    in_space: Annotated[
        bool,
        Field(description="Pythons and tools go to project space or scratch (UV_PYTHON_INSTALL_DIR, UV_TOOL_DIR)."),
    ] = True


class ModuleSettings(Model):
    """How all modules of the site behave."""

    layout: Annotated[
        Literal["flat", "hierarchy"],
        Field(description="hierarchy: an environment's module shows once its distribution is loaded."),
    ] = "flat"
    messages: Annotated[bool, Field(description="Say in one line at load where packages go.")] = True
    notice: Annotated[Text, Field(description="Shown when a module is loaded without a version.")] = ""
    user_site: Annotated[
        bool, Field(description="Environments see packages in ~/.local; otherwise PYTHONNOUSERSITE is set.")
    ] = False
    jupyter: Annotated[bool, Field(description="Environment modules put their kernels on JUPYTER_PATH.")] = True
    uv: Annotated[UvSettings, Field(description="What the modules tell uv.")] = UvSettings()
