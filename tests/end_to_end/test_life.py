"""A site's life after the first deploy: drift, going back, pruning, interruptions, two admins at once."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from end_to_end.small import site_text
from lmodforge.commands.prune import prune_site
from lmodforge.commands.rollback import roll_back
from lmodforge.commands.status import show_status
from lmodforge.errors import SiteError


def status(small):
    return show_status(str(small.file), str(small.root))


def rollback(small, to=0):
    return roll_back(str(small.file), str(small.root), to)


def prune(small, keep=1, days=0, *, show=False):
    return prune_site(str(small.file), str(small.root), keep, days, show=show)


def in_lmod(small, script):
    """Run a bash script after a login that sourced the site's profile."""
    from lmod import lmod

    lines = f". {lmod().init('bash')}\n. {small.modulefiles}/init/profile.sh\n{script}"
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", lines],
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "TMPDIR": str(small.file.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def generations(small):
    return sorted(path.name for path in (small.modulefiles / "generations").iterdir())


def two_generations(small):
    small.deploy()
    small.write(site_text(tiny=["idna"]))
    small.deploy()


def test_status_of_an_untouched_site_finds_nothing(deployed):
    found = status(deployed)
    assert found.json["drift"] == []
    assert found.json["pending"] == 0
    assert not found.drifted


def test_status_names_every_kind_of_drift_and_what_deploy_would_do(small):
    two_generations(small)
    tree = small.modulefiles / "current"
    (tree / "tiny/1.lua").write_text("-- mine\n")
    (tree / "python/plain.lua").chmod(0o600)
    (small.prefix / "envs/tiny").unlink()
    (small.prefix / "envs/tiny").symlink_to("../releases/tiny-00000000")
    release = next(path for path in (small.prefix / "releases").iterdir() if list(path.rglob("idna")))
    release.chmod(0o755)
    (release / "pyvenv.cfg").chmod(0o666)
    found = status(small)
    rows = [
        (row["sign"], row["what"], row["found"].split(": ")[0], row["remedy"].split(":")[0])
        for row in found.json["drift"]
    ]
    assert rows == [
        ("!", "module", "edited by hand", "deploy refuses"),
        ("~", "module", "its mode was changed", "deploy publishes the tree anew"),
        ("~", "link", "leads to tiny-00000000", "deploy switches it back"),
        ("~", "release", "wrong mode", "deploy leaves it"),
    ]
    assert found.drifted


def test_status_sees_a_missing_release_and_deploy_builds_the_same_again(small):
    small.deploy()
    release = (small.prefix / "envs/tiny").resolve()
    small.open().system.remove(release)
    assert [(row["what"], row["found"]) for row in status(small).json["drift"]] == [("release", "missing")]
    small.deploy()
    assert (release / "bin/python").exists()
    assert not status(small).drifted


def test_status_sees_a_changed_tool(small):
    site = site_text(tiny=["six"])
    site["tools"] = {"uv": {"version": "0.13.8"}}
    small.write(site)
    small.deploy()
    program = small.root / "software/uv/0.13.8/bin/uvx"
    program.chmod(0o755)
    program.write_bytes(b"#!/bin/sh\n")
    program.chmod(0o555)
    assert [row["found"] for row in status(small).json["drift"]] == ["bin/uvx is not what was installed"]


def test_rollback_brings_back_modules_and_names_and_deploy_goes_forward_again(small):
    two_generations(small)
    new = (small.prefix / "envs/tiny").readlink()
    rollback(small)
    assert small.current == "generations/0001"
    assert (small.prefix / "envs/tiny").readlink() != new
    assert in_lmod(small, "module load tiny; python -c 'import six; print(six.__name__)'") == "six\n"
    small.deploy()
    assert small.current == "generations/0003"
    assert (small.prefix / "envs/tiny").readlink() == new


def test_rollback_refuses_a_generation_that_is_not_whole(small):
    two_generations(small)
    (small.modulefiles / "generations/0001/tiny/1.lua").write_text("-- mine\n")
    with pytest.raises(SiteError, match=r"generation 1 is not whole: tiny/1\.lua was edited"):
        rollback(small)
    with pytest.raises(SiteError, match="generation 7 is not there"):
        rollback(small, 7)
    assert small.current == "generations/0002"


def test_prune_removes_what_only_old_generations_need_and_what_no_release_shares_with_the_cache(small):
    two_generations(small)
    releases = {path.name for path in (small.prefix / "releases").iterdir()}
    (small.state / "cache/downloads/aa").mkdir(parents=True)
    (small.state / "cache/downloads/aa/installer.sh").write_bytes(bytes(2000))
    shown = prune(small, show=True)
    assert {path.name for path in (small.prefix / "releases").iterdir()} == releases
    assert cached(small) == {"six.py", "idnadata.py"}
    assert prune(small) == shown.replace("would be removed", "removed")
    assert shown.splitlines()[2].split(maxsplit=3) == [
        *("-", "cache", f"{small.state}/cache", "what no release shares (2.0 kB)")
    ]
    assert generations(small) == ["0002"]
    assert cached(small) == {"idnadata.py"}
    kept = (small.prefix / "envs/tiny").resolve().name
    assert [path.name for path in (small.prefix / "releases").iterdir()] == [kept]
    assert not status(small).drifted
    assert small.deploy().plan.is_empty
    assert prune(small) == "Nothing to prune."
    small.write(site_text(tiny=["six"]))
    assert small.deploy().settled, "what is needed again is fetched again"
    assert cached(small) == {"six.py", "idnadata.py"}


def test_prune_removes_what_a_build_that_failed_has_left_and_nobody_wants_any_more(small):
    small.deploy()
    document = site_text(tiny=["six"], bad=["idna"])
    document["environments"]["bad"]["check"]["run"] = ["false"]
    small.write(document)
    with pytest.raises(SiteError, match="environment bad: exit code 1 from false"):
        small.deploy()
    small.write(site_text(tiny=["six"]))
    assert small.deploy().plan.is_empty
    [left] = (small.prefix / "releases").glob("bad-*")
    removed = prune(small)
    assert f"unfinished  {left}  left by a deploy that did not end well" in removed
    assert not left.exists()
    assert not list((small.state / "started").rglob("*.json"))
    assert prune(small) == "Nothing to prune."
    assert small.deploy().plan.is_empty


def cached(small):
    """A file each of six and of idna, as far as they are in the cache."""
    archives = (small.state / "cache/uv").glob("archive-v*/*")
    return {path.name for archive in archives for path in archive.rglob("*.py")} & {"six.py", "idnadata.py"}


def test_prune_keeps_what_a_login_of_the_last_days_may_use(small):
    two_generations(small)
    assert prune(small, keep=1, days=30) == "Nothing to prune."
    assert prune(small, keep=1, days=10**12) == "Nothing to prune."
    journal = small.state / "journal.jsonl"
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [(entry["from"], entry["to"], entry["why"]) for entry in entries] == [(0, 1, "deploy"), (1, 2, "deploy")]
    entries[1]["at"] = "2020-01-01T00:00:00+00:00"
    journal.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    prune(small, keep=1, days=30)
    assert generations(small) == ["0002"]


def test_a_login_keeps_its_generation_and_unloads_cleanly_when_a_new_one_is_published(small):
    small.deploy()
    small.write(site_text(tiny=["idna"]))
    program = small.file.parent / "deploy.py"
    program.write_text(DEPLOY)
    script = (
        "before=$PATH; module load tiny; "
        f"{sys.executable} {program} {small.file} {small.root}; "
        'python -c "import six; print(six.__name__)"; module purge; [ "$PATH" = "$before" ] && echo clean; '
        'module load tiny; python -c "import six; print(six.__name__)"'
    )
    assert in_lmod(small, script) == "six\nclean\nsix\n"
    assert small.current == "generations/0002"
    assert in_lmod(small, "module load tiny; python -c 'import idna; print(idna.__name__)'") == "idna\n"


def meanwhile(small, name, change):
    """Load a module of `current` itself, change the site, unload; say what the shell is like then."""
    script = (
        f"export MODULEPATH={small.modulefiles}/current; "
        f"before=$(env | grep -v '^_\\|LMOD\\|MODULES'); module load {name}; "
        f"touch {small.file.parent}/loaded; while [ ! -e {small.file.parent}/changed ]; do sleep 0.05; done; "
        f"module unload {name}; module list 2>&1 | head -1; "
        '[ "$(env | grep -v \'^_\\|LMOD\\|MODULES\')" = "$before" ] && echo clean || env'
    )
    with ThreadPoolExecutor(1) as pool:
        session = pool.submit(in_lmod, small, script)
        while not (small.file.parent / "loaded").exists():
            time.sleep(0.05)
        change()
        (small.file.parent / "changed").touch()
        return session.result()


def on_current(**environments):
    return site_text(**environments) | {"lmod": {"current": "true"}}


@pytest.fixture
def current(small):
    """A site whose users have `current` itself on MODULEPATH, with two environments."""
    small.write(on_current(tiny=["six"], web=["idna"]))
    small.deploy()
    return small


def test_with_current_on_modulepath_a_module_that_a_deploy_drops_unloads_cleanly(current):
    def drop():
        current.write(on_current(web=["idna"]))
        current.deploy()

    assert meanwhile(current, "tiny", drop) == "No modules loaded\nclean\n"
    assert "was removed" in in_lmod(current, f"module use {current.modulefiles}/current; module load tiny/1 2>&1")
    assert "tiny" not in in_lmod(current, f"module use {current.modulefiles}/current; module --terse avail 2>&1")
    assert not status(current).drifted
    assert current.deploy().plan.is_empty


def test_with_current_on_modulepath_a_module_that_changes_unloads_cleanly(current):
    def change():
        current.write(on_current(tiny=["cowsay"], web=["idna"]))
        current.deploy()

    assert meanwhile(current, "tiny", change) == "No modules loaded\nclean\n"


def test_with_current_on_modulepath_a_rollback_lets_go_of_what_it_takes_away(current):
    current.write(on_current(tiny=["six"], web=["idna"], new=["cowsay"]))
    current.deploy()
    assert meanwhile(current, "new", lambda: rollback(current)) == "No modules loaded\nclean\n"
    assert current.current == "generations/0003"
    assert in_lmod(current, "module load tiny; python -c 'import six; print(six.__name__)'") == "six\n"
    current.deploy()
    assert in_lmod(current, "module load new; python -c 'import cowsay; print(cowsay.__name__)'") == "cowsay\n"


DEPLOY = (
    "import sys; from lmodforge.commands.show import run_deploy; "
    "run_deploy(sys.argv[1], sys.argv[2], plan='', replace_edited=False, jobs=0)"
)


def start_deploy(small):
    argv = [sys.executable, "-c", DEPLOY, str(small.file), str(small.root)]
    return subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)


@pytest.mark.parametrize("seconds", [0.3, 0.6, 1.0, 1.4, 1.9])
def test_a_deploy_that_is_killed_is_completed_by_the_next_one(small, seconds):
    small.deploy()
    small.write(site_text(tiny=["six"], web=["idna"]))
    with start_deploy(small) as running:
        time.sleep(seconds)
        os.killpg(running.pid, signal.SIGKILL)
    assert small.current in ("generations/0001", "generations/0002")
    assert small.deploy().settled
    assert (small.prefix / "envs/web/bin/python").exists()
    assert not status(small).drifted


def test_the_second_of_two_deploys_at_once_is_told_who_works(small):
    with start_deploy(small) as running:
        lock = small.state / "deploy.lock"
        while not lock.exists() or not lock.read_text():
            time.sleep(0.01)
        with pytest.raises(SiteError, match=f"process {running.pid} on .* is changing this site just now"):
            small.deploy()
        assert running.wait() == 0
        running.stderr.read()
    assert small.deploy().plan.is_empty


def test_an_interrupt_ends_the_builds_and_leaves_no_lock(small):
    argv = [sys.executable, "-m", "lmodforge", "deploy", "--site", str(small.file), "--root", str(small.root)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
        while not list(small.state.glob("started/python/plain.json")):
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        said = running.stderr.read()
        assert running.wait() == 130
    assert said.endswith("interrupted; users see what they saw before, run it again to go on\n")
    assert not (small.state / "deploy.lock").exists()
    small.deploy()
