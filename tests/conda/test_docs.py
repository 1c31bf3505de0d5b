"""What the pages of a site with conda say, done on it; the conda of the tests activates, and knows no other command."""

from lmodforge.commands.docs import check_docs


def test_what_pages_say_of_conda_environments_is_so(centre):
    """Activation by name, modules, caches, and an environment that is packed and unpacked elsewhere."""
    centre.site["tools"] = {"uv": {"version": "0.13.8"}}
    centre.site["scratch"] = {"root": "/scratch"}
    centre.sci["check"] = {"import": ["jinja2"]}
    centre.deploy()
    (centre.small.root / "scratch").mkdir(mode=0o777)
    found = check_docs((str(centre.small.file),), str(centre.small.root), user="root", jobs=2).json["sites"][0]
    conda = [one for one in found["failures"] if "this stand-in knows no such command" in one["found"]]
    others = [one for one in found["failures"] if one not in conda]
    assert {one["page"] for one in conda} == {"markdown/own.md"}
    assert others == []
    assert found["compared"] > 15
