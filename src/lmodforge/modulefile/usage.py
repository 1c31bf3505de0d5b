"""Render the SitePackage.lua that records loads, and read the records again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lmodforge.modulefile.render import Templates

_TEMPLATE = "usage/SitePackage.lua.j2"
_RECORD = re.compile(
    r"lmodforge(?:\[\d+\])?: load module=(?P<module>[\w./+-]+) user=(?P<user>[\w./+-]+) site=(?P<site>[\w.+-]+)\s*$"
)


@dataclass(frozen=True)
class Load:
    """A module was loaded by somebody."""

    module: str
    user: str
    site: str


def site_package(site: str, root: str, users: str, templates: Templates) -> bytes:
    """Render SitePackage.lua; `users` is `hash`, `name` or `none`."""
    salt = re.sub(r"[^A-Za-z0-9]", "", site)[:16]
    template = templates.environment.get_template(_TEMPLATE)
    return template.render(site=site, root=root, directory=f"{root}/init", users=users, salt=salt).encode()


def read_loads(lines: Iterable[str]) -> Iterator[Load]:
    """Find the records in lines of syslog or of journalctl; other lines are passed over."""
    for line in lines:
        if found := _RECORD.search(line):
            yield Load(**found.groupdict())
