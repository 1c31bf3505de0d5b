"""Where environments are built: on the host that deploys, or in jobs that ask for what is written here."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from lmodforge.config.base import Model
from lmodforge.config.naming import AbsolutePath, Name, Text, form, mistake
from lmodforge.config.scheduler import Size, Time

_CONSTRAINT = re.compile(r"[A-Za-z0-9_.,:=&|()\[\]*-]+")
_OPTION = re.compile(r"--[a-z][a-z-]*(=.*)?")


def _constraint(text: str) -> str:
    if not _CONSTRAINT.fullmatch(text):
        raise mistake(f"`{text}` is not a constraint of Slurm's", "features with & or | between, such as `skylake&ib`")
    return text


def _option(text: str) -> str:
    if not _OPTION.fullmatch(text):
        raise mistake(f"`{text}` is not an option of sbatch", "write it in one word, such as `--qos=build`")
    return text


Constraint = Annotated[str, AfterValidator(_constraint)]
Option = Annotated[Text, AfterValidator(_option), form("option", "^--[a-z]")]


class Job(Model):
    """What a job that builds asks Slurm for; what is left out is for Slurm to decide."""

    partition: Annotated[Name | None, Field(description="The partition.")] = None
    account: Annotated[Name | None, Field(description="The account that is charged.")] = None
    time: Annotated[Time | None, Field(description="The longest it may take, such as `02:00:00`.")] = None
    cores: Annotated[int | None, Field(ge=1, description="Cores; the build uses no more.")] = None
    memory: Annotated[Size | None, Field(description="Memory, such as `8 GB`.")] = None
    gpus: Annotated[int | None, Field(ge=0, description="GPUs.")] = None
    constraint: Annotated[Constraint | None, Field(description="Features that the node must have.")] = None
    options: Annotated[tuple[Option, ...], Field(description="Further options of sbatch.")] = ()

    def over(self, other: Job) -> Job:
        """Return these settings, with another's where these say nothing."""
        mine = {name: getattr(self, name) for name in type(self).model_fields}
        return other.model_copy(update={name: value for name, value in mine.items() if value not in (None, ())})


class Builds(Model):
    """Where `invoke deploy` builds."""

    on: Annotated[
        Literal["host", "slurm"],
        Field(description="`host`, or `slurm`: each build is a job. `deploy --on` chooses another time."),
    ] = "host"
    job: Annotated[Job, Field(description="What each job asks for, where its environment does not say otherwise.")] = (
        Job()
    )
    scratch: Annotated[
        AbsolutePath,
        Field(description="A directory on the own disk of each host that builds, for a cache that no other may share."),
    ] = "/tmp"  # noqa: S108 - a private directory with a name that nobody can guess is made in it
