"""The whole way, with real uv, real packages and real Lmod."""

import json
import os
import stat
import subprocess
import sys

import pytest

from end_to_end.small import site_text
from lmodforge.commands.find import find_package
from lmodforge.commands.saved import decode_plan, encode_plan
from lmodforge.commands.show import run_deploy, show_plan
from lmodforge.errors import SiteError, StepFailed, WorldChanged


def installed(small, name="tiny"):
    return (small.prefix / "envs" / name).resolve()


def test_a_second_deploy_has_nothing_to_do_and_needs_no_models(deployed):
    assert deployed.deploy().plan.is_empty
    program = (
        "import sys; from lmodforge.commands.show import run_deploy; "
        f"done = run_deploy({str(deployed.file)!r}, {str(deployed.root)!r}, plan='', replace_edited=False, jobs=0);"
        "print(done.text);"
        "print([name for name in ('pydantic', 'jinja2', 'rich', 'lupa') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "Site small: nothing to do.\n[]\n"


def test_what_is_installed_is_read_only_and_what_only_we_need_is_ours(deployed):
    release = installed(deployed)
    written = [path for path in release.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o222]
    assert written == []
    assert stat.S_IMODE((deployed.state / "cache").stat().st_mode) == 0o700
    assert not (release / "CACHEDIR.TAG").exists()
    assert not (release / ".lock").exists()
    assert list(release.rglob("six*.pyc")) != []


def test_modes_do_not_depend_on_the_umask(small):
    before = os.umask(0o077)
    try:
        small.deploy()
    finally:
        os.umask(before)
    shut = [
        path
        for path in (small.prefix, installed(small), small.modulefiles / "current" / "tiny/1.lua")
        if not path.stat().st_mode & 0o004
    ]
    assert shut == []


def test_the_receipt_can_build_the_release_again(deployed):
    release = installed(deployed)
    receipt = json.loads((deployed.state / f"receipts/installed/python/plain/releases/{release.name}.json").read_text())
    assert [package["name"] for package in receipt["packages"]] == ["cowsay", "six"]
    assert receipt["lock"].count("sha256") == 2
    assert receipt["size"] > 10_000
    assert receipt["files"] > 10


def test_a_changed_package_list_makes_a_new_release_and_keeps_the_old_one(small):
    small.deploy()
    before = installed(small)
    small.write(site_text(tiny=["six", "idna"]))
    small.deploy()
    after = installed(small)
    assert before != after
    assert before.exists()
    assert small.current == "generations/0002"


def test_a_failing_check_publishes_nothing_and_shows_the_command_and_its_last_lines(small):
    site = site_text(tiny=["six"])
    site["environments"]["tiny"]["check"] = {"run": ["python -c 'import sys; print(\"before the end\"); sys.exit(7)'"]}
    small.write(site)
    with pytest.raises(StepFailed) as failed:
        small.deploy()
    message = str(failed.value)
    assert message.startswith("environment tiny: exit code 7 from python -c")
    assert "\n    before the end\n" in message
    assert f"  hint: the whole output is in {small.state}/logs/" in message
    assert small.current is None
    assert not (small.prefix / "envs/tiny").exists()


def test_a_missing_import_is_named(small):
    site = site_text(tiny=["six"])
    site["environments"]["tiny"]["check"] = {"import": ["six", "numpy"]}
    small.write(site)
    with pytest.raises(StepFailed, match="ModuleNotFoundError: No module named 'numpy'"):
        small.deploy()


def test_new_checks_run_in_the_release_that_is_there(small):
    small.deploy()
    before = installed(small)
    site = site_text(tiny=["six"])
    site["environments"]["tiny"]["check"] = {"import": ["six", "six.moves"]}
    small.write(site)
    assert [change.reason for change in small.deploy().plan.changes] == ["its checks are new"]
    assert installed(small) == before
    assert small.deploy().plan.is_empty


def test_packages_that_do_not_go_together_are_all_reported_and_nothing_is_made(small):
    small.write(site_text(tiny=["six==0.0.1"], web=["idna>=3", "idna<2"]))
    with pytest.raises(StepFailed) as failed:
        small.deploy()
    said = [str(mistake).splitlines()[0].split(" from ")[0] for mistake in failed.value.mistakes]
    assert said == ["environment tiny: exit code 1", "environment web: exit code 1"]
    assert not small.prefix.exists()


def test_a_package_whose_hash_is_not_the_locked_one_is_not_installed(small):
    saved = small.file.parent / "plan.json"
    show_plan(str(small.file), str(small.root), str(saved))
    text = saved.read_text()
    plan = decode_plan(str(saved))
    (hash_of_six,) = {line.split('sha256 = \\"')[1][:64] for line in text.splitlines() if "/six-" in line}
    saved.write_text(text.replace(hash_of_six, "0" * 64))
    with pytest.raises(StepFailed, match="Hash mismatch for `six"):
        small.deploy(saved=decode_plan(str(saved)))
    assert small.current is None
    assert plan.releases[0].packages


def test_a_tool_whose_wheel_is_not_the_known_one_is_refused(small):
    site = site_text(tiny=["six"])
    site["tools"] = {"uv": {"version": "0.13.8", "sha256": {"linux-x86_64": "0" * 64, "linux-aarch64": "0" * 64}}}
    small.write(site)
    with pytest.raises(SiteError, match=r"the index offers a wheel with sha256 [0-9a-f]{64}, expected was 0000"):
        small.deploy()
    assert not small.prefix.exists()


def test_a_saved_plan_is_carried_out_as_it_is(small):
    saved = str(small.file.parent / "plan.json")
    assert show_plan(str(small.file), str(small.root), saved).changes > 0
    done = run_deploy("", "", plan=saved, replace_edited=False, jobs=0)
    assert done.json["generation"] == 1
    assert encode_plan(decode_plan(saved)) == (small.file.parent / "plan.json").read_bytes()


def test_a_saved_plan_is_refused_when_the_disk_has_changed(small):
    saved = str(small.file.parent / "plan.json")
    show_plan(str(small.file), str(small.root), saved)
    small.deploy()
    with pytest.raises(WorldChanged, match=r"the world has changed since the plan was made: .*current"):
        run_deploy("", "", plan=saved, replace_edited=False, jobs=0)


def test_a_saved_plan_is_refused_when_the_site_file_has_changed(small):
    saved = str(small.file.parent / "plan.json")
    show_plan(str(small.file), str(small.root), saved)
    small.write(site_text(tiny=["idna"]))
    with pytest.raises(WorldChanged, match="the site file, a template or lmodforge itself has changed"):
        run_deploy("", "", plan=saved, replace_edited=False, jobs=0)


def test_a_hand_edited_module_is_refused_then_replaced_on_request_and_the_edit_is_kept(small):
    small.deploy()
    module = small.modulefiles / "generations/0001/tiny/1.lua"
    module.write_text(module.read_text() + "-- mine\n")
    with pytest.raises(StepFailed, match="module tiny/1: edited by hand"):
        small.deploy()
    small.deploy(replace_edited=True)
    assert module.read_text().endswith("-- mine\n")
    assert not (small.modulefiles / "current/tiny/1.lua").read_text().endswith("-- mine\n")
    assert small.deploy().plan.is_empty


def test_an_edited_profile_script_is_kept_beside_the_receipts_when_it_is_replaced(small):
    small.deploy()
    script = small.modulefiles / "init/profile.sh"
    script.write_text("# mine\n")
    with pytest.raises(StepFailed, match=r"script profile\.sh: edited by hand"):
        small.deploy()
    small.deploy(replace_edited=True)
    assert (small.state / "replaced/0002/profile.sh").read_text() == "# mine\n"


def test_an_adopted_prefix_is_not_touched(small, tmp_path):
    prefix = tmp_path / "theirs"
    packages = prefix / "lib/python3.9/site-packages"
    (packages / "six-1.16.0.dist-info").mkdir(parents=True)
    (prefix / "bin").mkdir()
    before = sorted((path, path.stat().st_mtime_ns, path.stat().st_mode) for path in prefix.rglob("*"))
    site = site_text()
    site["distributions"] = {
        "old": {"kind": "existing", "module": "python/3.9.1", "version": "3.9.1", "prefix": str(prefix)}
    }
    small.write(site)
    small.deploy()
    assert sorted((path, path.stat().st_mtime_ns, path.stat().st_mode) for path in prefix.rglob("*")) == before
    found = find_package("six", str(small.file), str(small.root))
    assert [(holder.version, holder.module) for holder in found.holders] == [("1.16.0", "python/3.9.1")]
    assert small.deploy().plan.is_empty


def test_a_prefix_of_somebody_elses_is_refused(small):
    small.prefix.mkdir(parents=True)
    (small.prefix / "precious").write_text("data")
    with pytest.raises(StepFailed, match="is there and lmodforge did not make it"):
        small.deploy()
    assert (small.prefix / "precious").read_text() == "data"


def test_two_sites_do_not_share_a_module_tree(small):
    small.deploy()
    site = site_text(tiny=["six"])
    site["name"] = "other"
    small.write(site)
    with pytest.raises(SiteError, match="holds the modules of site `small`, not of `other`"):
        small.deploy()


def test_the_uv_module_has_uv_and_uvx(deployed):
    tool = deployed.root / "software/uv/0.13.8"
    assert sorted(path.name for path in (tool / "bin").iterdir()) == ["uv", "uvx"]
    assert sorted(path.name for path in tool.iterdir()) == ["bin"]
    done = subprocess.run([tool / "bin/uvx", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("uvx 0.13.8")
