"""The site file that `invoke init` writes: commented, and valid as it is."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from lmodforge.config.naming import Name
from lmodforge.config.shipped import shipped
from lmodforge.errors import SiteError

_PLACEHOLDER = "mycluster"


def starter(name: str) -> str:
    """Write the text of a site file for a cluster; raises SiteError when it cannot be called that."""
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        context = error.errors()[0]["ctx"]
        raise SiteError(context["message"], context["hint"]) from None
    template = shipped("site-configs") / "_starter.yaml"
    return template.read_text(encoding="utf-8").replace(_PLACEHOLDER, name)
