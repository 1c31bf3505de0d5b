"""What a job is to do and how it ended, as files on the shared file system.

.lmodforge/jobs/<name>/site.json               the site, the place of the logs, and of what is built from
.lmodforge/jobs/<name>/<batch>-<task>.json     one step of the plan
.lmodforge/jobs/<name>/<batch>-<task>.ended    written last of all by the job: nothing, or what went wrong
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from lmodforge.apply.system import System
from lmodforge.config.models import SiteConfig
from lmodforge.errors import SiteError, StepFailed
from lmodforge.plan.actions import Action
from lmodforge.plan.digest import sha256
from lmodforge.plan.jobs import Batch


@dataclass(frozen=True)
class Orders:
    """What all tasks of a deploy have in common."""

    site: SiteConfig
    logs: str
    """Directory of the logs."""
    mirror: str
    """Directory of the mirror, or of the layer."""
    online: frozenset[str] = frozenset()
    """Signatures of the steps that use the network all the same."""


@dataclass(frozen=True)
class Work:
    """The files of one deploy's jobs."""

    system: System
    directory: str

    def job_name(self, batch: int) -> str:
        """Name the array of a batch."""
        return f"{self.directory.rpartition('/')[2]}.{batch}"

    def write_orders(self, orders: Orders) -> None:
        """Say what every task needs; nobody else reads it."""
        # Whether there are jobs all may see: a plan looks.
        self.system.make_directory(self.directory.rpartition("/")[0])
        self.system.make_directory(self.directory, 0o700)
        site = orders.site.model_dump(mode="json", by_alias=True)
        document = {"logs": orders.logs, "mirror": orders.mirror, "online": sorted(orders.online), "site": site}
        self.system.write(f"{self.directory}/site.json", json.dumps(document).encode(), 0o600)

    def orders(self) -> Orders:
        """Return what every task needs."""
        document = json.loads(self._content("site.json"))
        site, online = SiteConfig.model_validate(document["site"]), frozenset(document["online"])
        return Orders(site, document["logs"], document["mirror"], online)

    def write_batch(self, number: int, batch: Batch) -> None:
        """Say what each task of an array does."""
        for index, step in enumerate(batch.steps):
            self.system.write(f"{self.directory}/{number}-{index}.json", _actions().dump_json(step.action), 0o600)

    def action(self, task: str) -> Action:
        """Return what a task does; `task` is `<batch>-<index>`."""
        action: Action = _actions().validate_json(self._content(f"{task}.json"))
        return action

    def signature(self, task: str) -> str:
        """Return the digest of what a task does, as it was written."""
        return sha256(self._content(f"{task}.json"))

    def tasks(self) -> list[str]:
        """Return what was written down to do."""
        names = (name for name in self.system.names(self.directory) if name != "site.json")
        return [name.removesuffix(".json") for name in names if name.endswith(".json")]

    def batches(self) -> list[int]:
        """Return the numbers of the batches that were written down."""
        return sorted({int(task.partition("-")[0]) for task in self.tasks()})

    def begin(self, task: str) -> None:
        """Forget how it ended before: Slurm starts a job again when its node is lost."""
        self.system.remove(f"{self.directory}/{task}.ended")

    def end(self, task: str, error: SiteError | None) -> None:
        """Write down how it ended."""
        mistakes = [(mistake.message, mistake.hint) for mistake in error.mistakes] if error else []
        self.system.write(f"{self.directory}/{task}.ended", json.dumps(mistakes).encode(), 0o600)

    def ended(self) -> frozenset[str]:
        """Return the tasks that have said how they ended.

        Listing the directory makes NFS ask its server; a file that was not there a moment ago would stay missing.
        """
        names = self.system.names(self.directory)
        return frozenset(name.removesuffix(".ended") for name in names if name.endswith(".ended"))

    def failures(self, task: str) -> list[StepFailed] | None:
        """Return what went wrong in a task that has ended; None when that cannot be read yet."""
        written = self.system.read(f"{self.directory}/{task}.ended")
        return [StepFailed(*each) for each in json.loads(written)] if written is not None else None

    def remove(self) -> None:
        """Forget it all."""
        self.system.remove(self.directory)

    def _content(self, name: str) -> bytes:
        content = self.system.read(f"{self.directory}/{name}")
        if content is None:
            raise StepFailed(f"{self.directory}/{name} is gone", "somebody removed it: deploy again")
        return content


def signature_of(action: Action) -> str:
    """Return the digest that `Work.signature` gives for the same step."""
    return sha256(_actions().dump_json(action))


@cache
def _actions() -> TypeAdapter[Any]:
    return TypeAdapter(Action)
