"""Types of nodes: what a node of each is known by, and what environments have besides on such nodes."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from lmodforge.config.base import Model
from lmodforge.config.builds import Job
from lmodforge.config.channels import MatchSpec
from lmodforge.config.checks import Check
from lmodforge.config.drivers import cuda
from lmodforge.config.naming import Text, form, mistake
from lmodforge.config.processors import processor
from lmodforge.config.requirements import Requirement

ANY = "any"
"""Every node that is of no other type."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_PATTERN = re.compile(r"(?:[A-Za-z0-9_.*?-]|\[!?(?:[A-Za-z0-9](?:-[A-Za-z0-9])?)+\])+")
_RANGE = re.compile(r"\[[^]]*(?:\d\d+-\d|\d-\d\d|,)[^]]*\]")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise mistake(f"`{text}` is not a name of a node type", "letters, digits and _ - only, a letter or digit first")
    return text


def _type(text: str) -> str:
    if text == ANY:
        raise mistake(f"`{ANY}` stands for every other node", "choose another name; environments may name it as it is")
    return _name(text)


def _archspec(text: str) -> str:
    return processor(text).name


def _pattern(text: str) -> str:
    if _RANGE.search(text):
        hint = "brackets stand for one character: `gpu-*`, or `gpu-0[1-9]` and `gpu-1[0-6]`"
        raise mistake(f"`{text}` holds a range as Slurm writes it", hint)
    if not _PATTERN.fullmatch(text):
        raise mistake(f"`{text}` is not a pattern of node names", "a name with * ? and [0-9], such as `gpu-[0-9]*`")
    return text


NodeName = Annotated[str, AfterValidator(_name), form("name", f"^{_NAME.pattern}$")]
NodeTypeName = Annotated[str, AfterValidator(_type), form("name", f"^{_NAME.pattern}$")]
Archspec = Annotated[Text, AfterValidator(_archspec), form("micro-architecture", r"^[a-z0-9_.]+$")]
Cuda = Annotated[Text, AfterValidator(cuda), form("CUDA version", r"^[0-9]+\.[0-9]+$")]
HostPattern = Annotated[Text, AfterValidator(_pattern), form("pattern", r"^[A-Za-z0-9_.*?\[\]!-]+$")]


class NodeType(Model):
    """Nodes that environments can be built for. A node is of the type when all that stands here holds there."""

    archspec: Annotated[
        Archspec | None,
        Field(description="The micro-architecture that its processors are as good as, such as `zen3`; `__archspec`."),
    ] = None
    cuda: Annotated[
        Cuda | None, Field(description="The CUDA that its driver brings at the least, such as 12.6; `__cuda`.")
    ] = None
    hosts: Annotated[
        tuple[HostPattern, ...], Field(description="Names of its nodes, with `*`, `?` and `[0-9]`: one of them fits.")
    ] = ()
    job: Annotated[
        Job, Field(description="What jobs ask for that build on such a node, before `job` of the environment.")
    ] = Job()

    @model_validator(mode="after")
    def _is_known_by_something(self) -> NodeType:
        if not (self.archspec or self.cuda or self.hosts):
            raise mistake("nothing says which nodes these are", "name `archspec`, `cuda` or `hosts`")
        return self


class OnNodes(Model):
    """What an environment has besides on nodes of a type."""

    conda: Annotated[tuple[MatchSpec, ...], Field(description="Further packages from conda channels.")] = ()
    pypi: Annotated[tuple[Requirement, ...], Field(description="Further packages from the PyPI index.")] = ()
    check: Annotated[Check, Field(description="What must work besides, on such a node.")] = Check()
