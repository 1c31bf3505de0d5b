"""What the pages of a site with conda say, done on it; conda is a stand-in over rattler (tests/standin/program.py)."""

from lmodforge.commands.docs import check_docs
from me import ME


def test_what_pages_say_of_conda_environments_is_so(centre):
    """All of it: made, cloned, exported, made again and removed; packed, and unpacked elsewhere."""
    centre.small.offer(standin=True)
    centre.site["tools"] = {"uv": {"version": "0.13.8"}}
    centre.site["scratch"] = {"root": "/scratch"}
    centre.sci |= {"check": {"import": ["jinja2"]}, "archives": ["tar.zst"]}
    centre.deploy()
    (centre.small.root / "scratch").mkdir(mode=0o777)
    found = check_docs((str(centre.small.file),), str(centre.small.root), user=ME, jobs=2).json["sites"][0]
    assert found["failures"] == []
    assert found["ran"] > 35
    assert found["compared"] > 15
    assert list((centre.small.root / "scratch" / ME / "envs").iterdir()) == []
