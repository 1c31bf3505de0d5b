"""`pack` of an environment with a release for each type of nodes."""

import platform
import tarfile

import pytest

from conda.small import Centre
from lmodforge.commands.pack import pack_environment
from lmodforge.errors import SiteError


@pytest.fixture(scope="module")
def site(tmp_path_factory, packages):
    """A site with `sci` for nodes like this host and for every other, and `only` for nodes like this; look only."""
    centre = Centre(tmp_path_factory.mktemp("nodes"), packages)
    centre.site["nodes"] = {"ours": {"archspec": platform.machine()}}
    centre.sci |= {"conda": ["attrs"], "nodes": {"ours": {"conda": ["wheel"]}, "any": {}}}
    centre.site["environments"]["only"] = {"version": "1", "conda": ["attrs"], "nodes": {"ours": {}}}
    centre.small.base["environments"] = ["sci", "only"]
    with centre.server:
        centre.deploy()
    return centre.small


def packed(site, out, name="sci", node=""):
    done = pack_environment(
        name, str(site.file), str(site.root), node=node, kind="tar.gz", dest_prefix="/work/env", out=str(out),
        replace=False,
    )  # fmt: skip
    with tarfile.open(f"{done.out}/{done.archive.file}") as archive:
        kinds = {name.rpartition("/")[2].partition("-")[0] for name in archive.getnames() if "conda-meta/" in name}
    return done.archive.file.rpartition("-")[0], "wheel" in kinds


def test_the_release_for_a_type_of_nodes_is_packed_under_the_name_that_activates_it(site, tmp_path):
    assert packed(site, tmp_path, node="ours") == ("sci-ours-1", True)
    assert packed(site, tmp_path) == ("sci-1", False)
    assert packed(site, tmp_path / "again", node="any") == ("sci-1", False)
    assert packed(site, tmp_path, "only", node="ours") == ("only-ours-1", False)


@pytest.mark.parametrize(
    ("name", "node", "told"),
    [
        ("sci", "a100", ("sci has no release for nodes of type a100", "`--node` is one of ours, any")),
        ("only", "", ("only has no release for every node", "`--node` is one of ours")),
    ],
)
def test_what_is_not_there_is_refused(site, tmp_path, name, node, told):
    with pytest.raises(SiteError) as refusal:
        packed(site, tmp_path, name, node)
    assert [(one.message, one.hint) for one in refusal.value.mistakes] == [told]
    assert [*tmp_path.iterdir()] == []
