"""The files that `invoke init` writes: a site file, commented and valid as it is, and what CI does with it."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from lmodforge.config.naming import Name
from lmodforge.config.shipped import shipped
from lmodforge.errors import SiteError

CI_FILES = {"github": ".github/workflows/{name}.yml", "gitlab": ".gitlab-ci.yml"}
"""Where each forge looks for it; GitLab knows one file for all."""

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


def ci_starter(forge: str, name: str, site: str, version: str, python: str) -> str:
    """Write the CI file of a forge for a site file, with the versions of lmodforge and Python that it uses."""
    template = Path(__file__).parent / "ci" / f"{forge}.yml"
    text = template.read_text(encoding="utf-8").replace(f"site-configs/{_PLACEHOLDER}.yaml", json.dumps(site))
    return (
        text.replace(_PLACEHOLDER, name)
        .replace("lmodforge==0.0.0", f"lmodforge=={version}")
        .replace('"0.0"', json.dumps(python))
    )
