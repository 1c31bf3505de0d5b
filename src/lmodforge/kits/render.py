"""Render the files of a subject's starter kit, by the kind of the site's batch system."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Literal

from lmodforge.config.models import SiteConfig
from lmodforge.config.scheduler import HTCondorScheduler, PbsScheduler, SlurmScheduler, size_in_bytes
from lmodforge.kits import quote
from lmodforge.kits.archive import Archive, way_for
from lmodforge.kits.request import queues_of, request_of
from lmodforge.kits.subject import Subject
from lmodforge.modulefile.render import Templates

if TYPE_CHECKING:
    import jinja2

BATCH_HOURS = 1
JUPYTER_HOURS = 4

_SUBMIT = {"slurm": "sbatch", "pbs": "qsub"}
_ENDING = {"slurm": "sbatch", "pbs": "pbs"}


@dataclass(frozen=True)
class Kit:
    """One file of a starter kit."""

    kind: Literal["batch", "jupyter", "executable", "submit"]
    file: str
    text: str
    title: str
    """A few words for a heading."""
    summary: str
    """A sentence."""
    command: str = ""
    """What a user types with it; empty: another file of the kit needs it."""
    runnable: bool = False
    """It has to be executable."""


def starter_kits(site: SiteConfig, subject: Subject, templates: Templates) -> tuple[Kit, ...]:
    """Return the files for one subject; what cannot be packed has none for HTCondor."""
    match site.scheduler:
        case SlurmScheduler() | PbsScheduler() as scheduler:
            return tuple(_batch(site, scheduler, subject, templates))
        case HTCondorScheduler() if subject.engine == "conda":
            return packed_kits(site, subject, templates, subject.archive)
    return ()


def packed_kits(site: SiteConfig, subject: Subject, templates: Templates, archive: Archive) -> tuple[Kit, ...]:
    """Return the files that use a packed environment: an executable, for HTCondor also a submit file.

    The sizes decide how the archive reaches a job: its own once it is made, until then that of what is in it.
    """
    values = {"site": site, "subject": subject, "archive": archive}
    values |= {"executable": f"{subject.name}.sh", "submit": f"{subject.name}.sub"}
    text = _text(templates, "packed-executable", **values)
    summary = "Unpacks the environment where it is started, and runs a script in it."
    kits = [Kit("executable", f"{subject.name}.sh", text, "Executable", summary, runnable=True)]
    if isinstance(scheduler := site.scheduler, HTCondorScheduler):
        way = way_for(scheduler, archive, archive.size if archive.size is not None else subject.size)
        values |= {"scheduler": scheduler, "way": way, "disk": _disk(scheduler, subject, archive)}
        text, file = _text(templates, "htcondor-submit", **values), f"{subject.name}.sub"
        summary = "Says what the job needs: its files, cores, memory and disk space."
        kits.append(Kit("submit", file, text, "Submit file", summary, f"condor_submit {file}"))
    return tuple(kits)


def _batch(
    site: SiteConfig, scheduler: SlurmScheduler | PbsScheduler, subject: Subject, templates: Templates
) -> Iterator[Kit]:
    kind, ending = scheduler.kind, _ENDING[scheduler.kind]
    common = {"site": site, "scheduler": scheduler, "subject": subject, "queues": queues_of(scheduler)}
    file = f"{subject.name}.{ending}"
    text = _text(templates, f"{kind}-batch", **common, file=file, request=request_of(scheduler, hours=BATCH_HOURS))
    command = f"{_SUBMIT[kind]} {file}"
    summary = f"Runs your script in a job, with {subject.module} loaded."
    yield Kit("batch", file, text, "Batch job", summary, command)
    if subject.jupyter:
        file = f"{subject.name}-jupyter.{ending}"
        request = request_of(scheduler, hours=JUPYTER_HOURS)
        text = _text(templates, f"{kind}-jupyter", **common, file=file, request=request)
        summary = "Runs Jupyter in a job; its output says how you reach it from your own computer."
        yield Kit("jupyter", file, text, "Jupyter", summary, f"{_SUBMIT[kind]} {file}")


def _disk(scheduler: HTCondorScheduler, subject: Subject, archive: Archive) -> str:
    """Ask for what the site says, beside the archive and what is in it."""
    held = (archive.size or 0) + (subject.size or 0)
    return f"{ceil((size_in_bytes(scheduler.disk) + held) / 1000**2)}MB"


def _text(templates: Templates, name: str, **values: object) -> str:
    return _environment(templates).get_template(f"kits/{name}.j2").render(values)


def _environment(templates: Templates) -> jinja2.Environment:
    """Read the templates of kits as lines: a statement alone on its line leaves none."""
    environment = templates.environment.overlay(trim_blocks=True, lstrip_blocks=True)
    environment.filters = templates.environment.filters | {
        "condor": quote.condor,
        "condor_line": quote.condor_line,
        "filled": quote.filled,
        "one_line": quote.one_line,
        "pbs": quote.pbs,
        "sbatch": quote.sbatch,
        "words": _words,
    }
    return environment


def _words(option: str) -> list[str]:
    """Split an option of a site file as a shell would."""
    import shlex  # noqa: PLC0415 - only sites with options need it

    return shlex.split(option)
