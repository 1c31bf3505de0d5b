import re

import pytest

from config.sites import load
from lmodforge.config.models import SiteConfig
from lmodforge.config.scaffold import starter
from lmodforge.errors import SiteError


def test_the_starter_passes_as_it_is(tmp_path):
    assert load(tmp_path, starter("midway")).name == "midway"


def test_the_starter_passes_with_everything_that_is_commented_out(tmp_path):
    text = re.sub(r"^( *)# (?=( *[a-z_]+:( |$)))", r"\1", starter("midway"), flags=re.MULTILINE)
    text = text.replace("extends: _base.yaml", "extends: base.yaml")
    site = load(tmp_path, text, base="title: Base\n")
    unset = {"index": {"extra", "find_links"}, "lmod": {"required"}}
    for section in ("lmod", "project", "scratch", "caches", "permissions", "retention", "index"):
        model = getattr(site, section)
        assert set(type(model).model_fields) - model.model_fields_set == unset.get(section, set())


def test_the_starter_mentions_every_key():
    mentioned = set(re.findall(r"^(?:# )?([a-z_]+):", starter("midway"), flags=re.MULTILINE))
    assert mentioned == {"extends", *SiteConfig.model_fields}


def test_the_starter_tells_editors_of_the_schema():
    assert starter("midway").splitlines()[0] == "# yaml-language-server: $schema=site.schema.json"


@pytest.mark.parametrize("name", ["my cluster", "../x", "", "x\ny"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(SiteError):
        starter(name)
