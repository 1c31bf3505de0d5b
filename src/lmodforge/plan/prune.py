"""Decide what nobody can be using any more. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lmodforge.plan.layout import led_to
from lmodforge.receipts.models import (
    ArchiveReceipt,
    DistributionReceipt,
    GenerationReceipt,
    Installed,
    ReleaseReceipt,
)


@dataclass(frozen=True)
class Switch:
    """A line of the journal: `current` was led from one generation (0: none) to another."""

    at: datetime
    left: int
    entered: int


@dataclass(frozen=True)
class Removal:
    """Something to remove."""

    what: str
    path: str
    reason: str
    size: int | None = None
    number: int = 0
    """Of a generation."""


def last_used(number: int, journal: Sequence[Switch]) -> datetime | None:
    """Return when a generation was last replaced; None when it is current or never was.

    A login pins the generation that is current then, so until this moment somebody may have begun to use it.
    """
    return max((switch.at for switch in journal if switch.left == number != switch.entered), default=None)


def kept_generations(
    numbers: Sequence[int], current: int, journal: Sequence[Switch], *, keep: int, now: datetime, days: int
) -> tuple[int, ...]:
    """Return the generations to keep: the current one, the newest `keep`, and all that were current of late."""
    ever = {switch.entered for switch in journal}
    newest = set(sorted((n for n in numbers if n in ever and n <= current), reverse=True)[:keep])
    seconds = days * 86_400  # there is no time that is any number of days ago
    used = ((n, last_used(n, journal)) for n in numbers)
    recent = {n for n, replaced in used if replaced is not None and (now - replaced).total_seconds() < seconds}
    return tuple(n for n in numbers if n == current or n in newest or n in recent)


def removals(
    trees: Sequence[int],
    kept: Mapping[int, GenerationReceipt],
    installed: Mapping[str, Installed],
    unfinished: Iterable[str],
    layout_of: str,
) -> tuple[Removal, ...]:
    """Return generations that are not kept, and what only they led to; a prefix stays while a release in it does.

    What was begun and never finished goes as well, unless it is to take the place of something that is in use.
    """
    used = {path for receipt in kept.values() for path in _led_to(receipt)}
    gone = [
        Removal("generation", f"{layout_of}/{number:04d}", "not kept", number=number)
        for number in trees
        if number not in kept
    ]
    unused = [receipt for path, receipt in sorted(installed.items(), reverse=True) if path not in used]
    left = [path for path in unfinished if path not in used and path not in installed]
    return (
        *gone,
        *(_unused(receipt) for receipt in unused if not _is_adopted(receipt)),
        *(Removal("unfinished", path, "left by a deploy that did not end well") for path in left),
    )


def _led_to(generation: GenerationReceipt) -> Iterator[str]:
    yield from generation.paths
    yield from (led_to(link, target) for link, target in generation.links.items())


def _unused(receipt: Installed) -> Removal:
    size = receipt.size if isinstance(receipt, ReleaseReceipt | ArchiveReceipt) else None
    return Removal(receipt.kind, receipt.path, "no kept generation leads to it", size)


def _is_adopted(receipt: Installed) -> bool:
    return isinstance(receipt, DistributionReceipt) and receipt.type == "existing"
