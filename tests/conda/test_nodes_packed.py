"""Packed environments with a release for each type of nodes: by hand, and by a deploy."""

import platform
import tarfile

import pytest

from conda.small import Centre
from lmodforge.commands.pack import pack_environment
from lmodforge.commands.prune import prune_site
from lmodforge.commands.rollback import roll_back
from lmodforge.commands.status import show_status
from lmodforge.commands.verify import verify_site
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


RELEASES = ("software/archives/releases", "software/python/miniforge/releases")


def named(centre):
    """Return what each name for people leads to, by its path."""
    software = centre.small.root / "software"
    links = [*software.glob("archives/*"), *software.glob("python/miniforge/envs/*")]
    return {str(link.relative_to(software)): str(link.readlink()) for link in links if link.is_symlink()}


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


def test_a_rollback_brings_back_what_each_type_of_nodes_had_and_prune_leaves_it(centre):
    centre.site["nodes"] = {"ours": {"archspec": platform.machine()}}
    centre.sci |= {"conda": ["attrs"], "nodes": {"ours": {"conda": ["wheel"]}, "any": {}}, "archives": ["tar.gz"]}
    centre.deploy()
    site, before = (str(centre.small.file), str(centre.small.root)), named(centre)
    assert {name: target.rpartition("-")[0] for name, target in before.items()} == {
        "archives/sci-1.tar.gz": "releases/sci",
        "archives/sci-ours-1.tar.gz": "releases/sci-ours",
        **{f"python/miniforge/envs/{name}": "../releases/sci" for name in ("sci", "sci-1")},
        **{f"python/miniforge/envs/{name}": "../releases/sci-ours" for name in ("sci-ours", "sci-ours-1")},
    }
    del centre.sci["nodes"]
    centre.sci["conda"] = ["attrs", "idna"]
    centre.deploy()
    after = named(centre)
    switched = {"archives/sci-1.tar.gz", "python/miniforge/envs/sci", "python/miniforge/envs/sci-1"}
    assert {name for name in before if before[name] != after[name]} == switched
    roll_back(*site, 0)
    assert named(centre) == before
    assert show_status(*site).json["drift"] == []
    found = verify_site(*site, shells="bash").json
    assert (found["failures"], found["releases"]) == ([], {"sci/1": "ours"})
    prune_site(*site, 1, 0, show=False)
    assert named(centre) == before
    kept = {path.rpartition("/")[2] for path in before.values()}
    files = {path.name for folder in RELEASES for path in (centre.small.root / folder).iterdir()}
    assert files == kept
