"""Compare the disk with the receipts, and the site file with what is deployed; the network is not asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lmodforge.apply.engines import Built
from lmodforge.apply.observe import Observer
from lmodforge.apply.probe import is_changed, probe_tree
from lmodforge.apply.progress import Silent
from lmodforge.commands.planning import is_up_to_date, plan_site, workshop_for
from lmodforge.commands.receipts import Deployment, read_deployment
from lmodforge.commands.site import OpenSite, open_site
from lmodforge.errors import SiteError, StepFailed
from lmodforge.plan.actions import BuildRelease, Change
from lmodforge.plan.archives import archives_of
from lmodforge.plan.digest import sha256
from lmodforge.plan.drift import Inside, drift
from lmodforge.plan.locks import LockRequest
from lmodforge.receipts.models import DistributionReceipt, ToolReceipt
from lmodforge.report.status import status_json, status_text


@dataclass(frozen=True)
class Status:
    """Drift, and what the site file asks for that is not deployed."""

    text: str
    json: dict[str, Any]
    drifted: bool


class _Offline:
    """An engine that has no answers: what needs one is not known here."""

    def resolve(self, requests: Sequence[LockRequest]) -> list[str | StepFailed]:
        """Refuse."""
        return [StepFailed(f"{request.subject} has no lock yet") for request in requests]

    def build(self, release: BuildRelease) -> Built:
        """Refuse."""
        raise SiteError(f"{release.environment} is not built here")


def show_status(site: str, root: str) -> Status:
    """Report on the current generation."""
    opened = open_site(site, root)
    deployment = read_deployment(opened)
    observer = Observer(opened.system)
    facts = probe_tree(deployment.layout, deployment.generation, deployment.installed, observer)
    found = drift(deployment.generation, facts, _look_inside(opened, deployment))
    pending = _pending(opened, found)
    text = status_text(opened.config.name, deployment.generation, found, pending)
    return Status(
        text, status_json(opened.config.name, deployment.generation, found, pending), bool(found) or pending != ()
    )


def _look_inside(opened: OpenSite, deployment: Deployment) -> Inside:
    system, for_all = opened.system, opened.config.permissions.readable_by == "all"
    archives = {each.path: each for each in archives_of(deployment.generation, deployment.installed).values()}
    paths = sorted({*deployment.generation.paths, *archives})
    missing = [path for path in paths if system.stat(path) is None]
    ours = [path for path in paths if path not in missing and not _is_adopted(deployment, path)]
    thawed = {path: found for path in ours if (found := _thawed(opened, deployment, path, for_all=for_all))}
    tools = [receipt for receipt in deployment.installed.values() if isinstance(receipt, ToolReceipt)]
    files = [f"{tool.path}/{name}" for tool in tools for name in tool.hashes]
    changed = [path for path, archive in archives.items() if is_changed(archive, Observer(system))]
    return Inside(missing, thawed, {file: sha256(system.read(file) or b"") for file in files}, changed)


def _is_adopted(deployment: Deployment, path: str) -> bool:
    receipt = deployment.installed.get(path)
    return isinstance(receipt, DistributionReceipt) and receipt.type == "existing"


def _thawed(opened: OpenSite, deployment: Deployment, path: str, *, for_all: bool) -> list[str]:
    # Releases and their names come and go in a distribution's prefix: only the rest of it is frozen.
    if not isinstance(deployment.installed.get(path), DistributionReceipt):
        return list(opened.system.thawed(path, for_all=for_all))
    names = [name for name in opened.system.names(path) if name not in ("envs", "releases")]
    return [entry for name in names for entry in opened.system.thawed(f"{path}/{name}", for_all=for_all)]


def _pending(opened: OpenSite, found: tuple[Change, ...]) -> tuple[Change, ...] | None:
    """Return what the site file asks for beyond the drift that was found; None when that takes a resolver."""
    if is_up_to_date(opened):
        return ()
    try:
        plan = plan_site(opened, workshop_for(opened, Silent()), {name: _Offline() for name in ("uv", "conda")})
    except SiteError:
        return None
    known = {(change.what, change.name) for change in found}
    return tuple(change for change in plan.changes if (change.what, change.name) not in known)
