"""Refresh Lmod's system spider cache, so that `module avail` and `spider` need not read every modulefile."""

from __future__ import annotations

from lmodforge.apply.publish import MODULES
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import StepFailed
from lmodforge.verify.lmod import Lmod


def refresh_spider_cache(workshop: Workshop, lmod: Lmod | None) -> None:
    """Let Lmod's own program write the cache for every generation that is kept: logins have pinned theirs.

    A cache that cannot be written makes Lmod slower, not wrong, so a failure is told and the deploy stands.
    Source: Lmod's documentation, "System Spider Cache".
    """
    directory = workshop.site.lmod.spider_cache
    if directory is None or lmod is None:
        return
    system, layout = workshop.system, workshop.layout
    workshop.progress.state(MODULES, "refreshing the spider cache")
    trees = [f"{layout.generations}/{name}" for name in system.names(layout.generations) if name.isdecimal()]
    program = f"{lmod.package}/libexec/update_lmod_system_cache_files"
    system.make_directory(directory)
    argv = (program, "-d", directory, "-t", f"{directory}/timestamp", ":".join(trees))
    try:
        workshop.run("spider cache", argv, variables={"LMOD_DIR": f"{lmod.package}/libexec"})
    except StepFailed as failure:
        workshop.progress.failed("spider cache", str(failure))
    else:
        workshop.progress.done(MODULES, "spider cache refreshed")
