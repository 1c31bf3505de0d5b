"""The scripts with which jobs use an environment or a distribution: its starter kit, by what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from packaging.utils import canonicalize_name

from lmodforge.kits.archive import Archive
from lmodforge.kits.render import Kit, starter_kits
from lmodforge.kits.subject import Subject
from lmodforge.modulefile.render import Templates
from lmodforge.report.docs.catalogue import Distribution, Environment, Package
from lmodforge.report.docs.view import View

ScriptsFor = Callable[[View, Environment | Distribution], tuple[Kit, ...]]


def scripts_by(templates: Templates) -> ScriptsFor:
    """Return what gives the scripts for one of them, in the order of their use; each kit is made once."""
    made: dict[Subject, tuple[Kit, ...]] = {}

    def scripts_for(view: View, one: Environment | Distribution) -> tuple[Kit, ...]:
        subject = subject_of(view, one)
        if subject not in made:
            made[subject] = starter_kits(view.site, subject, templates)
        return made[subject]

    return scripts_for


def archive_of(view: View, environment: Environment) -> Archive:
    """Return the packed environment that the scripts name."""
    return subject_of(view, environment).archive


def subject_of(view: View, one: Environment | Distribution) -> Subject:
    """Say what a job works in, in the words of kits."""
    if isinstance(one, Distribution):
        name, modules = one.module.replace("/", "-"), (one.module,)
        return Subject(name, one.version, modules, one.prefix, packages=_names(one.packages))
    release = one.newest
    return Subject(
        name=one.name,
        version=release.version,
        modules=(one.distribution, release.module) if view.open_modules else (release.module,),
        prefix=release.path,
        engine=release.engine,
        packages=_names(release.packages),
        size=release.size,
        archives=release.archives,
        types=release.types,
    )


def _names(packages: Iterable[Package]) -> frozenset[str]:
    return frozenset(canonicalize_name(package.name) for package in packages)
