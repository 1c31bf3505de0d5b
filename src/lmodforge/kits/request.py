"""What a starter kit's job asks of the batch system: little, so that it starts soon, and never more than there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lmodforge.config.builds import Job
from lmodforge.config.scheduler import PbsScheduler, Queue, SlurmScheduler, size_in_bytes

HOUR = 3600
_MB = 1000**2


@dataclass(frozen=True)
class Request:
    """Cores and memory on one node, for a time."""

    cores: int
    memory: int
    """In megabytes."""
    seconds: int
    queue: str = ""
    """Empty: the one that the batch system takes by default."""
    constraint: str = ""
    """Features that the node must have, as Slurm writes them."""
    gpus: int = 0

    @property
    def time(self) -> str:
        """Hours, minutes and seconds, as Slurm and PBS read them."""
        minutes, seconds = divmod(self.seconds, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours:02d}:{minutes:02d}:{seconds:02d}"

    @property
    def size(self) -> str:
        """The memory in gigabytes where it is a whole number of them, such as `4G`."""
        return f"{self.memory // 1000}G" if self.memory % 1000 == 0 else f"{self.memory}M"


def queues_of(scheduler: SlurmScheduler | PbsScheduler) -> Mapping[str, Queue]:
    """Return Slurm's partitions or PBS's queues."""
    return scheduler.partitions if isinstance(scheduler, SlurmScheduler) else scheduler.queues


def request_of(scheduler: SlurmScheduler | PbsScheduler, *, hours: int, nodes: Job) -> Request:
    """Work out what a job asks for in the queue that job scripts name, or in that of the nodes that it needs."""
    queues = queues_of(scheduler)
    name = nodes.partition or next((name for name, queue in queues.items() if queue.default), "")
    queue = queues.get(name, Queue())
    return Request(
        cores=1,
        memory=min(4000, size_in_bytes(queue.memory) // _MB if queue.memory else 4000),
        seconds=min(hours * HOUR, in_seconds(queue.time) if queue.time else hours * HOUR),
        queue=name,
        constraint=nodes.constraint or "",
        gpus=nodes.gpus or 0,
    )


def in_seconds(time: str) -> int:
    """Read a time of a site file: `36:00:00` or `1-12:00:00`."""
    days, _, rest = time.rpartition("-")
    hours, minutes, seconds = map(int, rest.split(":"))
    return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds
