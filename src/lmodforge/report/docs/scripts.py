"""The scripts with which jobs use an environment: its starter kit, by what the catalogue knows of it."""

from __future__ import annotations

import re
from collections.abc import Callable

from lmodforge.kits.render import Kit, starter_kits
from lmodforge.kits.subject import Subject
from lmodforge.modulefile.render import Templates
from lmodforge.report.docs.catalogue import Environment
from lmodforge.report.docs.view import View

ScriptsFor = Callable[[View, Environment], tuple[Kit, ...]]


def scripts_by(templates: Templates) -> ScriptsFor:
    """Return what gives the scripts for one environment, in the order of their use; each kit is made once."""
    made: dict[tuple[str, str], tuple[Kit, ...]] = {}

    def scripts_for(view: View, environment: Environment) -> tuple[Kit, ...]:
        key = (environment.site, environment.newest.path)
        if key not in made:
            made[key] = starter_kits(view.site, _subject(view, environment), templates)
        return made[key]

    return scripts_for


def _subject(view: View, environment: Environment) -> Subject:
    release = environment.newest
    return Subject(
        name=environment.name,
        version=release.version,
        modules=(environment.distribution, release.module) if view.open_modules else (release.module,),
        prefix=release.path,
        engine=release.engine,
        packages=frozenset(re.sub(r"[-_.]+", "-", package.name).lower() for package in release.packages),
        size=release.size,
    )
