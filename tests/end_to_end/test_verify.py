"""`invoke verify` of a deployed site: what it prints, what it writes, what it tries."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
import yaml

from end_to_end.small import Small, site_text
from lmodforge.commands.verify import Reports, verify_site
from lmodforge.errors import SiteError

JUNIT = xmlschema.XMLSchema(str(Path(__file__).parent.parent / "verify" / "junit-10.xsd"))  # of Jenkins' xUnit plugin


def verified(small, **options):
    return verify_site(str(small.file), str(small.root), **options)


def git(folder, *arguments):
    settings = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True)


def test_a_clean_site_passes_in_every_shell_with_every_toggle(deployed, tmp_path):
    reports = Reports(str(tmp_path / "new/junit.xml"), str(tmp_path / "new/summary.md"))
    found = verified(deployed, reports=reports)
    shells = ["bash", "zsh", "ksh93", "dash", "tcsh", "fish"]
    modules = ["python/plain", "tiny/1", "web/1", "uv/0.13.8"]
    assert found.json["failures"] == []
    assert found.json["shells"] == shells
    assert found.json["modules"] == [{"name": name, "passed": True} for name in modules]
    assert found.text.splitlines()[2:6] == [
        f"  ok  {name:<12}  {', '.join(shells)}" for name in ("python/plain", "tiny/1", "web/1", "uv/0.13.8")
    ]
    JUNIT.validate(str(tmp_path / "new/junit.xml"))
    cases = ElementTree.parse(tmp_path / "new/junit.xml").iter("testcase")
    assert [(case.get("classname"), case.get("name")) for case in cases] == [(m, s) for m in modules for s in shells]
    assert (tmp_path / "new/summary.md").read_text().splitlines()[0] == "### Modules of small: all passed"


def test_a_failure_is_told_in_every_report_and_by_the_exit_code(small, tmp_path):
    small.deploy()
    file = small.modulefiles / "generations/0001/tiny/1.lua"
    file.write_text(file.read_text() + 'setenv("LEFT", "a|<b>&\\27[31m")\n')
    options = ("--site", str(small.file), "--root", str(small.root), "--shells", "bash,dash", "--json")
    files = ("--junit", str(tmp_path / "junit.xml"), "--markdown", str(tmp_path / "summary.md"))
    argv = [sys.executable, "-m", "lmodforge", "verify", *options, *files]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    (failure,) = json.loads(done.stdout)["failures"]
    repeat = failure.pop("repeat")
    assert (done.returncode, failure) == (
        1,
        {
            "module": "tiny/1",
            "shells": ["bash", "dash"],
            "given": None,
            "check": "unload",
            "expected": "no variable LEFT",
            "found": "LEFT=a|<b>&\x1b[31m",
        },
    )
    JUNIT.validate(str(tmp_path / "junit.xml"))
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert (root.get("tests"), root.get("failures")) == ("4", "2")
    assert root.find(".//failure").text.startswith("tiny/1 [bash, dash] unload\n  expected: no variable LEFT\n")
    summary = (tmp_path / "summary.md").read_text()
    assert "| tiny/1 | bash, dash | unload | no variable LEFT | LEFT=a\\|&lt;b&gt;&amp;" in summary
    assert f"```sh\n{repeat}\n```" in summary


def test_only_what_a_change_touches_is_tried(tmp_path):
    small = Small(tmp_path)
    site = site_text(tiny=["six"], web=["idna"])
    small.write(site)
    git(tmp_path, "init")
    git(tmp_path, "add", "small.yaml")
    git(tmp_path, "commit", "-m", "first")
    site["environments"]["web"]["summary"] = "changed"
    small.write(site)
    git(tmp_path, "commit", "-am", "second")
    small.deploy()

    def tried(revision):
        return [module["name"] for module in verified(small, shells="bash", changed_since=revision).json["modules"]]

    # The distribution's help lists its environments with their summaries.
    assert tried("HEAD~1") == ["python/plain", "web/1"]
    assert tried("HEAD") == []
    site["templates"] = [str(tmp_path / "templates")]
    (tmp_path / "templates").mkdir()
    template = tmp_path / "templates/tool.lua.j2"
    template.write_text("-- nothing uses it")
    small.file.write_text(yaml.safe_dump(site))
    assert tried("HEAD") == []


def test_a_revision_that_is_none_is_a_message(tmp_path, small):
    small.deploy()
    git(tmp_path, "init")
    with pytest.raises(SiteError, match=r"git rev-parse in .*: Needed a single revision"):
        verified(small, changed_since="nothing")


def test_a_site_that_is_not_deployed_is_a_message(small):
    with pytest.raises(SiteError, match="site small is not deployed at"):
        verified(small)


def test_a_shell_that_is_unknown_is_a_message(small):
    small.deploy()
    with pytest.raises(SiteError, match="no shell is called nosh"):
        verified(small, shells="nosh,bash")
