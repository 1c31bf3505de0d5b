"""The Invoke namespace: parse, call one function, print; what a task needs is imported when it runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task as invoke_task

Task = TypeVar("Task", bound=Callable[..., Any])

SITE = {
    "site": "name of a site, or its file (default: LMODFORGE_SITE, else demo)",
    "root": "lay the site out below this directory",
}
OFFLINE = {"offline": "ask nothing of the network: everything comes from this mirror, a directory or an archive"}
JSON = {"json": "print one JSON document instead of text"}


def task(**options: Any) -> Callable[[Task], Task]:  # noqa: ANN401 - they are Invoke's
    """Make a task whose expected errors end it with a message and an exit code, never a traceback."""

    def decorate(function: Task) -> Task:
        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on
            with explained():
                code = function(*args, **kwargs)
            if code:
                raise Exit(code=code)

        return cast("Task", invoke_task(run, auto_shortflags=False, **options))

    return decorate


@contextmanager
def explained() -> Iterator[None]:
    """Turn what went wrong into a message on stderr and an exit code."""
    from lmodforge.errors import SiteError

    try:
        yield
    except SiteError as error:
        raise Exit("\n".join(map(str, error.mistakes)), code=error.exit_code) from None
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise Exit(f"{place}{error.strerror or error}", code=1) from None
    except KeyboardInterrupt:
        raise Exit("interrupted; users see what they saw before, run it again to go on", code=130) from None


def say(text: str) -> None:
    """Print data."""
    sys.stdout.write(f"{text}\n")


def say_json(document: dict[str, Any]) -> None:
    """Print one document."""
    say(json.dumps(document, indent=2, ensure_ascii=False))


@task(help=SITE | JSON)
def check(context: Context, site: str = "", root: str = "", json: bool = False) -> None:
    """Check a site file: every mistake with its place and a hint. Exit 3 when there are any."""
    from lmodforge.commands.check import check_site

    report = check_site(site, root)
    say_json(report.json) if json else say(report.text)


@task(help={"out": "write the schema to this file"})
def schema(context: Context, out: str = "") -> None:
    """Write the JSON schema of site files, which gives completion in an editor."""
    from lmodforge.commands.files import write_schema

    say(write_schema(out))


@task(
    positional=["name"],
    help={
        "name": "short name of the cluster",
        "out": "file (default: site-configs/NAME.yaml)",
        "ci": "also write what CI does with it: github or gitlab; a site file that is there stays",
    },
)
def init(context: Context, name: str, out: str = "", ci: str = "") -> None:
    """Write a commented site file to begin with, and a CI file for it."""
    from lmodforge.commands.files import write_starter

    say(write_starter(name, out, ci))


@task(help=SITE | JSON | OFFLINE | {"out": "save the plan: `deploy --plan FILE` carries out exactly this"})
def plan(context: Context, site: str = "", root: str = "", out: str = "", offline: str = "", json: bool = False) -> int:
    """Show what deploy would do. Exit 0: nothing; 2: something."""
    from lmodforge.commands.show import show_plan

    shown = show_plan(site, root, out, offline)
    say_json(shown.json) if json else say(shown.text)
    return 2 if shown.changes else 0


@task(
    help=SITE
    | JSON
    | OFFLINE
    | {
        "plan": "carry out a plan saved by `plan --out`, or refuse when the world has changed since",
        "replace-edited": "replace files of ours that somebody edited by hand",
        "jobs": "builds at a time on this host (default: the cores, at most 4)",
        "on": "`host`, or `slurm`: each build is a job (default: the site's `builds.on`)",
        "leave-jobs": "on ^C leave the jobs that were submitted: the next deploy takes them up",
    },
)
def deploy(
    context: Context,
    site: str = "",
    root: str = "",
    plan: str = "",
    replace_edited: bool = False,
    jobs: int = 0,
    on: str = "",
    leave_jobs: bool = False,
    offline: str = "",
    json: bool = False,
) -> None:
    """Bring the site to what its file says: builds first, and modules that were loaded in Lmod last."""
    from lmodforge.commands.show import run_deploy

    done = run_deploy(
        site,
        root,
        plan=plan,
        replace_edited=replace_edited,
        jobs=jobs,
        on=on,
        leave=leave_jobs,
        offline=offline,
    )
    say_json(done.json) if json else say(done.text)


@task(
    help=SITE
    | JSON
    | {
        "check": "only say whether the locks are what the site file asks for; solve nothing",
        "diff": "only show what would move",
        "update": "solve everything anew, also what is locked already",
        "markdown": "show what moved as Markdown, for a merge request",
    }
)
def lock(
    context: Context,
    site: str = "",
    root: str = "",
    check: bool = False,
    diff: bool = False,
    update: bool = False,
    markdown: bool = False,
    json: bool = False,
) -> int:
    """Solve every environment for every platform; locks lie beside the site file. Exit 2: something would change."""
    from lmodforge.commands.lock import check_locks, lock_site

    shown = check_locks(site, root) if check else lock_site(site, root, update=update, diff=diff, markdown=markdown)
    say_json(shown.json) if json else say(shown.text)
    return 2 if shown.changes else 0


@task(
    iterable=["python"],
    help=SITE
    | JSON
    | {
        "out": "directory, or archive: FILE.tar or FILE.tar.zst",
        "python": "version of the Python there, where it is another than here: 3.11.9, or DISTRIBUTION=3.11.9",
    },
)
def mirror(
    context: Context, out: str, site: str = "", root: str = "", python: list[str] | None = None, json: bool = False
) -> None:
    """Fetch all that a site installs, for hosts without a network: `deploy --offline` installs from it."""
    from lmodforge.commands.mirror import mirror_site

    made = mirror_site(site, root, out, python or ())
    say_json(made.json) if json else say(made.text)


@task(help=SITE | JSON)
def status(context: Context, site: str = "", root: str = "", json: bool = False) -> int:
    """Compare the disk with the receipts. Exit 0: as deployed; 2: something was changed."""
    from lmodforge.commands.status import show_status

    shown = show_status(site, root)
    say_json(shown.json) if json else say(shown.text)
    return 2 if shown.drifted else 0


@task(help=SITE | {"to": "number of the generation (default: the one before)"})
def rollback(context: Context, site: str = "", root: str = "", to: int = 0) -> None:
    """Go back to an earlier generation: its modules and its by-name links."""
    from lmodforge.commands.rollback import roll_back

    say(roll_back(site, root, to))


@task(
    help=SITE
    | {
        "keep": "generations to keep at the least (default: the site's `retention`)",
        "older-than": "days since a generation was replaced (default: the site's `retention`)",
        "show": "only show what would go",
    }
)
def prune(
    context: Context, site: str = "", root: str = "", keep: int = -1, older_than: int = -1, show: bool = False
) -> None:
    """Remove generations, releases and tools that no kept generation needs."""
    from lmodforge.commands.prune import prune_site

    say(prune_site(site, root, keep, older_than, show=show))


@task(help=SITE | {"out": "directory for the module tree"})
def render(context: Context, out: str, site: str = "", root: str = "") -> None:
    """Write the module tree only, without building anything."""
    from lmodforge.commands.files import render_site

    say(render_site(site, root, out))


@task(
    optional=["srun"],
    help=SITE
    | JSON
    | {
        "shells": "such as `bash,tcsh` (default: all that are there)",
        "jobs": "shells at a time (default: the cores)",
        "changed-since": "only modules that differ from what this git revision of the site file renders",
        "junit": "write JUnit's XML to this file",
        "markdown": "write a summary for a merge request to this file",
        "image": "in a container of this image, such as rockylinux:9",
        "engine": "podman, docker or apptainer (default: the first that works)",
        "rootfs": "in this root file system, by bubblewrap",
        "ssh": "on this login node",
        "srun": "in a job, with these options of srun",
        "on": "`slurm`: in jobs on each partition of the site",
        "user": "as this user; in a container a number",
    },
)
def verify(
    context: Context,
    site: str = "",
    root: str = "",
    shells: str = "",
    jobs: int = 0,
    changed_since: str = "",
    junit: str = "",
    markdown: str = "",
    image: str = "",
    engine: str = "",
    rootfs: str = "",
    ssh: str = "",
    srun: str | bool = "",
    on: str = "",
    user: str = "",
    json: bool = False,
) -> int:
    """Load every module in real Lmod, in every shell, and check what it promises. Exit 1: something is wrong."""
    from lmodforge.commands.verify import Reports, verify_site
    from lmodforge.verify.places.choose import Wish

    in_job = (srun if isinstance(srun, str) else "") if srun else None
    found = verify_site(
        site,
        root,
        wish=Wish(image=image, engine=engine, rootfs=rootfs, ssh=ssh, srun=in_job, user=user),
        shells=shells,
        jobs=jobs,
        changed_since=changed_since,
        on=on,
        reports=Reports(junit, markdown),
    )
    say_json(found.json) if json else say(found.text)
    return 1 if found.failures else 0


@task(help=SITE | {"out": "directory, not there yet: a directory in it for each module, with the files of its kit"})
def kits(context: Context, out: str, site: str = "", root: str = "") -> None:
    """Write the starter kits of what is deployed: job scripts for the site's batch system."""
    from lmodforge.commands.kits import write_kits

    say(write_kits(site, root, out))


@task(
    positional=["environment"],
    help=SITE
    | JSON
    | {
        "environment": "name of a deployed environment, or its module",
        "format": "tar.gz (default), tar.zst or squashfs",
        "dest-prefix": "where it will be unpacked; without it anywhere, and its paths are corrected in the job",
        "out": "directory for the archive and the files beside it (default: the current one)",
        "replace": "replace what is there already",
    },
)
def pack(
    context: Context,
    environment: str,
    format: str = "tar.gz",  # noqa: A002 - the name of the option
    dest_prefix: str = "",
    out: str = "",
    replace: bool = False,
    site: str = "",
    root: str = "",
    json: bool = False,
) -> int:
    """Pack an environment for jobs that cannot reach it. Exit 1: it is too large for any way to a job."""
    from lmodforge.commands.pack import pack_environment

    packed = pack_environment(
        environment,
        site,
        root,
        kind=format,
        dest_prefix=dest_prefix,
        out=out,
        replace=replace,
    )
    say_json(packed.json) if json else say(packed.text)
    return 0 if packed.fits else 1


@task(
    iterable=["site"],
    help=JSON
    | {
        "site": "name of a site, or its file; repeat it for several clusters on the same pages",
        "root": SITE["root"],
        "out": "directory for the pages (default: build/docs)",
        "markdown-only": "write the Markdown and mkdocs.yml, and no HTML",
        "serve": "serve the pages on this host until ^C",
        "port": "where to serve them",
        "check": "build nothing; do what the pages tell users to do, and compare what they promise",
        "user": "for --check, as this user (default for root: nobody)",
        "jobs": "for --check, pages at a time (default: the cores)",
    },
)
def docs(
    context: Context,
    site: list[str] | None = None,
    root: str = "",
    out: str = "",
    markdown_only: bool = False,
    serve: bool = False,
    port: int = 8000,
    check: bool = False,
    user: str = "",
    jobs: int = 0,
    json: bool = False,
) -> int:
    """Build the documentation for users from what is deployed. Exit 1: with --check, something is not as it says."""
    from lmodforge.commands.docs import build_docs, check_docs, serve_docs

    if check:
        found = check_docs(site or (), root, user=user, jobs=jobs)
    else:
        found = build_docs(site or (), root, out, html=not markdown_only or serve)
    say_json(found.json) if json else say(found.text)
    if serve and not check:
        sys.stderr.write(f"http://127.0.0.1:{port}/index.html (^C ends it)\n")
        serve_docs(found.html, port)
    return 1 if found.wrong else 0


@task(positional=["package"], help=SITE | JSON | {"package": "name, or a part of it with `*`"})
def find(context: Context, package: str, site: str = "", root: str = "", json: bool = False) -> int:
    """Say which modules hold a package, in which version. Exit 1: none does."""
    from lmodforge.commands.find import find_package

    found = find_package(package, site, root)
    say_json(found.json) if json else say(found.text)
    return 0 if found.holders else 1


@task(help=SITE | JSON)
def doctor(context: Context, site: str = "", root: str = "", json: bool = False) -> int:
    """Say what this host lacks, with the command that mends it. Exit 1: something must be mended."""
    from lmodforge.commands.doctor import examine

    found = examine(site, root)
    say_json(found.json) if json else say(found.text)
    return 1 if found.problems else 0


@task(
    iterable=["only"],
    help={
        "network": "also what needs the public download sites",
        "containers": "with what builds a root file system and images",
        "only": "pytest arguments",
    },
)
def test(context: Context, network: bool = False, containers: bool = True, only: list[str] | None = None) -> int:
    """Install what the tests need on this host, then lint, check types and test (in a checkout)."""
    from lmodforge.developer.checks import run_tests

    return run_tests(network=network, containers=containers, only=only or ())


@task(iterable=["only"], help={"only": "name of a benchmark; repeat for more", "out": "write JSON to this file"})
def bench(context: Context, only: list[str] | None = None, out: str = "") -> int:
    """Measure the figures of the README, side by side in one run (in a checkout)."""
    from lmodforge.developer.bench import run_benchmarks

    return run_benchmarks(only or (), out)


@task(help=SITE | JSON | {"log": "syslog's file (default: the journal of this host, else its syslog)"})
def usage(context: Context, site: str = "", root: str = "", log: str = "", json: bool = False) -> None:
    """Count the loads of each module, where the site records them."""
    from lmodforge.commands.usage import report_usage

    report = report_usage(site, root, log)
    say_json(report.json) if json else say(report.text)


namespace = Collection(
    init,
    check,
    schema,
    lock,
    mirror,
    plan,
    deploy,
    status,
    rollback,
    prune,
    render,
    kits,
    pack,
    verify,
    docs,
    find,
    doctor,
    test,
    bench,
)
namespace.add_collection(Collection("report", usage))
