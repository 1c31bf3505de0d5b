"""Tasks for those who use what is deployed, or ask what they use."""

from __future__ import annotations

import sys

from invoke.context import Context

from lmodforge.tasks.shared import JSON, SITE, at_a_time, say, show, task


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
        "node": "the release for nodes of this type (default: the one for every other node)",
        "format": "tar.gz (default), tar.zst or squashfs",
        "dest-prefix": "where it will be unpacked; without it anywhere, and its paths are corrected in the job",
        "out": "directory for the archive and the files beside it (default: the current one)",
        "replace": "replace what is there already",
    },
)
def pack(
    context: Context,
    environment: str,
    node: str = "",
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
        node=node,
        kind=format,
        dest_prefix=dest_prefix,
        out=out,
        replace=replace,
    )
    show(packed, as_json=json)
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
        found = check_docs(site or (), root, user=user, jobs=at_a_time(jobs))
    else:
        found = build_docs(site or (), root, out, html=not markdown_only or serve)
    show(found, as_json=json)
    if serve and not check:
        sys.stderr.write(f"http://127.0.0.1:{port}/index.html (^C ends it)\n")
        serve_docs(found.html, port)
    return 1 if found.wrong else 0


@task(positional=["package"], help=SITE | JSON | {"package": "name, or a part of it with `*`"})
def find(context: Context, package: str, site: str = "", root: str = "", json: bool = False) -> int:
    """Say which modules hold a package, in which version. Exit 1: none does."""
    from lmodforge.commands.find import find_package

    found = find_package(package, site, root)
    show(found, as_json=json)
    return 0 if found.holders else 1


@task(help=SITE | JSON | {"log": "syslog's file (default: the journal of this host, else its syslog)"})
def usage(context: Context, site: str = "", root: str = "", log: str = "", json: bool = False) -> None:
    """Count the loads of each module, where the site records them."""
    from lmodforge.commands.usage import report_usage

    report = report_usage(site, root, log)
    show(report, as_json=json)
