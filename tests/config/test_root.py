from pathlib import Path

import pytest

from config.sites import load, read
from lmodforge.config.load import load_site
from lmodforge.errors import InvalidSite

FULL = """\
name: alpha
paths: {software: /sw, modulefiles: /mf}
lmod: {spider_cache: /lmod/cache}
project: {root: /project, pi: {env: [PI]}}
scratch: {root: /scratch}
caches: {temporary: [/local, /tmp]}
index: {find_links: [/wheels]}
templates: [/templates]
distributions:
  standard: {kind: python, module: python/3, interpreter: /usr/bin/python3}
  placed: {kind: python, module: python/4, prefix: /sw/placed}
  aside: {kind: python, module: python/5, prefix: /swaside}
  foreign: {kind: existing, module: conda/1, version: "1", prefix: /opt/conda}
  ours: {kind: existing, module: conda/2, version: "2", prefix: /sw/conda}
"""


def test_what_is_installed_and_what_users_write_moves_below_the_root(tmp_path):
    site = load(tmp_path, FULL, "/try")
    assert (site.root, site.paths.software, site.paths.modulefiles) == ("/try", "/try/sw", "/try/mf")
    assert (site.project.root, site.scratch.root) == ("/try/project", "/try/scratch")
    assert site.caches.temporary == ("/local", "/tmp")  # the host has them already
    assert site.lmod.spider_cache == "/try/lmod/cache"


def test_what_is_there_already_stays(tmp_path):
    site = load(tmp_path, FULL, "/try")
    assert site.index.find_links == ("/wheels",)
    assert site.templates == ("/templates",)
    assert site.distributions["standard"].interpreter == "/usr/bin/python3"


def test_an_existing_prefix_moves_only_with_the_software_it_lies_in(tmp_path):
    distributions = load(tmp_path, FULL, "/try").distributions
    assert {name: distribution.prefix for name, distribution in distributions.items()} == {
        "standard": None,
        "placed": "/try/sw/placed",
        "aside": "/try/swaside",  # or a trial would build where the site itself is
        "foreign": "/opt/conda",
        "ours": "/try/sw/conda",
    }


def test_the_files_own_root_counts_unless_another_is_given(tmp_path):
    text = FULL + "root: build/alpha\n"
    assert load(tmp_path, text).root == f"{tmp_path}/build/alpha"
    assert load(tmp_path, text, "other/../third").root == f"{tmp_path}/third"
    assert load(tmp_path, text, "/try/").root == "/try"


def test_a_relative_root_is_below_the_current_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_site(read(tmp_path, FULL), "here").root == f"{tmp_path}/here"


def test_a_root_that_no_shell_survives_is_refused_by_its_own_name(tmp_path):
    with pytest.raises(InvalidSite) as refusal:
        load_site(read(tmp_path, FULL), "my root", cwd=Path("/home/someone"))
    assert str(refusal.value) == (
        "the root `/home/someone/my root` holds ' ', which no shell, #! line or PATH survives\n"
        "  hint: letters, digits and / . _ + @ = , - only"
    )


def test_a_root_inside_a_foreign_prefix_is_refused(tmp_path):
    with pytest.raises(InvalidSite) as refusal:
        load(tmp_path, FULL, "/opt/conda")
    assert [mistake.message.partition(", at")[0] for mistake in refusal.value.mistakes] == [
        "prefix /opt/conda/swaside of distribution `aside` lies in that of distribution `foreign`",
        "prefix /opt/conda of distribution `foreign` holds `paths.modulefiles`",
        "prefix /opt/conda of distribution `foreign` holds `paths.software`",
    ]
