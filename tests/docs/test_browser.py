"""Every kind of page in a real browser: commands, tabs, colours, desk and phone, and what axe says about them."""

import pytest
from playwright.sync_api import expect

from docs.browser import brightness, chosen_tabs, faults, overflow, pasted

pytestmark = pytest.mark.xdist_group("browser")  # one worker starts it, once

PHONE = {"width": 360, "height": 740}
KINDS = {
    "start": "index.html",
    "environments": "environments.html",
    "environment": "environments/midway3/miniforge/sci.html",
    "distribution": "distributions/midway3/anaconda.html",
    "search": "packages.html#q=numpy",
    "uv": "uv.html",
    "own": "own.html",
    "caches": "caches.html",
    "storage": "storage.html",
    "jobs": "jobs.html",
    "jupyter": "jupyter.html",
    "moving": "moving.html",
    "troubleshooting": "troubleshooting.html",
    "operations": "operations/midway3.html",
}


def test_a_command_of_an_answer_is_copied(opened, anywhere):
    page = opened(f"{anywhere}packages.html#q=gdal")
    page.get_by_role("button", name="module load geo/2026.11").click()
    expect(page.locator(".lf-copy__said")).to_have_text("Copied")
    assert pasted(page) == "module load geo/2026.11"


def test_the_commands_of_a_block_are_copied(opened, anywhere):
    page = opened(f"{anywhere}index.html")
    block = page.locator(".highlight[data-check=run]").first
    block.hover()
    block.locator("button").first.click()
    page.wait_for_timeout(200)
    # One line of text holds no line ends.
    assert pasted(page).split() == block.locator("code").inner_text().split()


def test_a_cluster_is_chosen_once_for_all(opened, anywhere):
    page = opened(f"{anywhere}index.html")
    assert page.get_by_text("module load python/3.11.9").first.is_hidden()
    page.locator(".tabbed-labels label", has_text="Beagle").first.click()
    expect(page.get_by_text("module load python/3.11.9").first).to_be_visible()
    assert chosen_tabs(page) == {"Beagle"}
    page.goto(f"{anywhere}storage.html")
    assert chosen_tabs(page) == {"Beagle"}


@pytest.mark.parametrize(("scheme", "first", "then"), [("light", 255, 40), ("dark", 40, 255)])
def test_colours_follow_the_system_until_somebody_chooses(opened, address, scheme, first, then):
    page = opened(f"{address}index.html", color_scheme=scheme)
    assert abs(brightness(page) - first) < 40
    page.locator("[data-md-component=palette] label:visible").click()
    page.wait_for_timeout(400)  # colours fade
    assert abs(brightness(page) - then) < 40
    page.goto(f"{address}packages.html")
    assert abs(brightness(page) - then) < 40


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_accessible_and_fits_desk_and_phone(opened, address, look, kind):
    page = opened(f"{address}{KINDS[kind]}")
    stands(page, look, f"{kind}-light")
    page.set_viewport_size(PHONE)
    stands(page, look, f"{kind}-light-phone")


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_accessible_in_the_dark(opened, address, look, kind):
    stands(opened(f"{address}{KINDS[kind]}", color_scheme="dark"), look, f"{kind}-dark")


@pytest.mark.parametrize(("kind", "scheme"), [("start", "light"), ("environment", "dark"), ("search", "dark")])
def test_so_is_a_page_by_the_other_builder(opened, material_address, look, kind, scheme):
    page = opened(f"{material_address}{KINDS[kind]}", color_scheme=scheme)
    stands(page, look, f"material-{kind}-{scheme}")
    page.set_viewport_size(PHONE)
    stands(page, look, f"material-{kind}-{scheme}-phone")


def stands(page, look, name):
    look(page, name)
    assert faults(page) == []
    assert overflow(page) == 0
