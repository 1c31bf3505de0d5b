"""Make the plan of an open site, the quick way when nothing has changed since there was nothing to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from lmodforge.apply.settled import is_settled
from lmodforge.commands.site import OpenSite

if TYPE_CHECKING:
    from lmodforge.apply.engines import Engines
    from lmodforge.apply.planning import Render
    from lmodforge.apply.progress import Progress
    from lmodforge.apply.workshop import Workshop
    from lmodforge.config.document import Document
    from lmodforge.config.models import SiteConfig
    from lmodforge.errors import Where
    from lmodforge.modulefile.context import Module
    from lmodforge.modulefile.render import Templates
    from lmodforge.plan.actions import Plan
    from lmodforge.plan.publish import Rendered


def is_up_to_date(opened: OpenSite) -> bool:
    """Say whether there is nothing to do, without loading models or templates; False when that takes a plan."""
    layout = opened.layout
    if layout is None or opened.document.mistakes or opened.system.names(layout.jobs):
        return False  # jobs that a lost deploy has left: they are taken up, or ended
    return is_settled(opened.system, layout, opened.inputs)


def plan_site(opened: OpenSite, workshop: Workshop, engines: Engines) -> Plan:
    """Make the plan as the world is now."""
    from lmodforge.apply.planning import make_plan  # noqa: PLC0415 - only a plan that is made needs it

    plan = make_plan(workshop, engines, renderer(opened), inputs=opened.inputs)
    if workshop.mirror:
        workshop.mirror.refuse_lacking(plan)
    arguments = {"site": str(opened.path.absolute()), "root": opened.root or "", "offline": opened.offline}
    return replace(plan, arguments=arguments)


def renderer(opened: OpenSite) -> Render:
    """Return what turns modules into texts, with this site's templates."""
    return lambda modules, root: rendered(opened.templates, modules, root, opened.config)


def rendered(templates: Templates, modules: Sequence[Module], root: str, site: SiteConfig) -> Rendered:
    """Render and compile everything; raises SiteError when a template gives no Lua."""
    from lmodforge.errors import SiteError  # noqa: PLC0415 - the same
    from lmodforge.modulefile.profile import profile_scripts  # noqa: PLC0415 - the same
    from lmodforge.modulefile.render import render_tree  # noqa: PLC0415 - the same
    from lmodforge.modulefile.syntax import syntax_error  # noqa: PLC0415 - the same
    from lmodforge.modulefile.usage import site_package  # noqa: PLC0415 - the same
    from lmodforge.plan.publish import Rendered  # noqa: PLC0415 - the same

    files = {path: content.decode() for path, content in render_tree(modules, templates).items()}
    errors = [
        SiteError(f"{path}: {error}", "a template of the site's own?")
        for path, text in files.items()
        if path.endswith(".lua") and (error := syntax_error(text))
    ]
    if errors:
        raise SiteError.together(errors)
    scripts = profile_scripts(root, templates)
    if site.usage:
        scripts["SitePackage.lua"] = site_package(site.name, root, site.usage.users, templates)
    return Rendered(files, {f"{root}/init/{path}": content.decode() for path, content in scripts.items()})


def workshop_for(opened: OpenSite, progress: Progress, logs: str = "") -> Workshop:
    """Gather what the steps of a plan work with."""
    from lmodforge.apply.mirror.offline import open_mirror  # noqa: PLC0415 - the same
    from lmodforge.apply.workshop import Workshop  # noqa: PLC0415 - the same

    mirror = open_mirror(opened.system, opened.offline) if opened.offline else None
    return Workshop(opened.system, opened.config, logs, progress, locks=opened.locks, mirror=mirror)


def engines_for(workshop: Workshop, document: Document | None = None) -> Engines:
    """Return the engines by name, with caches where there is one to use: a plan makes none."""
    from lmodforge.apply.engines.conda import Conda  # noqa: PLC0415 - the same
    from lmodforge.apply.engines.uv import Uv  # noqa: PLC0415 - the same

    cached = workshop.system.can_lock(workshop.cache)
    uv = Uv(workshop, cached=cached)
    return {"uv": uv, "conda": Conda(workshop, uv, cached=cached, places=partial(_place, document))}


def _place(document: Document | None, subject: str, spec: str) -> Where | None:
    """Find where a person wrote what an environment has from conda channels."""
    from lmodforge.config.node_types import ANY  # noqa: PLC0415 - the same
    from lmodforge.plan.layout import environment_subject  # noqa: PLC0415 - the same

    plain: Any = document.plain if document else {}
    for environment, said in plain.get("environments", {}).items():
        for node in said.get("nodes") or ("",):
            if document and subject == environment_subject(environment, "" if node == ANY else node):
                return _place_in(document, environment, node, spec)
    return None


def _place_in(document: Document, environment: str, node: str, spec: str) -> Where | None:
    """Look among what all nodes have, then among what a type has besides."""
    plain: Any = document.plain
    said = plain["environments"][environment]
    besides = said.get("nodes", {}).get(node) or {}
    for keys, part in ((), said), (("nodes", node), besides):
        written = part.get("conda", ())
        if spec in written:
            return document.locate(("environments", environment, *keys, "conda", written.index(spec)))
    return document.locate(("environments", environment, "python" if spec.startswith("python ") else "conda"))
