"""Count the loads that SitePackage.lua recorded in syslog."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lmodforge.apply.surroundings import clean_environment
from lmodforge.apply.system import System
from lmodforge.commands.site import open_site
from lmodforge.errors import SiteError
from lmodforge.modulefile.usage import Load, read_loads
from lmodforge.report.style import table

_LOGS = ("/var/log/syslog", "/var/log/messages")
_JOURNAL = ("journalctl", "--identifier=lmodforge", "--output=short-iso", "--no-pager", "--quiet")


@dataclass(frozen=True)
class Used:
    """A module, how often it was loaded, and by how many."""

    module: str
    loads: int
    users: int


@dataclass(frozen=True)
class UsageReport:
    """All modules that were loaded, the most loaded first."""

    site: str
    rows: tuple[Used, ...]

    @property
    def text(self) -> str:
        """Return a table."""
        if not self.rows:
            return f"No load of a module of site {self.site} is recorded."
        head = ("module", "loads", "users")
        return "\n".join(table([head, *((row.module, str(row.loads), str(row.users)) for row in self.rows)], ""))

    @property
    def json(self) -> dict[str, Any]:
        """Return the `usage` document, version 1."""
        rows = [{"module": row.module, "loads": row.loads, "users": row.users} for row in self.rows]
        return {"document": "usage", "version": 1, "site": self.site, "modules": rows}


def report_usage(site: str, root: str, log: str) -> UsageReport:
    """Read a log file, or what this host keeps: the journal, else syslog's file."""
    opened = open_site(site, root)
    name = opened.config.name
    if opened.config.usage is None:
        raise SiteError(f"site {name} records no usage", "add `usage: {users: hash}` to the site file, then deploy")
    lines = _read(opened.system, log) if log else _kept(opened.system)
    return UsageReport(name, _counted(load for load in read_loads(lines) if load.site == name))


def _read(system: System, path: str) -> list[str]:
    content = system.read(path)
    if content is None:
        raise SiteError(f"there is no log {path}", "name syslog's file with --log")
    return content.decode(errors="replace").splitlines()


def _kept(system: System) -> list[str]:
    journal = system.run(_JOURNAL, env=clean_environment("/"))
    if journal.code == 0:
        return journal.stdout.splitlines()
    for path in _LOGS:
        if system.stat(path) is not None:
            return _read(system, path)
    raise SiteError("this host keeps neither a journal nor a syslog file", "name the file with --log")


def _counted(loads: Iterable[Load]) -> tuple[Used, ...]:
    by_module: dict[str, list[Load]] = defaultdict(list)
    for load in loads:
        by_module[load.module].append(load)
    rows = [Used(module, len(found), len({load.user for load in found})) for module, found in by_module.items()]
    return tuple(sorted(rows, key=lambda row: (-row.loads, row.module)))
