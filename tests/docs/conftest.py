"""The documentation of two clusters that nobody deployed, built once; look only."""

import pytest

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
