"""Base prefixes with conda, by stand-in installers, the whole way to a shell that has loaded the module."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from channel import SUBDIR
from conda.shells import in_lmod
from conda.small import Small
from end_to_end.faults import Failing
from installer import DEFAULTS, write_installer, write_micromamba
from lmodforge.apply.system import RealSystem
from lmodforge.commands.deploy import BuildOptions
from lmodforge.commands.lock import lock_site
from lmodforge.errors import SiteError, StepFailed
from offline import make_mirror, succeed

TERMS = {"who": "Jane Doe", "when": "2026-11-20", "why": "education licence 1234"}


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """A site with Miniforge; look only."""
    small = Small(tmp_path_factory.mktemp("deployed"))
    small.offer()
    small.deploy()
    return small


@pytest.fixture
def small(tmp_path):
    """A site of the test's own, not deployed yet."""
    small = Small(tmp_path)
    small.offer()
    return small


def test_the_plan_names_the_installer_and_a_second_deploy_has_nothing_to_do(small):
    assert "  +  distribution  base 25.3.0-3          new, by Miniforge3-25.3.0-3-Linux-x86_64.sh\n" in small.plan()
    assert small.deploy().settled
    assert small.deploy().plan.is_empty


def test_a_user_loads_the_module_and_activates_an_environment_without_conda_init(deployed, tmp_path):
    (tmp_path / "envs/mine/bin").mkdir(parents=True)
    script = (
        f"module load python/miniforge >/dev/null 2>&1; export CONDA_ENVS_PATH={tmp_path}/envs\n"
        "source activate mine; echo $CONDA_PREFIX; python -c 'print(6 * 7)'\n"
        "conda deactivate; echo ${CONDA_PREFIX:-none}; conda --version"
    )
    assert in_lmod(deployed, script) == f"{tmp_path}/envs/mine\n42\nnone\nconda 25.3.0\n"


def test_the_receipt_says_what_came_from_where_under_which_licence(deployed):
    receipt = deployed.receipt()
    channel = "https://conda.anaconda.org/conda-forge"
    assert [(p.name, p.version, p.channel, p.licence) for p in receipt.packages] == [
        ("conda", "25.3.0", channel, "BSD-3-Clause"),
        ("mamba", "25.3.0", channel, "BSD-3-Clause"),
        ("pip", "25.3.0", channel, "MIT"),
        ("python", "25.3.0", channel, "PSF-2.0"),
    ]
    assert receipt.type == "miniforge"
    assert receipt.source.url == f"file://{deployed.installer}"
    assert receipt.source.sha256 == deployed.base["sha256"]["linux-x86_64"]
    assert sorted(receipt.files) == [".condarc", "conda-meta/frozen"]


def test_the_base_has_the_settings_of_the_site_and_none_is_final(tmp_path):
    small = Small(tmp_path)
    small.offer()
    small.site["channels"] = ["https://mirror.example.org/conda-forge", "bioconda"]
    small.site["conda"] = {
        "mirrors": {"bioconda": ["https://mirror.example.org/bioconda", "https://other.example.org/b"]}
    }
    small.base["condarc"] = {
        "ssl_verify": "false",
        "envs_dirs": ["/project/$USER/envs"],
        "proxy_servers": {"https": "http://proxy:3128", "odd key": 'a "word"'},
    }
    small.deploy()
    assert (small.prefix / ".condarc").read_text() == (
        "# Written by lmodforge. To change it, change the site file and deploy.\n"
        "channels:\n"
        "  - https://mirror.example.org/conda-forge\n"
        "  - bioconda\n"
        "default_channels:\n"
        "  - https://mirror.example.org/conda-forge\n"
        "  - https://mirror.example.org/bioconda\n"
        "custom_channels:\n"
        "  bioconda: https://mirror.example.org\n"
        "mirrored_channels:\n"
        "  bioconda:\n"
        "    - https://mirror.example.org/bioconda\n"
        "    - https://other.example.org/b\n"
        "channel_priority: strict\n"
        "auto_update_conda: false\n"
        "notify_outdated_conda: false\n"
        "number_channel_notices: 0\n"
        "ssl_verify: false\n"
        "envs_dirs:\n"
        '  - "/project/$USER/envs"\n'
        "proxy_servers:\n"
        "  https: http://proxy:3128\n"
        '  "odd key": "a \\"word\\""\n'
    )


def test_a_base_tells_users_what_to_do_instead_of_changing_it(deployed):
    message = (
        "This base environment belongs to everybody on small and stays as it is. "
        "Make an environment of your own: conda create -n NAME python, then: source activate NAME"
    )
    assert json.loads((deployed.prefix / "conda-meta/frozen").read_text()) == {"message": message}
    marker = deployed.prefix / "lib/python3.12/EXTERNALLY-MANAGED"
    assert marker.read_text() == f"[externally-managed]\nError = {message}\n"


@pytest.mark.parametrize(("readable_by", "readable", "ours"), [("all", 0o444, 0o2755), ("group", 0o440, 0o2750)])
def test_modes_and_group_are_those_of_the_site_whatever_the_umask(small, readable_by, readable, ours):
    small.site["permissions"] = {"group": "users", "readable_by": readable_by}
    before = os.umask(0o077)
    try:
        small.deploy()
    finally:
        os.umask(before)
    places = {small.prefix, small.prefix / "envs", small.prefix / "releases"}
    found = {path: path.lstat() for path in (small.prefix, *small.prefix.rglob("*"))}
    assert {path.group() for path in found if not path.is_symlink()} == {"users"}
    assert {stat.S_IMODE(found[path].st_mode) for path in places} == {ours}
    rest = [look.st_mode for path, look in found.items() if path not in places and not path.is_symlink()]
    assert {stat.S_IMODE(mode) & 0o444 for mode in rest} == {readable}
    assert [mode for mode in rest if mode & 0o222] == []


def test_nothing_lands_in_the_admins_home_or_stays_of_the_scratch_one(small, monkeypatch, tmp_path):
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    small.deploy()
    assert list((tmp_path / "home").iterdir()) == []
    assert list((small.state / "cache/scratch").iterdir()) == []


@pytest.mark.parametrize(("menus", "more"), [(True, " -m"), (False, "")])
def test_an_installer_adds_nothing_to_the_menus_of_the_host_and_never_updates(small, menus, more):
    small.offer(menus=menus, body=f'echo "$OPTIONS" >{small.folder}/options')
    small.deploy()
    assert (small.folder / "options").read_text() == f"-b -p {small.prefix}{more}\n"


def test_the_installer_stays_in_the_cache_by_its_hash_and_a_new_prefix_needs_no_download(small):
    sha256 = small.base["sha256"]["linux-x86_64"]
    small.deploy()
    kept = small.state / f"cache/downloads/{sha256}/{small.installer.name}"
    assert kept.read_bytes() == small.installer.read_bytes()
    small.installer.unlink()
    small.base["module"] = "python/second"
    small.deploy()
    assert small.receipt("python/second").version == "25.3.0-3"


def test_two_bases_from_one_installer_are_made_at_once(small):
    small.site["distributions"]["other"] = small.base | {"module": "python/second"}
    assert small.deploy(builds=BuildOptions(jobs=2)).settled
    assert small.receipt("python/second").source == small.receipt().source


def test_an_installer_with_another_hash_is_not_run(small):
    small.base["sha256"] = {"linux-x86_64": "0" * 64}
    found = write_installer(small.installer, body=f"touch {small.folder}/it-ran")
    with pytest.raises(StepFailed) as refusal:
        small.deploy()
    assert str(refusal.value) == (
        f"distribution base: file://{small.installer} has sha256 {found}, expected was {'0' * 64}\n"
        "  hint: nothing was run; find out which one is right before you change `sha256` in the site file"
    )
    assert not (small.folder / "it-ran").exists()
    assert not small.prefix.exists()
    assert not (small.modulefiles / "current").exists()


def test_an_installer_without_a_known_hash_is_not_planned(small):
    del small.base["sha256"]
    small.base["version"] = "99.1.0-0"
    with pytest.raises(SiteError) as refusal:
        small.plan()
    assert str(refusal.value) == (
        "distribution base: no sha256 is known of Miniforge3-25.3.0-3-Linux-x86_64.sh\n"
        "  hint: take it from its makers and write `sha256: {linux-x86_64: ...}`: nothing runs without one"
    )


def test_an_installer_that_fails_is_quoted_and_nothing_is_published(small):
    small.offer(body='echo "ERROR: cannot unpack, the disk is full" >&2; exit 1')
    with pytest.raises(StepFailed) as refusal:
        small.deploy()
    assert "distribution base: exit code 1 from /bin/sh" in str(refusal.value)
    assert "    ERROR: cannot unpack, the disk is full" in str(refusal.value)
    assert not (small.modulefiles / "current").exists()
    small.offer()
    assert small.deploy().settled


def test_a_file_that_is_no_such_installer_is_found_out(small):
    small.offer(body='mkdir -p "$PREFIX/bin"; exit 0')
    with pytest.raises(StepFailed) as refusal:
        small.deploy()
    assert str(refusal.value) == (
        f"distribution base: {small.prefix}/bin/conda is not there\n  hint: is it the installer of this kind?"
    )


def test_a_prefix_that_somebody_else_made_is_left_alone(small):
    small.prefix.mkdir(parents=True)
    (small.prefix / "theirs").write_text("precious")
    with pytest.raises(SiteError) as refusal:
        small.deploy()
    assert str(refusal.value) == (
        f"distribution base 25.3.0-3: {small.prefix} is there and lmodforge did not make it\n"
        "  hint: adopt it with `kind: existing`, name another `prefix`, or move it away"
    )
    assert (small.prefix / "theirs").read_text() == "precious"


@pytest.mark.parametrize("change", [{"version": "26.3.2-3"}, {"kind": "micromamba"}, {"sha256": "1" * 64}])
def test_a_prefix_is_never_made_into_another(small, change):
    small.deploy()
    made = small.base["sha256"]["linux-x86_64"]
    if "sha256" in change:
        change = {"sha256": {"linux-x86_64": change["sha256"]}}
    small.base |= change
    now = small.base
    with pytest.raises(SiteError) as refusal:
        small.deploy()
    assert str(refusal.value) == (
        f"distribution base: {small.prefix} was made from miniforge 25.3.0-3 {made}, "
        f"now it would be {now['kind']} {now['version']} {now['sha256']['linux-x86_64']}\n"
        "  hint: a prefix never changes under running jobs: give the distribution another `module` or `prefix`"
    )


def test_new_settings_are_written_into_the_base_and_nothing_else_of_it_changes(small):
    small.deploy()
    before = {path: path.lstat().st_ino for path in small.prefix.rglob("*")}
    small.site["channels"] = ["bioconda"]
    assert re.search("~  distribution  base 25.3.0-3 +new .condarc\n", small.plan())
    assert small.deploy().settled
    after = {path: path.lstat().st_ino for path in small.prefix.rglob("*")}
    changed = {str(path.relative_to(small.prefix)) for path in before if after[path] != before[path]}
    assert changed <= {".condarc", "conda-meta/frozen"}
    assert ".condarc" in changed
    assert before.keys() == after.keys()
    assert "  - bioconda\n" in (small.prefix / ".condarc").read_text()
    assert [path for path in small.prefix.rglob("*") if path.is_file() and path.stat().st_mode & 0o222] == []


def test_settings_that_somebody_edited_are_given_up_only_when_told_so(small):
    small.deploy()
    condarc = small.prefix / ".condarc"
    ours = condarc.read_text()
    condarc.chmod(0o644)
    condarc.write_text("channels: [theirs]\n")
    with pytest.raises(SiteError) as refusal:
        small.deploy()
    assert str(refusal.value) == (
        "distribution base 25.3.0-3: .condarc edited by hand\n"
        "  hint: move the edit into the site file or a template of the site's own; `--replace-edited` gives it up"
    )
    small.deploy(replace_edited=True)
    assert condarc.read_text() == ours
    condarc.unlink()
    assert small.deploy().settled
    assert condarc.read_text() == ours
    assert stat.S_IMODE(condarc.stat().st_mode) == 0o444


def test_whatever_fails_nothing_is_published_and_the_next_deploy_completes(tmp_path):
    clean = Failing()
    first = Small(tmp_path)
    first.offer()
    first.deploy(clean)
    assert len(clean.steps) > 40
    for k in range(1, len(clean.steps) + 1, 4):
        RealSystem().remove(first.root)
        failing = Failing(k)
        try:
            first.deploy(failing)
        except (SiteError, OSError):
            assert not (first.modulefiles / "current").exists(), failing.steps[k - 1]
        assert first.deploy().settled, failing.steps[k - 1]
        assert first.receipt().version == "25.3.0-3"


DEPLOY = (
    "import sys; from lmodforge.commands.show import run_deploy; "
    "run_deploy(sys.argv[1], sys.argv[2], plan='', replace_edited=False, jobs=0)"
)


def runs(pid):
    """Whether a process does anything; what has ended may wait for somebody to ask how."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except FileNotFoundError:
        return False


def test_a_deploy_that_is_killed_while_the_installer_runs_is_begun_anew(small):
    small.offer(
        body=f'if [ ! -e {small.folder}/began ]; then mkdir -p "$PREFIX"; echo $$ >{small.folder}/began; sleep 60; fi'
    )
    small.open()
    argv = [sys.executable, "-c", DEPLOY, str(small.file), str(small.root)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        while not (small.folder / "began").exists() or not (small.folder / "began").read_text():
            time.sleep(0.02)
        running.send_signal(signal.SIGKILL)
    left = int((small.folder / "began").read_text())
    assert small.prefix.exists()
    assert runs(left)
    assert re.search("base 25.3.0-3 +left unfinished, by Miniforge3", small.plan())
    assert small.deploy().settled
    assert not runs(left)


def test_micromamba_is_one_program_and_a_root_prefix(tmp_path):
    small = Small(tmp_path)
    program = tmp_path / "micromamba-linux-64"
    sha256 = write_micromamba(program)
    small.base |= {
        "kind": "micromamba",
        "version": "2.8.1-0",
        "installer": {"mirror": f"file://{tmp_path}"},
        "sha256": {"linux-x86_64": sha256},
    }
    small.deploy()
    names = sorted(str(path.relative_to(small.prefix)) for path in small.prefix.rglob("*"))
    assert names == [".condarc", "bin", "bin/micromamba", "envs", "releases"]
    assert stat.S_IMODE((small.prefix / "bin/micromamba").stat().st_mode) == 0o555
    assert small.receipt().packages == ()
    assert small.deploy().plan.is_empty


def test_environments_are_built_for_micromamba_too(centre):
    sha256 = write_micromamba(centre.small.folder / "micromamba-linux-64")
    installer = {"mirror": f"file://{centre.small.folder}"}
    centre.small.base |= {"kind": "micromamba", "installer": installer, "sha256": {"linux-x86_64": sha256}}
    assert centre.deploy().settled
    assert (centre.release / "conda-meta/history").exists()
    assert in_lmod(centre.small, "module load sci >/dev/null 2>&1; wheel version").startswith("wheel ")


@pytest.mark.parametrize("kind", ["miniconda", "anaconda"])
def test_a_kind_under_anacondas_terms_needs_a_person_who_accepts_them(small, kind):
    small.offer(channel=DEFAULTS)
    small.base["kind"] = kind
    with pytest.raises(StepFailed, match="is under Anaconda's terms of service"):
        small.deploy()
    assert not (small.root / "software/python").exists()
    small.site["anaconda_terms"] = TERMS
    assert small.deploy().settled
    assert {package.channel for package in small.receipt().packages} == {DEFAULTS}


def test_an_installer_that_brings_anacondas_packages_under_another_name_is_found_out(small):
    small.offer(channel=DEFAULTS)
    with pytest.raises(StepFailed) as refusal:
        small.deploy()
    assert str(refusal.value) == (
        "distribution base: conda, one of 4 packages, is from Anaconda's channels\n"
        "  hint: nothing is published; `anaconda_terms` in the site file records who found that the site may use them"
    )
    assert not (small.modulefiles / "current").exists()


CONDA = "#!/bin/sh\necho conda 25.3.0\n"
SOURCED = "#!/bin/sh\n. /dev/null\n"


@pytest.fixture
def from_channel(centre):
    """A centre that reaches a mirror, and no download site."""
    files = {"bin/conda": CONDA, "bin/activate": SOURCED, "condabin/conda": CONDA}
    centre.channel.add("conda", "25.3.0", files, licence="BSD-3-Clause")
    centre.channel.add("conda", "26.1.0", files)
    centre.channel.add("mamba", "2.5.0", {"bin/mamba": "#!/bin/sh\necho 2.5.0\n"})
    centre.channel.index()
    del centre.small.base["installer"], centre.small.base["sha256"]
    centre.small.base["from"] = "channel"
    return centre


def test_miniforge_from_a_channel_is_solved_locked_and_installed_without_an_installer(from_channel):
    small = from_channel.small
    assert re.search(r"distribution +base 25.3.0-3 +new, from the channels \(", small.plan())
    assert from_channel.deploy().settled
    receipt = small.receipt()
    assert receipt.source is None
    found = {package.name: package for package in receipt.packages}
    assert {"conda", "mamba", "pip", "python"} <= found.keys()
    assert (found["conda"].version, found["conda"].licence) == ("25.3.0", "BSD-3-Clause")
    assert found["conda"].channel == "https://conda.anaconda.org/conda-forge"
    assert (small.prefix / ".condarc").read_text().startswith("# Written by lmodforge.")
    assert "small and stays as it is" in (small.prefix / "conda-meta/frozen").read_text()
    assert from_channel.deploy().plan.is_empty


def test_a_base_from_a_channel_is_locked_beside_the_site_file(from_channel):
    small = from_channel.small
    small.open()
    lock_site(str(small.file), str(small.root), update=False, diff=False, markdown=False)
    assert (small.folder / f"locks/small/base/base.{SUBDIR}.lock").exists()
    before = len(from_channel.server.asked)
    assert from_channel.deploy().settled
    assert [path for path in from_channel.server.asked[before:] if "repodata" in path] == []


def test_a_base_from_a_channel_and_micromamba_are_deployed_from_a_mirror_without_a_network(from_channel):
    small = from_channel.small
    sha256 = write_micromamba(small.folder / "micromamba-linux-64")
    installer = {"mirror": f"file://{small.folder}"}
    small.site["distributions"]["tiny"] = small.base | {
        "kind": "micromamba",
        "version": "2.8.1-0",
        "module": "python/tiny",
        "installer": installer,
        "sha256": {"linux-x86_64": sha256},
        "environments": [],
    }
    del small.site["distributions"]["tiny"]["from"]
    small.open()
    make_mirror(small.file, small.root, small.folder / "mirror")
    assert (small.folder / "mirror/installers/micromamba-2.8.1-0/micromamba-linux-64").exists()
    succeed("deploy", "--offline", small.folder / "mirror", "--site", small.file, "--root", small.root, network=False)
    assert small.receipt().packages[0].channel == "https://conda.anaconda.org/conda-forge"
    assert small.receipt("python/tiny").source.url == f"file://{small.folder}/micromamba-linux-64"
