"""Charts: the whole drawing, what is drawn of many, and what is in them as text."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from docs.catalogues import small, synthetic
from lmodforge.report.docs.charts import LARGEST, sizes_chart, timeline
from lmodforge.report.docs.dates import Span, day
from lmodforge.report.style import size

EXPECTED = Path(__file__).parent / "expected"
CHARTS = pytest.mark.parametrize("chart", [sizes_chart, timeline])


def texts(chart: str, tag: str) -> list[str]:
    return ["".join(element.itertext()) for element in ET.fromstring(chart).iter(tag)]


def labels(chart: str, kind: str = "name") -> list[str]:
    return [
        "".join(element.itertext())
        for element in ET.fromstring(chart).iter("text")
        if element.get("class") == f"lf-chart__{kind}"
    ]


def test_sizes_are_drawn_as_expected(golden):
    golden(EXPECTED / "sizes.html", sizes_chart(small().environments) + "\n")


def test_releases_are_drawn_as_expected(golden):
    golden(EXPECTED / "timeline.html", timeline(small().environments) + "\n")


@CHARTS
def test_no_environments_no_chart(chart):
    assert chart([]) == ""


@CHARTS
def test_a_chart_is_one_block_of_markdown(chart):
    assert all(line.strip() for line in chart(small().environments).splitlines())


@CHARTS
def test_names_cannot_leave_their_place(chart):
    first, *_ = small().environments
    drawn = chart([replace(first, name="<script>&")])
    assert labels(drawn)[0].split(" 2")[0] == "<script>&"
    assert list(ET.fromstring(drawn).iter("script")) == []


@CHARTS
def test_the_table_says_what_the_drawing_says(chart):
    drawn = chart(small().environments)
    assert set(texts(drawn, "th")) >= {"geo", "sci", "ml"}


def test_of_many_the_largest_are_drawn_and_the_rest_is_one_bar():
    environments = synthetic(environments=300, packages=2).environments
    drawn = sizes_chart(environments)
    assert len(labels(drawn)) == LARGEST + 1
    assert labels(drawn)[-1] == "280 smaller ones together"
    largest = sorted((env.newest.size for env in environments), reverse=True)[:LARGEST]
    rest = sum(env.newest.size for env in environments) - sum(largest)
    assert texts(drawn, "td")[-2] == size(rest)


def test_of_many_those_that_changed_last_have_a_timeline():
    env = small().environments[0]
    many = [
        replace(env, name=f"e{n}", releases=(made,), newest=made)
        for n in range(1, 29)
        for made in [replace(env.newest, made=f"2026-11-{n:02d}T00:00:00+00:00")]
    ]
    drawn = timeline(many)
    assert labels(drawn) == [f"e{n}" for n in range(28, 28 - LARGEST, -1)]
    assert "8 that changed earlier are left out" in texts(drawn, "desc")[0]


def test_environments_of_one_name_are_told_apart_by_what_differs():
    env = small().environments[0]
    here, there = env, replace(env, site="midway2")
    other = replace(env, distribution="python/micromamba-2.0")
    assert labels(timeline([here, there])) == ["sci · midway2", "sci · midway3"]
    assert labels(timeline([here, other])) == ["sci · python/micromamba-2.0", "sci · python/miniforge-25.3.0"]
    assert labels(timeline([here, there, other])) == [
        "sci · midway2 · python/miniforge-25.3.0",
        "sci · midway3 · python/micromamba-2.0",
        "sci · midway3 · python/miniforge-25.3.0",
    ]


def test_an_environment_without_a_size_has_no_bar():
    env = small().environments[0]
    nothing = replace(env, newest=replace(env.newest, size=0, files=0))
    assert [float(r.get("width").rstrip("%")) for r in ET.fromstring(sizes_chart([nothing])).iter("rect")][2:] == [
        *(100.0, 0.0),
        *(100.0, 0.0),
    ]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-11-03", "2026-11-20", ["Nov 2026", "Dec 2026"]),
        ("2026-10-01", "2026-11-20", ["Oct 2026", "Nov 2026", "Dec 2026"]),
        ("2026-01-01", "2026-11-20", ["Jan 2026", "Apr 2026", "Jul 2026", "Oct 2026"]),
        ("2023-05-01", "2026-11-20", ["2024", "2025", "2026"]),
        ("1998-05-01", "2026-11-20", ["2000", "2010", "2020"]),
    ],
)
def test_a_line_of_time_has_few_ticks_at_round_months(first, last, expected):
    assert [label for _, label in Span.of([first, last]).ticks] == expected


def test_days_lie_in_order_and_inside():
    days = ["2026-05-31T00:00:00Z", "2026-06-01T00:00:00Z", "2026-06-30T23:59:59Z", "2026-07-01T00:00:00Z"]
    places = [Span.of(days).place(made) for made in days]
    assert places == sorted(set(places))
    assert 0 < places[0] < places[-1] < 100


def test_a_day_reads_the_same_in_every_locale():
    assert day("2026-05-04T08:00:00+00:00") == "4 May 2026"
