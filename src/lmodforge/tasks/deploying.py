"""Tasks that change what is on disk, or show what would change or has changed."""

from __future__ import annotations

from invoke.context import Context

from lmodforge.tasks.shared import JSON, OFFLINE, SITE, at_a_time, say, show, task


@task(help=SITE | JSON | OFFLINE | {"out": "save the plan: `deploy --plan FILE` carries out exactly this"})
def plan(context: Context, site: str = "", root: str = "", out: str = "", offline: str = "", json: bool = False) -> int:
    """Show what deploy would do. Exit 0: nothing; 2: something."""
    from lmodforge.commands.show import show_plan

    shown = show_plan(site, root, out, offline)
    show(shown, as_json=json)
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
        jobs=at_a_time(jobs),
        on=on,
        leave=leave_jobs,
        offline=offline,
    )
    show(done, as_json=json)


@task(help=SITE | JSON)
def status(context: Context, site: str = "", root: str = "", json: bool = False) -> int:
    """Compare the disk with the receipts. Exit 0: as deployed; 2: something was changed."""
    from lmodforge.commands.status import show_status

    shown = show_status(site, root)
    show(shown, as_json=json)
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
