"""Tasks that prove that modules keep their promises, and hosts have what it takes."""

from __future__ import annotations

from invoke.context import Context

from lmodforge.tasks.shared import JSON, SITE, at_a_time, show, task


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
        "on": "`slurm`: in jobs on each partition of the site, and on nodes of each type that modules choose by",
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
        jobs=at_a_time(jobs),
        changed_since=changed_since,
        on=on,
        reports=Reports(junit, markdown),
    )
    show(found, as_json=json)
    return 1 if found.failures else 0


@task(help=SITE | JSON)
def doctor(context: Context, site: str = "", root: str = "", json: bool = False) -> int:
    """Say what this host lacks, with the command that mends it. Exit 1: something must be mended."""
    from lmodforge.commands.doctor import examine

    found = examine(site, root)
    show(found, as_json=json)
    return 1 if found.problems else 0
