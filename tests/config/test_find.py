import pytest

from lmodforge.config.find import find_site, site_names
from lmodforge.config.shipped import shipped
from lmodforge.errors import SiteError


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "site-configs"
    folder.mkdir()
    for name in ("alpha.yaml", "_base.yaml"):
        (folder / name).write_text("name: alpha\n")
    (tmp_path / "mine.yaml").write_text("name: mine\n")
    return tmp_path


def test_a_file_is_found_by_its_path(here):
    assert str(find_site("mine.yaml", here)) == "mine.yaml"
    assert str(find_site(str(here / "mine.yaml"), here)) == "mine.yaml"


def test_a_name_is_looked_for_among_the_site_configs_here(here):
    found = find_site("alpha", here)
    assert str(found) == "site-configs/alpha.yaml"
    assert found.read_text() == "name: alpha\n"


def test_a_name_is_then_looked_for_among_the_shipped_sites(here):
    assert find_site("_starter", here) == shipped("site-configs") / "_starter.yaml"


def test_bases_are_not_among_the_names(here):
    assert "alpha" in site_names(here)
    assert not [name for name in site_names(here) if name.startswith("_")]


def test_an_unknown_name_hints_at_the_nearest_and_lists_all(here):
    with pytest.raises(SiteError) as refusal:
        find_site("alfa", here)
    names = ", ".join(site_names(here))
    assert str(refusal.value) == (
        f"there is no site `alfa`\n  hint: did you mean `alpha`? write the path of a file or one of: {names}"
    )


def test_a_file_that_is_not_there_is_named(here):
    with pytest.raises(SiteError) as refusal:
        find_site("theirs.yaml", here)
    assert str(refusal.value).startswith("there is no file `theirs.yaml`\n")
