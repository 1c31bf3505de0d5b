"""What a look at a host found: good or bad, and the command that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing about a host; a `problem` keeps a deploy from working, a `warning` does not."""

    name: str
    status: Status
    message: str
    remedy: str | None = None
