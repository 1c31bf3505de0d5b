"""A real Chromium without a screen: the system's own, driven by Playwright."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from lmodforge.apply.system import RealSystem
from lmodforge.verify.follow import find_program

NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def launched() -> Iterator:
    """Start it; Playwright brings no browser with it, so the one from the distribution is named."""
    from playwright.sync_api import sync_playwright

    program = next(found for name in NAMES if (found := find_program(RealSystem(), name)))
    # Root has no sandbox; the tests open no page but their own.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            yield browser
        finally:
            browser.close()
