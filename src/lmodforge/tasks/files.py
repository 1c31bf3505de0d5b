"""Tasks about what a site is described by: its file, its locks, its mirror, its module tree."""

from __future__ import annotations

from invoke.context import Context

from lmodforge.tasks.shared import JSON, SITE, say, show, task


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


@task(help=SITE | JSON)
def check(context: Context, site: str = "", root: str = "", json: bool = False) -> None:
    """Check a site file: every mistake with its place and a hint. Exit 3 when there are any."""
    from lmodforge.commands.check import check_site

    report = check_site(site, root)
    show(report, as_json=json)


@task(help={"out": "write the schema to this file"})
def schema(context: Context, out: str = "") -> None:
    """Write the JSON schema of site files, which gives completion in an editor."""
    from lmodforge.commands.files import write_schema

    say(write_schema(out))


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
    show(shown, as_json=json)
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
    show(made, as_json=json)


@task(help=SITE | {"out": "directory for the module tree"})
def render(context: Context, out: str, site: str = "", root: str = "") -> None:
    """Write the module tree only, without building anything."""
    from lmodforge.commands.files import render_site

    say(render_site(site, root, out))
