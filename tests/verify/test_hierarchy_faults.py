"""A hierarchy with planted faults: what only opens once a distribution is loaded is tried as users reach it."""

import pytest

from end_to_end.small import Small, site_text
from lmodforge.commands.verify import verify_site

BELOW = 'prepend_path("MODULEPATH", tree .. "/__below/python/plain")'


@pytest.fixture(scope="module")
def hierarchy(tmp_path_factory):
    """The site, and its tree; each test puts back what it damages."""
    small = Small(tmp_path_factory.mktemp("hierarchy"))
    small.write(site_text(tiny=["six"], web=["idna"]) | {"modules": {"layout": "hierarchy"}})
    small.deploy()
    return small, small.modulefiles / "generations/0001"


def checks(small):
    found = verify_site(str(small.file), str(small.root), shells="bash").json["failures"]
    return {(failure["module"], failure["check"]) for failure in found}


def test_a_clean_hierarchy_passes(hierarchy):
    small, _ = hierarchy
    assert checks(small) == set()


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        # The environments are there, but nobody can reach them.
        ("python/plain", f"module.{BELOW}", "", {("tiny/1", "conflict"), ("web/1", "conflict")}),
        # They can be loaded, but `module spider` does not know how.
        ("python/plain", f'if mode() == "spider" then {BELOW} end', "", {("tiny/1", "spider"), ("web/1", "spider")}),
        (
            "__below/python/plain/tiny/1",
            "module.finish()",
            'module.finish() setenv("LEFT", "1")',
            {("tiny/1", "unload")},
        ),
        ("__below/python/plain/tiny/1", "module.finish()", "module.finish(", {("tiny/1", "syntax")}),
        (
            "__below/python/plain/web/1",
            'module.begin("python_environment")',
            "module.begin()",
            {("web/1", "family")},
        ),
    ],
)
def test_every_fault_is_found_and_named_and_nothing_else_is(hierarchy, file, old, new, expected):
    small, tree = hierarchy
    path = tree / f"{file}.lua"
    text = path.read_text()
    assert old in text
    try:
        path.write_text(text.replace(old, new))
        assert checks(small) == expected
    finally:
        path.write_text(text)
