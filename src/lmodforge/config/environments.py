"""Environments and tools as people write them."""

from __future__ import annotations

import re
import shlex
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from lmodforge.config.archives import Formats
from lmodforge.config.base import Model
from lmodforge.config.builds import Job
from lmodforge.config.channels import Channel, MatchSpec
from lmodforge.config.distributions import ModuleLook
from lmodforge.config.naming import ModuleName, Name, Sha256, Text, VersionNumber, form, mistake
from lmodforge.config.spaces import Variable

# Name, extras, version clauses, marker: PEP 508 without the URL form, which no index vouches for.
_REQUIREMENT = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[A-Za-z0-9._,\s-]*\])?\s*"
    r"(?:\(?(?:===|==|~=|!=|<=|>=|<|>)[^;@()]*\)?)?\s*(?:;.*)?"
)
_MODULE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def _requirement(text: str) -> str:
    if text.startswith("-") or "@" in text or "://" in text:
        raise mistake(f"`{text}` is not a package of an index", "write a name and, if need be, versions: `numpy>=2,<3`")
    if not _REQUIREMENT.fullmatch(text):
        raise mistake(f"`{text}` is not a requirement", "write a name and, if need be, versions: `numpy>=2,<3`")
    return text


def _import_name(text: str) -> str:
    if not _MODULE.fullmatch(text):
        raise mistake(f"`{text}` is not the name of a Python module", "write what follows `import`: `sklearn`")
    return text


def _command(text: str) -> str:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise mistake(f"command `{text}` cannot be read: {error}", "quote it as in a shell") from None
    if not words:
        raise mistake("a command is empty")
    return text


def _declared(text: str) -> str:
    if text == "PATH" or text.startswith("CONDA_"):
        raise mistake(f"`{text}` belongs to activation itself", "choose another variable")
    return text


Declared = Annotated[Variable, AfterValidator(_declared)]
Requirement = Annotated[Text, AfterValidator(_requirement), form("requirement", r"^[A-Za-z0-9][^@]*$")]


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

    @model_validator(mode="after")
    def _holds_something(self) -> Environment:
        if not self.conda and not self.pypi:
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
