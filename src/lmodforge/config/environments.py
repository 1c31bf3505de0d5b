"""Environments and tools as people write them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from lmodforge.config.archives import Formats
from lmodforge.config.builds import Job
from lmodforge.config.channels import Channel, MatchSpec
from lmodforge.config.checks import Check
from lmodforge.config.distributions import ModuleLook
from lmodforge.config.naming import ModuleName, Name, Sha256, Text, VersionNumber, mistake
from lmodforge.config.node_types import NodeName, OnNodes
from lmodforge.config.requirements import Requirement
from lmodforge.config.spaces import Variable


def _declared(text: str) -> str:
    if text == "PATH" or text.startswith("CONDA_"):
        raise mistake(f"`{text}` belongs to activation itself", "choose another variable")
    return text


Declared = Annotated[Variable, AfterValidator(_declared)]


class Environment(ModuleLook):
    """A named set of packages, built for each distribution that lists it."""

    version: Annotated[
        Name, Field(description="The centre's own, such as 2026.11. A new one resolves its packages anew.")
    ]
    module: Annotated[ModuleName | None, Field(description="Default: name/version.")] = None
    default: Annotated[bool, Field(description="Load this one when the module is named without a version.")] = False
    python: Annotated[VersionNumber | None, Field(description="The Python that it needs, such as 3.12.")] = None
    source: Annotated[
        Text | None,
        Field(
            alias="from",
            description="An `environment.yml` of conda's, beside this file: its `channels`, `dependencies` and "
            "`variables` are taken as they are, but for those that stand here.",
        ),
    ] = None
    conda: Annotated[
        tuple[MatchSpec, ...], Field(description="Packages from conda channels, such as `numpy >=2,<3`.")
    ] = ()
    channels: Annotated[
        tuple[Channel, ...], Field(description="Its conda channels, best first; left out: those of the site.")
    ] = ()
    pypi: Annotated[
        tuple[Requirement, ...], Field(description="Packages from the PyPI index, such as `numpy>=2`.")
    ] = ()
    variables: Annotated[
        dict[Declared, Text],
        Field(
            default_factory=dict,
            description="What is set while a conda environment is active or its module loaded; `{prefix}` is its own.",
        ),
    ]
    build: Annotated[
        tuple[Name, ...],
        Field(description="Packages that may be built from source: their code runs on this host, as you."),
    ] = ()
    archives: Annotated[
        Formats,
        Field(
            description="Each release is also packed, into `paths.archives`: `tar.gz` and `tar.zst` for jobs that do "
            "not see it, `squashfs` to be mounted in its place. Only conda environments can be."
        ),
    ] = ()
    job: Annotated[Job, Field(description="What the job that builds it asks for, before the site's `builds.job`.")] = (
        Job()
    )
    check: Annotated[Check, Field(description="What must work before it is published.")] = Check()
    nodes: Annotated[
        dict[NodeName, OnNodes],
        Field(
            default_factory=dict,
            description="Types of nodes that it has a release of its own for, by name: the first that fits a node is "
            "loaded there. `any` is for every other node; without it the module refuses there. Left out: one release "
            "for all nodes.",
        ),
    ]

    @model_validator(mode="after")
    def _holds_something(self) -> Environment:
        on_all = self.nodes and all(on.conda or on.pypi for on in self.nodes.values())
        if not self.conda and not self.pypi and not on_all:
            raise mistake("the environment holds no package", "list some under `pypi` or `conda`")
        return self


class Tool(ModuleLook):
    """A single program with a module of its own."""

    version: Annotated[Name, Field(description="The program's own, such as 0.13.8.")]
    module: Annotated[ModuleName | None, Field(description="Default: name/version.")] = None
    default: Annotated[bool, Field(description="Load this one when the module is named without a version.")] = False
    sha256: Annotated[
        dict[str, Sha256],
        Field(
            default_factory=dict,
            description="Hash of its wheel per platform, such as `linux-x86_64`; left out: the one that is known, "
            "or else the one that the index states, kept in the lock.",
        ),
    ]
