"""What real Lmod makes of a deploy: the load test, the spider cache."""

import subprocess

import pytest

from end_to_end.small import site_text
from lmod import lmod
from lmodforge.errors import StepFailed


def spider(small, **variables):
    """What `module spider tiny` says."""
    tree = str(small.modulefiles / "generations/0001")
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "MODULEPATH": tree, **variables}
    argv = [lmod().command, "bash", "spider", "tiny/1"]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=True).stderr


def test_a_module_that_does_not_load_is_not_published_and_its_tree_stays_for_looking_at(small, tmp_path):
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "environment.lua.j2").write_text('LmodError("broken on purpose")\n')
    site = site_text(tiny=["six"])
    site["templates"] = [str(templates)]
    small.write(site)
    with pytest.raises(StepFailed) as failed:
        small.deploy()
    message = str(failed.value)
    assert message.startswith("tiny/1 [bash] load\n")
    assert "broken on purpose" in message
    assert small.current is None
    assert (small.modulefiles / "generations/0001/tiny/1.lua").exists()
    small.write(site_text(tiny=["six"]))
    small.deploy()
    assert [path.name for path in (small.modulefiles / "generations").iterdir()] == ["0002"]


def test_the_load_test_makes_nothing_in_the_space_of_users(small):
    scratch = small.root / "scratch"
    scratch.mkdir(parents=True)
    site = site_text(tiny=["six"])
    site["scratch"] = {"root": "/scratch"}
    site["tools"] = {"uv": {"version": "0.13.8"}}
    small.write(site)
    small.deploy()
    assert list(scratch.iterdir()) == []
    assert not (small.state / "cache/load-test").exists()


def test_a_template_that_is_no_lua_stops_the_plan(small, tmp_path):
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "environment.lua.j2").write_text("this is no Lua\n")
    site = site_text(tiny=["six"])
    site["templates"] = [str(templates)]
    small.write(site)
    with pytest.raises(Exception, match=r"tiny/1\.lua: "):
        small.deploy()
    assert not small.prefix.exists()


def test_an_lmod_older_than_the_site_allows_is_refused(small):
    site = site_text(tiny=["six"])
    site["lmod"] = {"minimum": "99.1"}
    small.write(site)
    with pytest.raises(StepFailed, match=r"is older than `lmod\.minimum`, 99\.1"):
        small.deploy()


def test_the_spider_cache_is_what_lmod_reads(small, tmp_path):
    site = site_text(tiny=["six"])
    site["lmod"] = {"spider_cache": "/cache"}
    site["environments"]["tiny"]["summary"] = "as deployed"
    small.write(site)
    small.deploy()
    cache, module = small.root / "cache", small.modulefiles / "generations/0001/tiny/1.lua"
    rc = tmp_path / "lmodrc.lua"
    rc.write_text(f'scDescriptT = {{ {{ ["dir"] = "{cache}", ["timestamp"] = "{cache}/timestamp" }} }}\n')
    assert (cache / "spiderT.lua").stat().st_mode & 0o004
    # Of a module that has changed since, only a reader of the cache says what it said before.
    module.write_text(module.read_text().replace("as deployed", "changed since"))
    assert "changed since" in spider(small)
    assert "as deployed" in spider(small, LMOD_RC=str(rc))
