"""The tree of pages: compared whole, the same every time, and built by both builders with warnings as errors."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from docs.catalogues import as_if_deployed, small
from lmodforge.apply.system import RealSystem
from lmodforge.apply.website import publish_tree
from lmodforge.config.document import read_document
from lmodforge.config.find import site_names
from lmodforge.config.load import load_site
from lmodforge.config.shipped import shipped
from lmodforge.errors import StepFailed
from lmodforge.report.docs.catalogue import Catalogue
from lmodforge.report.docs.pages import render_docs
from lmodforge.report.docs.templates import PageTemplates
from lmodforge.verify.blocks import read_blocks

GOLDEN = Path(__file__).parent / "golden"
WRITTEN = (".md", ".yml", ".json", ".txt", ".sbatch", ".sh", ".sub")


def test_the_tree_of_two_clusters(tree, golden):
    """Everything that is written for people and programs; charts and the data of the search have tests of their own."""
    ours = {path: content for path, content in tree.items() if path.endswith(WRITTEN)}
    for path, content in ours.items():
        (GOLDEN / path).parent.mkdir(parents=True, exist_ok=True)
        golden(GOLDEN / path, re.sub(r"<figure.*?</figure>", "<figure />", content.decode(), flags=re.DOTALL))
    expected = {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*") if path.is_file()}
    assert sorted(ours) == sorted(expected)


def test_the_same_clusters_give_the_same_bytes(tree):
    """In another process, whose sets have another order."""
    script = (
        "import hashlib, json, sys; sys.path.insert(0, sys.argv[1])\n"
        "from docs.conftest import PageTemplates, render_docs, small\n"
        "tree = render_docs(small(), PageTemplates())\n"
        "print(json.dumps({path: hashlib.sha256(content).hexdigest() for path, content in tree.items()}))"
    )
    tests = Path(__file__).parents[1]
    said = [
        subprocess.run(
            [sys.executable, "-c", script, tests],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]


def build(builder, directory, tree):
    """Build a tree; returns what was built, or what the builder says."""
    for path, content in tree.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(content)
    argv = {"zensical": ["build", "--strict"], "mkdocs": ["build", "--strict"]}[builder]
    done = subprocess.run(
        [sys.executable, "-m", builder, *argv],
        cwd=directory,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == ("Aborted" not in done.stdout + done.stderr), done
    return done.returncode, sorted(path.name for path in directory.glob("html/*.html"))


@pytest.mark.parametrize("builder", ["zensical", "mkdocs"])
def test_both_builders_have_nothing_to_complain_about(builder, tmp_path, tree):
    pages = sorted(path.removeprefix("markdown/") for path in tree if re.fullmatch(r"markdown/[^/]+\.md", path))
    expected = [f"{page.removesuffix('.md')}.html" for page in pages]
    assert build(builder, tmp_path, tree) == (0, sorted([*expected, "404.html"]))


@pytest.mark.parametrize("builder", ["zensical", "mkdocs"])
def test_a_link_that_leads_nowhere_ends_both(builder, tmp_path, tree):
    """The builders are ones that can refuse."""
    page = tree["markdown/uv.md"] + b"\n[gone](nothing.md)\n"
    assert build(builder, tmp_path, tree | {"markdown/uv.md": page})[0] == 1


def test_a_failed_build_leaves_the_old_pages(tmp_path, tree):
    system, out = RealSystem(), tmp_path / "out"
    publish_tree(system, str(out), tree, html=False)
    before = (out / "markdown/uv.md").read_bytes()
    broken = tree | {"markdown/uv.md": b"[gone](nothing.md)\n"}
    with pytest.raises(StepFailed, match=r"the pages cannot be built:\n(.*\n)*.*nothing\.md"):
        publish_tree(system, str(out), broken, html=True)
    assert (out / "markdown/uv.md").read_bytes() == before
    assert sorted(path.name for path in out.iterdir()) == ["markdown", "mkdocs.yml"]


class Addresses(HTMLParser):
    """What a page fetches by itself, and what it links to."""

    def __init__(self, page):
        super().__init__()
        self.fetched, self.linked, self.ids = set(), set(), set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids.add(given.get("id"))
        if tag == "a":
            self.linked.add(given.get("href") or "")
        elif tag == "link" and given.get("rel") in ("canonical", "prev", "next"):
            self.linked.add(given["href"])
        else:
            self.fetched |= {given[name] for name in ("src", "href", "data", "poster", "action") if given.get(name)}


def test_no_page_fetches_anything_from_elsewhere(built_site):
    """All of it lies beside the page, so that pages open from files."""
    for page in built_site.rglob("*.html"):
        if page.name == "404.html":
            continue  # served from any place, it names files from the root of the server
        for address in Addresses(page.read_text()).fetched - {"#"}:
            assert not re.match(r"[a-z]+:|/", address), (page, address)
            assert (page.parent / address.partition("?")[0].partition("#")[0]).exists(), (page, address)
    for sheet in built_site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//", sheet.read_text()), sheet


def test_a_title_may_hold_quotes():
    """It names a content tab, in quotes."""
    catalogue = small()
    one = catalogue.clusters[0]
    one = replace(one, config=one.config.model_copy(update={"title": 'The "third"'}))
    tree = render_docs(Catalogue((one, catalogue.clusters[1])), PageTemplates())
    tabs = {block.tab for block in read_blocks(tree["markdown/index.md"].decode())}
    assert tabs == {"The 'third'", "Beagle"}


def test_every_link_leads_to_a_page_or_a_file(built_site):
    """Downloads too, which the builders do not look at."""
    for page in built_site.rglob("*.html"):
        for address in Addresses(page.read_text()).linked if page.name != "404.html" else ():
            if not re.match(r"https?:|mailto:|$", address):
                path, _, anchor = address.partition("#")
                target = page.parent / path if path else page
                assert target.exists(), (page, address)
                assert not anchor or anchor in Addresses(target.read_text()).ids, (page, address)


def mistakes(tree):
    pages = {path: content.decode() for path, content in tree.items() if path.endswith(".md")}
    return {path: block.mistake for path, page in pages.items() for block in read_blocks(page) if block.mistake}


def test_every_block_has_a_tag(tree):
    assert mistakes(tree) == {}


CENTRES = [name for name in site_names(shipped("site-configs").parent) if name != "demo"]


def centre(name):
    return as_if_deployed(load_site(read_document(shipped("site-configs") / f"{name}.yaml")))


@pytest.mark.parametrize("name", CENTRES)
def test_each_centre_alone_has_pages_without_tabs(name):
    tree = render_docs(Catalogue((centre(name),)), PageTemplates())
    assert mistakes(tree) == {}
    assert [path for path, content in tree.items() if path.endswith(".md") and b'\n=== "' in content] == []


def test_all_centres_on_the_same_pages(tmp_path):
    """Slurm, HTCondor and none, conda, micromamba and uv, with and without project space."""
    tree = render_docs(Catalogue(tuple(map(centre, CENTRES))), PageTemplates())
    assert mistakes(tree) == {}
    assert build("zensical", tmp_path, tree)[0] == 0


def test_what_a_site_file_says_stays_text(tmp_path):
    """Summaries come from people, names of packages from anywhere."""
    hard = '<script>alert(1)</script> | a_b_c *x* [y](z) `q` "> {{ 1 }} & #1'
    catalogue = small()
    cluster = catalogue.clusters[0]
    base = cluster.distributions[0]
    release = replace(base.environments[0].newest, packages=(replace(base.packages[0], licence=hard),))
    env = replace(base.environments[0], summary=hard, url="javascript:alert(1)", releases=(release,), newest=release)
    base = replace(base, summary=hard, url='https://example.org/a)"<b> c', environments=(env,))
    cluster = replace(cluster, distributions=(base,))
    publish_tree(RealSystem(), str(tmp_path / "out"), render_docs(Catalogue((cluster,)), PageTemplates()), html=True)
    escaped = '&lt;script&gt;alert(1)&lt;/script&gt; | a_b_c *x* [y](z) <code>q</code> "&gt; {{ 1 }} &amp; #1'
    for page in ("index.html", "environments.html", "environments/midway3/miniforge/sci.html"):
        text = (tmp_path / "out/html" / page).read_text().replace("&#124;", "|")
        assert escaped in text
        assert not re.search(r"<script>alert|\"[^<>]*\"> \{\{ 1", text)
        assert "javascript:" not in text
    text = (tmp_path / "out/html/distributions/midway3/miniforge.html").read_text()
    assert '<a href="https://example.org/a%29%22%3Cb%3E%20c">More about it</a>' in text


def test_a_template_of_a_site_takes_the_place_of_ours(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/uv.md.j2").write_text("# Our own words for {{ views[0].title }}\n")
    (tmp_path / "docs/assets").mkdir()
    (tmp_path / "docs/assets/ours.css").write_text(":root {}\n")
    tree = render_docs(small(), PageTemplates((tmp_path,)))
    assert tree["markdown/uv.md"] == b"# Our own words for Midway3\n"
    assert "assets/ours.css" in yaml.safe_load(tree["mkdocs.yml"])["extra_css"]
