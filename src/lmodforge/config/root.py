"""Lay a whole site out below one directory: what we install and what users write moves, what is there stays."""

from __future__ import annotations

from typing import TypeVar

from pydantic_core import PydanticCustomError

from lmodforge.config.base import Model
from lmodforge.config.distributions import Distribution, ExistingDistribution
from lmodforge.config.models import SiteConfig
from lmodforge.config.naming import absolute_path
from lmodforge.config.workspaces import Workspaces
from lmodforge.errors import InvalidSite, Mistake

_Model = TypeVar("_Model", bound=Model)


def rebase(site: SiteConfig, root: str) -> SiteConfig:
    """Move a site below `root`, an absolute path; raises InvalidSite when the root is no path for modulefiles.

    Interpreters, wheel directories, templates and the host's temporary directories stay: they are there already.
    So does an existing prefix that lies elsewhere.
    """
    root = _checked(root)
    software = site.paths.software
    return site.model_copy(
        update={
            "root": root,
            "paths": _moved(site.paths, root, "software", "modulefiles", "archives"),
            "lmod": _moved(site.lmod, root, "spider_cache"),
            "project": site.project and _moved(site.project, root, "root"),
            "scratch": site.scratch and _moved(site.scratch, root, "root"),
            "workspaces": site.workspaces and _with_variables(_moved(site.workspaces, root, "root"), root),
            "distributions": {name: _with_prefix(d, software, root) for name, d in site.distributions.items()},
        }
    )


def _checked(root: str) -> str:
    try:
        return absolute_path(root)
    except PydanticCustomError as error:
        context = error.context or {}
        message = str(context["message"]).replace("path", "the root", 1)
        raise InvalidSite([Mistake(message, str(context["hint"]))]) from None


def _moved(model: _Model, root: str, *fields: str) -> _Model:
    values = {field: getattr(model, field) for field in fields}
    return model.model_copy(update={field: root + value for field, value in values.items() if value})


def _with_variables(workspaces: Workspaces, root: str) -> Workspaces:
    """Move what the module sets to paths elsewhere."""
    moved = {name: root + text if text.startswith("/") else text for name, text in workspaces.variables.items()}
    return workspaces.model_copy(update={"variables": moved})


def _with_prefix(distribution: Distribution, software: str, root: str) -> Distribution:
    stays = isinstance(distribution, ExistingDistribution) and not is_below(distribution.prefix, software)
    return distribution if stays else _moved(distribution, root, "prefix")


def overlap(one: str, other: str) -> bool:
    """Whether two directories are the same or one lies in the other."""
    return one == other or is_below(one, other) or is_below(other, one)


def is_below(path: str, directory: str) -> bool:
    """Whether a path lies in a directory, at any depth."""
    return path.startswith(f"{directory}/")
