"""Days of receipts as people read them, and as places on a line."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_MOST_TICKS = 5
_MARGIN = 8.0
"""Percent left free at both ends, for dots and labels."""


def day(made: str) -> str:
    """Write a receipt's time as `20 Nov 2026`; months are English whatever the locale."""
    date = _date(made)
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"


@dataclass(frozen=True)
class Span:
    """Whole months, from that of the first day to the end of that of the last."""

    first: int
    """Months since year 0."""
    end: int

    @classmethod
    def of(cls, times: Sequence[str]) -> Span:
        """Return the shortest span that holds all times."""
        months = [_month(_date(made)) for made in times]
        return cls(min(months), max(months) + 1)

    def place(self, made: str) -> float:
        """Return where a day lies, in percent of the line."""
        date = _date(made)
        return self._percent(_month(date) + (date.day - 1) / 31)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Return a few months with their places: enough to read the line, few enough for a phone."""
        step = next((step for step in _STEPS if (self.end - self.first) / step < _MOST_TICKS), _STEPS[-1])
        start = -(-self.first // step) * step
        return [(self._percent(month), _label(month, step)) for month in range(start, self.end + 1, step)]

    def _percent(self, month: float) -> float:
        share = (month - self.first) / (self.end - self.first)
        return _MARGIN + share * (100 - 2 * _MARGIN)


def _date(made: str) -> datetime.date:
    return datetime.date.fromisoformat(made[:10])


def _month(date: datetime.date) -> int:
    return date.year * 12 + date.month - 1


def _label(month: int, step: int) -> str:
    year, number = divmod(month, 12)
    return str(year) if step % 12 == 0 else f"{_MONTHS[number]} {year}"
