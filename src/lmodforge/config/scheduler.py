"""The batch system as users meet it: its queues, what a job must name, where jobs are submitted."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from lmodforge.config.base import Model
from lmodforge.config.naming import Name, Text, form, mistake, shell_words

_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(KB|MB|GB|TB|PB)")
_TIME = re.compile(r"(?:\d+-)?\d{1,3}:\d{2}:\d{2}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*")


def _size(text: str) -> str:
    if not _SIZE.fullmatch(text):
        raise mistake(f"`{text}` is not a size", "a number and KB, MB, GB, TB or PB, such as `30 GB`")
    return text


def _time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise mistake(f"`{text}` is not a time", 'write hours:minutes:seconds in quotes, such as "36:00:00"')
    return text


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise mistake(f"`{text}` is not the name of a host", "such as login.example.org")
    return text


def _option(text: str) -> str:
    words = shell_words("option", text)
    if not words or not words[0].startswith("-") or "\n" in text:
        raise mistake(f"`{text}` is not an option of a job", "begin it with `-`, such as `--qos=normal`")
    return text


def size_in_bytes(text: str) -> int:
    """Read a size of a site file; units are powers of 1000, as quotas and transfer limits are stated."""
    found = _SIZE.fullmatch(text)
    if not found:
        raise ValueError(text)
    return int(float(found[1]) * 1000 ** (1 + ("KB", "MB", "GB", "TB", "PB").index(found[2])))


Size = Annotated[str, AfterValidator(_size), form("size", f"^{_SIZE.pattern}$")]
Time = Annotated[str, AfterValidator(_time), form("time", f"^{_TIME.pattern}$")]
Host = Annotated[str, AfterValidator(_host), form("host", f"^{_HOST.pattern}$")]
Option = Annotated[str, AfterValidator(_option), form("option", "^-")]


class Queue(Model):
    """A partition of Slurm or a queue of PBS."""

    summary: Annotated[Text, Field(description="What it is for.")] = ""
    default: Annotated[bool, Field(description="The one that job scripts name.")] = False
    time: Annotated[Time | None, Field(description="The longest a job may take, such as `36:00:00`.")] = None
    cores: Annotated[int | None, Field(ge=1, description="Cores of one node.")] = None
    memory: Annotated[Size | None, Field(description="Memory of one node, such as `192 GB`.")] = None
    gpus: Annotated[int, Field(ge=0, description="GPUs of one node.")] = 0


class _BatchQueues(Model):
    account: Annotated[
        Text,
        Field(description="What users put for the account, such as `pi-{pi}`; left out: jobs need not name one."),
    ] = ""
    options: Annotated[
        tuple[Option, ...], Field(description="Further options that each job script has, such as `--qos=normal`.")
    ] = ()
    interactive: Annotated[
        Text, Field(description="The command that gives users a shell on a compute node, such as `sinteractive`.")
    ] = ""
    ssh_to_nodes: Annotated[
        bool,
        Field(
            description="Users may ssh to the nodes on which their jobs run: a Jupyter job then listens on its node's "
            "loopback only. Without it, on the node's own address, which the login hosts must reach."
        ),
    ] = False


class SlurmScheduler(_BatchQueues):
    """Slurm."""

    kind: Annotated[Literal["slurm"], Field(description="Which batch system it is.")]
    partitions: Annotated[dict[Name, Queue], Field(default_factory=dict, description="Its partitions, by name.")]


class PbsScheduler(_BatchQueues):
    """PBS Professional, OpenPBS or Torque."""

    kind: Annotated[Literal["pbs"], Field(description="Which batch system it is.")]
    queues: Annotated[dict[Name, Queue], Field(default_factory=dict, description="Its queues, by name.")]


class Transfer(Model):
    """A way in which files reach a job."""

    up_to: Annotated[Size | None, Field(description="The largest file it takes; left out: any.")] = None
    how: Annotated[Text, Field(description="What users do, in a sentence; `{file}` stands for the file.")]
    input: Annotated[
        Text,
        Field(
            description="What the submit file's `transfer_input_files` names: `{file}`, or a URL that ends in it; "
            "left out: the file lies where the job finds it."
        ),
    ] = ""
    requirements: Annotated[
        Text, Field(description="What such a job asks of a machine, such as `(HasCHTCStaging == true)`.")
    ] = ""
    url: Annotated[Text, Field(description="Where users read more.")] = ""


class Published(Model):
    """How the archives that a deploy makes reach a job."""

    input: Annotated[
        Text,
        Field(
            description="What the submit file's `transfer_input_files` names: `{path}` is the whole path of the "
            "archive, `{file}` its last part, such as `osdf:///example/staging/python/releases/{file}`."
        ),
    ] = "{path}"
    requirements: Annotated[
        Text, Field(description="What such a job asks of a machine, such as `(HasCHTCStaging == true)`.")
    ] = ""


class HTCondorScheduler(Model):
    """HTCondor."""

    kind: Annotated[Literal["htcondor"], Field(description="Which batch system it is.")]
    transfers: Annotated[
        dict[Name, Transfer], Field(default_factory=dict, description="How files reach jobs, smallest limit first.")
    ]
    archives: Annotated[
        Published, Field(description="How the archives that a deploy makes reach jobs; users copy nothing.")
    ] = Published()
    cores: Annotated[int, Field(ge=1, description="Cores that submit files ask for.")] = 1
    memory: Annotated[Size, Field(description="Memory that submit files ask for.")] = "1 GB"
    disk: Annotated[Size, Field(description="Disk space that submit files ask for.")] = "1 GB"


Scheduler = Annotated[SlurmScheduler | PbsScheduler | HTCondorScheduler, Field(discriminator="kind")]
