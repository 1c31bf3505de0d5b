"""The search page with 1,000 environments of 300 packages in a real browser: from its script to the first answer."""

from __future__ import annotations

import gzip
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from measure import Row
from playwright.sync_api import Browser, Page

from lmodforge.config.shipped import shipped
from lmodforge.report.docs.searchdata import search_script

CHECKOUT = Path(__file__).resolve().parents[1]
ASSETS = shipped("modulefiles-templates") / "docs" / "assets"
ROUNDS = 9
PAGE = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="lmodforge.css">
<body data-md-color-scheme="default"><article class="md-typeset"><h1>All packages</h1>
<div id="lf-search" data-root=""></div></article>
<script>document.body.offsetHeight; performance.mark("begin")</script>
<script src="lmodforge-data.js"></script>
<script src="lmodforge-index.js"></script><script src="lmodforge-search.js"></script>
<script>
  addEventListener("DOMContentLoaded", () => { document.body.offsetHeight; performance.mark("end"); });
</script>"""
ANSWERED = """([text]) => {
  const field = document.getElementById("lf-q"), begin = performance.now();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  document.body.offsetHeight;
  return performance.now() - begin;
}"""


def run() -> list[Row]:
    sys.path.insert(0, str(CHECKOUT / "tests"))
    from docs.catalogues import synthetic  # noqa: PLC0415 - tests are not installed

    script = search_script(synthetic(environments=1000, packages=300))
    name = script.split('"packages":"')[1].split("\\t")[0]
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        for asset in ("lmodforge-index.js", "lmodforge-search.js", "lmodforge.css"):
            (place / asset).write_bytes((ASSETS / asset).read_bytes())
        (place / "lmodforge-data.js").write_text(script)
        (place / "index.html").write_text(PAGE)
        with chromium() as browser:
            first = median(opened(browser, place, name) for _ in range(ROUNDS))
            each = [median(typed(browser, place, text) for _ in range(ROUNDS)) for text in (name, "a")]
    compressed = len(gzip.compress(script.encode())) / 1e6
    how = f"median of {ROUNDS} fresh pages, layout included, chromium"
    return [
        Row("search index, compressed", compressed, "MB", 5, f"{len(script) / 1e6:.2f} MB as it is", "gzip"),
        Row("search: script, index, first answer", first, "ms", 100, how, "parsing the script, layout"),
        Row("search: a name is typed", each[0], "ms", 100, how, "one look at every name"),
        Row("search: one letter is typed", each[1], "ms", 100, how, "a look at almost every module of every package"),
    ]


@contextmanager
def chromium() -> Iterator[Browser]:
    from docs.browser import launched  # noqa: PLC0415 - tests are not installed

    with launched() as browser:
        yield browser


def opened(browser: Browser, place: Path, name: str) -> float:
    """Open the page with a question in its address; return milliseconds from the scripts to a laid-out answer."""
    page = browser.new_page()
    page.goto(f"{(place / 'index.html').as_uri()}#q={name}")
    expect_answer(page)
    took = page.evaluate(
        "performance.getEntriesByName('end')[0].startTime - performance.getEntriesByName('begin')[0].startTime"
    )
    page.close()
    return float(took)


def typed(browser: Browser, place: Path, text: str) -> float:
    page = browser.new_page()
    page.goto((place / "index.html").as_uri())
    took = page.evaluate(ANSWERED, [text])
    expect_answer(page)
    page.close()
    return float(took)


def expect_answer(page: Page) -> None:
    if not page.locator(".lf-hit").count():
        sys.exit("the search page gave no answer")
