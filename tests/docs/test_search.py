"""The search for packages in a real browser: questions and answers, filters, addresses, and names from anywhere."""

import json
from dataclasses import replace

import pytest

from docs.browser import answer, ask, with_packages
from docs.catalogues import small, synthetic
from lmodforge.report.docs.catalogue import Catalogue
from lmodforge.report.docs.searchdata import search_script

pytestmark = pytest.mark.xdist_group("browser")  # one worker starts it, once

NUMPY_1 = [
    "1 package in 1 module",
    "numpy",
    "1.21.5 module load python/anaconda-2022.05 Midway3 goes away Python 3.9 Details",
]
NUMPY_2 = [
    "numpy BSD-3-Clause",
    "2.1.3 module load ml/1 Beagle PyPI Python 3.11 Details",
    "2.1.3 module load sci/2026.11 Midway3 conda-forge Python 3.12 Details",
    "2.1.3 module load geo/2026.11 Midway3 conda-forge Python 3.12 Details",
]


def test_a_package_is_found_as_soon_as_it_is_typed(opened, anywhere):
    page = opened(f"{anywhere}packages.html")
    page.keyboard.type("gdal")  # the field has the focus
    assert answer(page) == [
        "1 package in 1 module",
        "gdal MIT",
        "3.10.0 module load geo/2026.11 Midway3 conda-forge Python 3.12 Details",
    ]


def test_newer_versions_come_first_with_all_that_holds_them(opened, address):
    assert answer(opened(f"{address}packages.html#q=numpy")) == [
        "1 package in 4 modules",
        *NUMPY_2,
        "1.21.5 module load python/anaconda-2022.05 Midway3 goes away Python 3.9 Details",
    ]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("", ["11 packages in 7 modules"]),
        (
            "Scikit_Learn",
            ["1 package in 1 module", "scikit-learn", "1.5.2 module load ml/1 Beagle PyPI Python 3.11 Details"],
        ),
        ("numpy 1", NUMPY_1),
        (
            "numpy=2.1, pandas",
            [
                "1 module with numpy and pandas",
                "numpy and pandas",
                "numpy 2.1.3 pandas 2.2.3 module load sci/2026.11 Midway3 conda-forge Python 3.12 Details",
            ],
        ),
        (
            "gdal polars",
            [
                "No module holds all of them. 2 packages in 2 modules",
                "gdal MIT",
                "3.10.0 module load geo/2026.11 Midway3 conda-forge Python 3.12 Details",
                "polars MIT",
                "1.14.0 module load sci/2026.11 Midway3 PyPI Python 3.12 Details",
            ],
        ),
        (
            "sci",
            [
                "1 package in 1 module",
                "Modules called sci",
                "module load sci/2026.11 Midway3 Python 3.12 Details",
                "scikit-learn",
                "1.5.2 module load ml/1 Beagle PyPI Python 3.11 Details",
            ],
        ),
        ("numpy 1.2", ["Nothing found."]),
        ("numpy[extra] >= 1.21.5, <2", NUMPY_1),
        ("numpy!=2.1", NUMPY_1),
        ("numpy < 1.21", ["Nothing found."]),
        ("numpy>1.21", ["1 package in 3 modules", *NUMPY_2]),
        ("qqqqqqqqq", ["Nothing found."]),
    ],
)
def test_questions_and_their_answers(opened, address, question, expected):
    page = opened(f"{address}packages.html")
    ask(page, question)
    assert answer(page) == expected


def test_a_name_that_begins_so_comes_before_one_that_only_contains_it(opened, address):
    page = opened(f"{address}packages.html")
    ask(page, "py")
    assert page.locator(".lf-hit h2").all_inner_texts() == ["python", "numpy"]


def test_a_slip_of_the_fingers_is_forgiven(opened, address):
    page = opened(f"{address}packages.html")
    ask(page, "nmupy")
    page.get_by_role("button", name="numpy").click()
    assert answer(page)[:2] == ["1 package in 4 modules", "numpy BSD-3-Clause"]


def test_filters_narrow_the_answer_and_travel_in_the_address(opened, anywhere):
    page = opened(f"{anywhere}packages.html")
    ask(page, "numpy")
    page.get_by_label("cluster").select_option("Beagle")
    narrowed = ["1 package in 1 module", "numpy BSD-3-Clause", "2.1.3 module load ml/1 Beagle PyPI Python 3.11 Details"]
    assert answer(page) == narrowed
    page.wait_for_url("**#q=numpy&cluster=Beagle")
    assert answer(opened(page.url)) == narrowed
    page.get_by_label("channel").select_option("conda-forge")
    assert answer(page) == ["Nothing found."]


def test_an_environment_without_a_question_shows_all_it_holds(opened, address):
    page = opened(f"{address}packages.html#environment=geo")
    assert page.locator(".lf-hit h2").all_inner_texts() == ["gdal", "numpy", "python", "rasterio"]


def test_the_back_button_asks_the_question_before(opened, address):
    page = opened(f"{address}packages.html#q=gdal")
    page.goto(f"{address}packages.html#q=pandas")
    assert answer(page)[1] == "pandas BSD-3-Clause"
    page.go_back()
    assert answer(page)[1] == "gdal MIT"


def test_in_a_hierarchy_the_distribution_is_loaded_first(opened, address):
    catalogue = small()
    midway = catalogue.clusters[0]
    modules = midway.config.modules.model_copy(update={"layout": "hierarchy"})
    midway = replace(midway, config=midway.config.model_copy(update={"modules": modules}))
    page = opened(f"{address}packages.html#q=gdal")
    with_packages(page, Catalogue((midway,)))
    assert answer(page)[2] == "3.10.0 module load python/miniforge-25.3.0 geo/2026.11 conda-forge Python 3.12 Details"


def test_of_many_modules_that_hold_all_some_are_shown(opened, address):
    page = opened(f"{address}packages.html")
    with_packages(page, synthetic(environments=60, packages=3))
    ask(page, "python b")
    assert len(answer(page)) == 2 + 12
    page.get_by_role("button", name="more module").click()
    assert answer(page)[0] == f"{page.locator('.lf-hit__row').count()} modules with python and b"


def test_the_name_of_a_heading_is_no_question(opened, address):
    page = opened(f"{address}packages.html#q=gdal")
    page.evaluate("location.hash = 'as-data'")
    page.wait_for_timeout(100)
    assert page.get_by_label("Which module has").input_value() == "gdal"
    assert answer(page)[1] == "gdal MIT"


def test_clusters_of_one_title_are_told_apart(opened, address):
    midway, beagle = small().clusters
    beagle = replace(beagle, config=beagle.config.model_copy(update={"title": "Midway3"}))
    page = opened(f"{address}packages.html")
    with_packages(page, Catalogue((midway, beagle)))
    options = page.get_by_label("cluster").locator("option").all_inner_texts()
    assert options == ["Any cluster", "Midway3 (beagle)", "Midway3 (midway3)"]


def test_older_releases_answer_when_they_are_asked(opened, address):
    page = opened(f"{address}packages.html#q=python+3")
    with_packages(page, synthetic(environments=3, packages=2, releases=2))
    python = page.locator(".lf-hit").last
    assert python.locator("li").count() == 3
    page.get_by_label("Older releases too").check()
    assert answer(page)[0] == "1 package in 6 modules"
    page.get_by_role("button", name="2 more modules").click()
    assert python.locator("li").count() == 6
    assert python.get_by_text("older release").count() == 3


def test_of_many_packages_the_next_ones_are_shown_on_request(opened, address):
    page = opened(f"{address}packages.html#q=a")
    with_packages(page, synthetic(environments=10, packages=20))
    before = page.locator(".lf-hit").count()
    page.get_by_role("button", name="more packages").click()
    assert page.locator(".lf-hit").count() == 2 * before
    # Whoever reads by ear goes on where the new ones begin.
    assert page.evaluate("document.activeElement === document.querySelectorAll('.lf-hit h2')[12]")


def test_of_a_hundred_environments_one_types_a_part(opened, address):
    page = opened(f"{address}packages.html#q=python")
    with_packages(page, synthetic(environments=120, packages=2))
    page.locator("#lf-environment").fill("env001")
    assert answer(page)[0] == "1 package in 10 modules"


def test_names_from_anywhere_stay_text(opened, address):
    page = opened(f"{address}packages.html")
    hostile = '<img src=x onerror="document.title=1">'
    script = search_script(small()).replace("BSD-3-Clause", json.dumps(hostile)[1:-1]).replace("numpy", "numpy<b>x</b>")
    with_packages(page, script)
    ask(page, "numpy")
    assert answer(page)[1] == f"numpy<b>x</b> {hostile}"
    assert page.locator("#lf-search img, #lf-search b").count() == 0


def test_everything_is_reached_by_keyboard(opened, anywhere):
    page = opened(f"{anywhere}packages.html")
    page.keyboard.type("gdal")
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.ariaLabel || document.activeElement.innerText.trim()"))
    filters = ["cluster", "distribution", "environment", "Python", "channel", "licence"]
    assert reached[:8] == [*filters, "module load geo/2026.11", "Details of geo/2026.11"]


def test_without_scripts_the_page_leads_to_the_data(opened, address):
    page = opened(f"{address}packages.html", java_script_enabled=False)
    assert page.locator("noscript a").get_attribute("href") == "downloads/packages.json"


def test_the_start_page_passes_a_question_on(opened, anywhere):
    page = opened(f"{anywhere}index.html")
    page.get_by_label("Which module has").fill("gdal")
    page.keyboard.press("Enter")
    page.wait_for_url("**/packages.html?q=gdal")
    assert answer(page)[1] == "gdal MIT"


def test_an_answer_leads_to_the_page_of_its_environment(opened, anywhere):
    page = opened(f"{anywhere}packages.html#q=gdal")
    page.get_by_role("link", name="Details of geo/2026.11").click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("geo")
