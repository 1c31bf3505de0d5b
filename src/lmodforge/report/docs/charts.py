"""What environments weigh and when they were released, as drawings: pure, the same bytes for the same environments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from lmodforge.report.docs.catalogue import Environment
from lmodforge.report.docs.dates import Span, day
from lmodforge.report.docs.figure import Drawing, Numbers, bar, figure, percent, text
from lmodforge.report.style import counted, size

LARGEST = 20
"""How many environments are drawn one by one; the others are one bar together."""


@dataclass(frozen=True)
class _Weight:
    name: str
    detail: str
    size: int
    files: int

    @property
    def values(self) -> tuple[str, str]:
        return size(self.size), f"{self.files:,} files"


def sizes_chart(environments: Sequence[Environment]) -> str:
    """Draw bytes and files of the newest release of each environment, largest first; empty when there is none."""
    if not environments:
        return ""
    names = _names(environments)
    weights = [
        _Weight(name, env.newest.version, env.newest.size, env.newest.files)
        for env, name in zip(environments, names, strict=True)
    ]
    weights.sort(key=lambda weight: (-weight.size, -weight.files, weight.name))
    rows = _with_rest(weights)
    of = names[0] if len(names) == 1 else "each environment"
    return figure("sizes", _bars(rows, f"Size and number of files of {of}", len(environments)), _weights_table(rows))


def _with_rest(weights: Sequence[_Weight]) -> list[_Weight]:
    """Take the largest ones, and the rest as one; a rest of one is no rest."""
    if len(weights) <= LARGEST + 1:
        return list(weights)
    rest = weights[LARGEST:]
    name = f"{len(rest):,} smaller ones together"
    return [*weights[:LARGEST], _Weight(name, "", sum(w.size for w in rest), sum(w.files for w in rest))]


def _bars(rows: Sequence[_Weight], title: str, number: int) -> Drawing:
    most_size = max(row.size for row in rows) or 1
    most_files = max(row.files for row in rows) or 1
    shapes, top = [*_legend(("size", "size on disk"), ("files", "number of files"))], 30
    for row in rows:
        detail = f' <tspan class="lf-chart__detail">{escape(row.detail)}</tspan>' if row.detail else ""
        shapes += [
            text("0", top + 13, f"{escape(row.name)}{detail}", "name"),
            text("100%", top + 13, " · ".join(row.values), "value", "end"),
            bar(top + 21, 8, row.size / most_size, "size"),
            bar(top + 32, 4, row.files / most_files, "files"),
        ]
        top += 50
    largest = f"The largest is {rows[0].name} with {' and '.join(rows[0].values)}."
    return Drawing(title, f"{counted(number, 'environment')}. {largest}", top - 8, tuple(shapes))


def _legend(*entries: tuple[str, str]) -> tuple[str, ...]:
    """Explain the colours in one line at the top."""
    shapes, x = [], 0
    for kind, meaning in entries:
        shapes.append(f'<rect class="lf-chart__{kind}" x="{x}" y="3" width="10" height="10" rx="2"/>')
        shapes.append(text(f"{x + 16}", 12, meaning, "legend"))
        x += 128
    return tuple(shapes)


def _weights_table(rows: Sequence[_Weight]) -> Numbers:
    head = ("Environment", "Version", "Size", "Files")
    return Numbers(head, tuple((row.name, row.detail, size(row.size), f"{row.files:,}") for row in rows))


def timeline(environments: Sequence[Environment]) -> str:
    """Draw each release of each environment on the day it was made; empty when there is none."""
    if not environments:
        return ""
    named = list(zip(environments, _names(environments), strict=True))
    named.sort(key=lambda pair: pair[1])
    if len(named) > LARGEST:
        # Those that changed last are what a reader looks for; sorting is stable, the names stay in order.
        named = sorted(named, key=lambda pair: pair[0].newest.made, reverse=True)[:LARGEST]
    span = Span.of([release.made for env, _ in named for release in env.releases])
    return figure("timeline", _rows(named, span, len(environments)), _releases_table(named))


def _rows(named: Sequence[tuple[Environment, str]], span: Span, number: int) -> Drawing:
    height = 46 * len(named)
    shapes = [_line("grid", (place, place), (0, height), opacity=0.15) for place, _ in span.ticks]
    for row, (env, name) in enumerate(named):
        shapes += _row(env, name, span, 46 * row)
    shapes += [text(percent(place), height + 16, label, "tick", "middle") for place, label in span.ticks]
    left = number - len(named)
    shown = f"{counted(len(named), 'environment')}{f'; {left:,} that changed earlier are left out' if left else ''}"
    releases = counted(sum(len(env.releases) for env, _ in named), "release")
    of = "each environment over time" if number > 1 else named[0][1]
    return Drawing(f"Releases of {of}", f"{releases} of {shown}.", height + 24, tuple(shapes))


def _row(env: Environment, name: str, span: Span, top: int) -> list[str]:
    """Draw a name, what its newest release is, and a dot for each one; the newest is drawn last, above the others."""
    newest = f'<tspan class="lf-chart__detail">{escape(env.newest.version)} · </tspan>{day(env.newest.made)}'
    marks = [(release, "release") for release in env.releases if release is not env.newest] + [(env.newest, "newest")]
    first, last = (span.place(pick(release.made for release in env.releases)) for pick in (min, max))
    return [
        text("0", top + 13, escape(name), "name"),
        text("100%", top + 13, newest, "value", "end"),
        _line("life", (first, last), (top + 28, top + 28), opacity=0.4),
        *(
            f'<circle class="lf-chart__{kind}" cx="{percent(span.place(release.made))}" cy="{top + 28}" r="5"/>'
            for release, kind in marks
        ),
    ]


def _line(kind: str, across: tuple[float, float], down: tuple[int, int], opacity: float) -> str:
    place = f'x1="{percent(across[0])}" x2="{percent(across[1])}" y1="{down[0]}" y2="{down[1]}"'
    return f'<line class="lf-chart__{kind}" {place} stroke="currentColor" stroke-opacity="{opacity}"/>'


def _releases_table(named: Sequence[tuple[Environment, str]]) -> Numbers:
    rows = [
        (name, release.version, day(release.made), "yes" if release is env.newest else "")
        for env, name in named
        for release in reversed(env.releases)
    ]
    return Numbers(("Environment", "Version", "Released", "What its name leads to"), tuple(rows))


def _names(environments: Sequence[Environment]) -> list[str]:
    """Name each; two of one name are told apart by their sites, their distributions, or by both."""
    same: dict[str, list[Environment]] = {}
    for env in environments:
        same.setdefault(env.name, []).append(env)
    apart = {name: _apart(group) for name, group in same.items()}
    return [" · ".join([env.name, *(getattr(env, attribute) for attribute in apart[env.name])]) for env in environments]


def _apart(group: Sequence[Environment]) -> tuple[str, ...]:
    """Say what all of a group differ in."""
    choices = ((), ("site",), ("distribution",))
    differ = (len({tuple(getattr(env, name) for name in choice) for env in group}) == len(group) for choice in choices)
    return next((choice for choice, apart in zip(choices, differ, strict=True) if apart), ("site", "distribution"))
