"""A real Chromium without a screen: the distribution's own, driven by Playwright, which brings none."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from lmodforge.apply.system import RealSystem
from lmodforge.report.docs.catalogue import Catalogue
from lmodforge.report.docs.searchdata import search_script
from lmodforge.verify.follow import find_program

NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def launched() -> Iterator[Browser]:
    """Start it, and end it."""
    program = next(found for name in NAMES if (found := find_program(RealSystem(), name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        try:
            yield browser
        finally:
            browser.close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        """Say nothing."""


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """Serve a directory on this host alone."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=directory)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def with_packages(page: Page, packages: Catalogue | str) -> None:
    """Give the search page another catalogue, or another script."""
    script = packages if isinstance(packages, str) else search_script(packages)
    page.route("**/lmodforge-data.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    page.reload()


def ask(page: Page, question: str) -> None:
    page.get_by_label("Which module has").fill(question)


def answer(page: Page) -> list[str]:
    """Return the count, and then each package with its rows, as a person reads them: what is drawn, at one moment."""
    page.locator(".lf-search__count").wait_for()
    return page.evaluate("""async () => {
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      return [
        document.querySelector(".lf-search__count").innerText,
        ...[...document.querySelectorAll(".lf-hit")].flatMap((hit) => [
          [...hit.querySelectorAll("h2, :scope > .lf-badge")].map((part) => part.innerText).join(" "),
          ...[...hit.querySelectorAll("li")].map((row) => row.innerText.trim().split(/\\s+/).join(" ")),
        ]),
      ];
    }""")


def pasted(page: Page) -> str:
    """Return what a person gets who pastes now; one line, because the field has one."""
    field = page.locator(".lf-search__input, .lf-jump input").first
    field.fill("")
    field.press("Control+V")
    return field.input_value()


def chosen_tabs(page: Page) -> set[str]:
    return {label.inner_text() for label in page.locator(".tabbed-labels label").all() if _is_chosen(label)}


def _is_chosen(label: Locator) -> bool:
    return label.evaluate("label => document.getElementById(label.htmlFor).checked")


def brightness(page: Page) -> float:
    """Return how light the page is, from 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(float(part) for part in colour.strip("rgba()").split(",")[:3]) / 3


def faults(page: Page) -> list[str]:
    """Return what axe finds serious or worse, each with its first place."""
    return [
        f"{one['id']}: {one['nodes'][0]['target']} {one['nodes'][0]['failureSummary']}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def overflow(page: Page) -> int:
    """Return by how many pixels one can move the page sideways."""
    return page.evaluate("document.documentElement.scrollWidth - document.body.clientWidth")
