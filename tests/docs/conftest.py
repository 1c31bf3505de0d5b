"""The documentation of two clusters that nobody deployed, built once, and a browser to open it in; look only."""

import subprocess
import sys
from pathlib import Path

import pytest

from docs.browser import launched, served
from docs.catalogues import small
from lmodforge.apply.system import RealSystem
from lmodforge.apply.website import publish_tree
from lmodforge.report.docs.pages import render_docs
from lmodforge.report.docs.templates import PageTemplates


@pytest.fixture(scope="session")
def tree():
    """Every file by its path."""
    return render_docs(small(), PageTemplates())


@pytest.fixture(scope="session")
def built_site(tmp_path_factory, tree):
    """The directory with the HTML."""
    out = tmp_path_factory.mktemp("docs") / "out"
    publish_tree(RealSystem(), str(out), tree, html=True)
    return out / "html"


@pytest.fixture(scope="session")
def browser():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def address(built_site):
    """The pages on a server."""
    with served(built_site) as address:
        yield address


@pytest.fixture(params=["http", "file"])
def anywhere(request, built_site):
    """The pages on a server, and in files."""
    return request.getfixturevalue("address") if request.param == "http" else f"{built_site.as_uri()}/"


@pytest.fixture(scope="session")
def material_address(tmp_path_factory, tree):
    """The same pages by mkdocs-material."""
    directory = tmp_path_factory.mktemp("material")
    publish_tree(RealSystem(), f"{directory}/out", tree, html=False)
    argv = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict"]
    subprocess.run(argv, cwd=directory / "out", env={"NO_MKDOCS_2_WARNING": "1"}, check=True)
    with served(directory / "out" / "html") as address:
        yield address


@pytest.fixture
def opened(browser):
    """Open pages in a fresh profile; whatever a test does, no page complains or asks another host."""
    contexts, complaints, asked = [], [], []

    def opened(address, **settings):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("http://127.0.0.1:", "file://", "data:"))] == []


@pytest.fixture(scope="session")
def look(request, tmp_path_factory):
    """Keep a picture of a page for people: where --screenshots says, else in pytest's own directory."""
    directory = Path(request.config.getoption("--screenshots") or tmp_path_factory.mktemp("screenshots"))
    directory.mkdir(parents=True, exist_ok=True)

    def look(page, name):
        page.screenshot(path=directory / f"{name}.png", full_page=True, animations="disabled")

    return look
