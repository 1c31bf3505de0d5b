"""What goes wrong with channels and packages: a clear message, nothing half-published, and the next run completes."""

import hashlib
import os
import re
import signal
import subprocess
import sys

import pytest

from channel import PYTHON, SUBDIR
from end_to_end.faults import Failing
from lmodforge.commands.prune import prune_site
from lmodforge.errors import SiteError

FORGE = "https://conda.anaconda.org/conda-forge"
UNREACHED = "is the server up, and reached from here? `conda.mirrors` names another; then deploy again"


def refusal(centre) -> str:
    """Deploy, which fails; return the message, with what differs from run to run taken out."""
    with pytest.raises(SiteError) as failed:
        centre.deploy()
    assert not (centre.small.modulefiles / "current").exists()
    assert not (centre.small.prefix / "envs/sci").is_symlink()
    text = str(failed.value).replace(str(centre.small.folder), "HERE").replace(centre.server.host, "MIRROR")
    return re.sub(f"/({SUBDIR}|noarch)/repodata[a-z_.]*", "/repodata", text)


def completes(centre) -> bool:
    """Deploy again; say whether that leaves nothing to do."""
    return centre.deploy().settled and (centre.release / "conda-meta/history").exists()


def typed_deploy(centre):
    """What an administrator types."""
    site = ("--site", centre.small.file, "--root", centre.small.root)
    return [sys.executable, "-m", "lmodforge", "deploy", *site]


def archive(centre, name):
    return next(centre.channel.directory.glob(f"*/{name}-[0-9]*"))


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_specs_that_cannot_be_had_are_named_with_their_place(centre):
    centre.sci |= {"conda": ["jinja2 >=99", "atrs", "six"], "python": "2.7"}
    version = archive(centre, "jinja2").name.split("-")[1]
    assert refusal(centre) == (
        f"HERE/small.yaml:24:7: environment sci: nothing matches `jinja2 >=99` in {FORGE}\n"
        f"  hint: there is jinja2 {version}\n"
        f"HERE/small.yaml:25:7: environment sci: there is no package `atrs` for {SUBDIR}\n"
        "  hint: did you mean `attrs`?\n"
        f"HERE/small.yaml:27:13: environment sci: nothing matches `python 2.7.*` in {FORGE}\n"
        f"  hint: there is python {PYTHON}"
    )


def test_specs_that_exclude_each_other_are_named_with_their_places(centre):
    centre.channel.add("old-plots", depends=["numbers <2"])
    centre.channel.add("new-plots", depends=["numbers >=2"])
    for version in ("1.9", "2.1"):
        centre.channel.add("numbers", version)
    centre.channel.index()
    centre.sci["conda"] = ["six", "old-plots", "attrs", "new-plots"]
    first, *report, hint = refusal(centre).splitlines()
    assert first == "HERE/small.yaml:25:7: environment sci: `old-plots`, `new-plots` exclude each other"
    assert {line[:4] for line in report} == {"    "}
    assert "numbers <2" in "".join(report)
    assert hint == "  hint: `new-plots` stands at HERE/small.yaml:27:7"


def test_a_package_that_needs_what_no_channel_has_is_named(centre):
    centre.channel.add("broken", depends=["nowhere >=1"])
    centre.channel.index()
    centre.sci["conda"] = ["broken"]
    assert refusal(centre) == (
        "HERE/small.yaml:24:7: environment sci: `broken` cannot be installed\n"
        "    broken * cannot be installed because there are no viable options:\n"
        "    └─ broken 1.0 would require\n"
        "       └─ nowhere >=1, for which no candidates were found."
    )


def test_an_archive_that_is_not_the_one_of_the_lock_is_refused(centre):
    right, other = archive(centre, "attrs"), archive(centre, "six")
    centre.server.broken[right.name] = other.read_bytes()
    assert refusal(centre) == (
        f"environment sci: {FORGE}/noarch/{right.name} has sha256 {sha256(other)}, the lock says {sha256(right)}\n"
        "  hint: nothing was installed: is a mirror out of step with its channel, or has somebody changed the file?"
    )
    centre.server.broken.clear()
    assert completes(centre)


def test_a_truncated_download_is_refused(centre):
    name = archive(centre, "attrs").name
    centre.server.cut.add(name)
    first, *_, last, hint = refusal(centre).splitlines()
    assert (first, last) == (
        f"environment sci: failed to fetch {name}",
        "    end of file before message length reached",
    )
    assert hint == f"  hint: {UNREACHED}"
    centre.server.cut.clear()
    assert completes(centre)


def test_a_mirror_that_is_down_is_named(centre):
    centre.site["conda"]["mirrors"]["conda-forge"] = ["http://127.0.0.1:9/conda-forge"]
    assert refusal(centre) == (
        "environment sci: Request failed after 2 retries\n"
        "    error sending request for url (http://127.0.0.1:9/conda-forge/repodata)\n"
        "    client error (Connect)\n"
        "    tcp connect error\n"
        "    Connection refused (os error 111)\n"
        f"  hint: {UNREACHED}"
    )


def test_the_second_mirror_serves_when_the_first_is_down(centre):
    centre.site["conda"]["mirrors"]["conda-forge"].insert(0, "http://127.0.0.1:9/conda-forge")
    assert completes(centre)


def test_a_channel_that_is_not_there_is_named(centre):
    centre.site["channels"] = [f"{centre.server.url}/nowhere"]
    assert refusal(centre) == (
        "environment sci: could not find subdir 'noarch' in channel 'http://MIRROR/nowhere/'\n"
        "    HTTP status client error (404 Not Found) for url (http://MIRROR/nowhere/repodata)\n"
        "  hint: correct `channels`, or the mirror of it in `conda.mirrors`"
    )


def test_a_token_is_sent_to_its_host_and_shows_nowhere(centre):
    centre.server.token = "right-token"
    token = centre.small.folder / "token"
    token.write_text("wrong-token\n")
    centre.site["conda"]["tokens"] = {"127.0.0.1": str(token)}
    assert refusal(centre) == (
        "environment sci: HTTP status client error (401 Unauthorized) for url (http://MIRROR/conda-forge/repodata)\n"
        "  hint: `conda.tokens` names the file that holds the token of a host"
    )
    token.write_text("right-token\n")
    assert completes(centre)
    found = subprocess.run(["grep", "-rlE", "(right|wrong)-token", centre.small.root], check=False, capture_output=True)
    assert (found.returncode, found.stdout) == (1, b"")


def test_a_token_in_a_url_is_masked_in_messages(centre):
    token = centre.small.folder / "token"
    token.write_text('{"CondaToken": "tk-1234"}')
    centre.server.token = "another"
    centre.site["conda"]["tokens"] = {"127.0.0.1": str(token)}
    said = refusal(centre) + "".join(log.read_text() for log in (centre.small.state / "logs").rglob("*.log"))
    assert said.count("/t/********/conda-forge/") == 2
    assert "tk-1234" not in said


def test_a_token_file_that_is_not_there_is_named(centre):
    centre.site["conda"]["tokens"] = {"127.0.0.1": f"{centre.small.folder}/none"}
    assert refusal(centre) == "environment sci: the token file HERE/none cannot be read: No such file or directory"


def test_what_keeps_all_environments_from_being_solved_is_said_once(centre):
    centre.site["conda"]["tokens"] = {"127.0.0.1": f"{centre.small.folder}/none"}
    centre.small.base["environments"] = ["sci", "web"]
    centre.site["environments"]["web"] = {"version": "1", "conda": ["idna"]}
    assert refusal(centre) == "conda channels: the token file HERE/none cannot be read: No such file or directory"


def test_every_environment_that_cannot_be_solved_is_named(centre):
    centre.small.base["environments"] = ["sci", "web"]
    centre.site["environments"]["web"] = {"version": "1", "conda": ["idn"]}
    centre.sci["conda"] = ["sixx"]
    assert refusal(centre) == (
        f"HERE/small.yaml:25:7: environment sci: there is no package `sixx` for {SUBDIR}\n"
        "  hint: did you mean `six`?\n"
        f"HERE/small.yaml:29:7: environment web: there is no package `idn` for {SUBDIR}\n"
        "  hint: did you mean `idna`?"
    )


def test_a_full_disk_is_named_and_the_next_run_completes(centre):
    cache = centre.small.state / "cache/conda"
    cache.mkdir(parents=True)
    centre.small.open()
    small = ["bwrap", "--dev-bind", "/", "/", "--size", "200000", "--tmpfs", cache]
    done = subprocess.run([*small, *typed_deploy(centre)], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert done.stderr.endswith("hint: free some space: `invoke doctor` says how much there is; then deploy again\n")
    assert not (centre.small.modulefiles / "current").exists()
    assert completes(centre)


def test_a_step_that_fails_publishes_nothing_and_the_next_run_completes(centre):
    others = [f"other{number}" for number in range(30)]
    for name in others:
        centre.channel.add(name)
    centre.channel.index()
    centre.deploy()
    centre.sci["conda"] = ["attrs"]
    clean = Failing()
    centre.deploy(clean)
    own = [k for k, step in enumerate(clean.steps, 1) if "/sci-" in step or "lmodforge.apply.rattler" in step]
    assert len(own) > 10
    for other, k in zip(others, own, strict=False):
        centre.sci["conda"] = ["attrs", other]
        before = centre.release
        failing = Failing(k)
        with pytest.raises((SiteError, OSError)):
            centre.deploy(failing)
        assert centre.release == before, failing.steps[-1]
        assert completes(centre)
        assert (centre.release / f"conda-meta/{other}-1.0-0.json").exists()


@pytest.mark.parametrize("state", ["resolving", "linking", "compiling", "capturing activation", "checking", "freezing"])
def test_killed_in_any_state_leaves_what_the_next_run_completes(centre, state):
    centre.sci["check"] = {"import": ["jinja2"]}
    centre.small.open()
    deploy = subprocess.Popen(typed_deploy(centre), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    for line in deploy.stderr:
        if state in line:
            os.kill(deploy.pid, signal.SIGKILL)
            break
    assert deploy.wait() == -signal.SIGKILL
    deploy.stderr.close()
    assert not (centre.small.modulefiles / "current").exists()
    assert completes(centre)


def test_what_prune_takes_from_the_package_cache_is_fetched_when_it_is_needed_again(centre):
    packages = centre.small.state / "cache/conda/packages"

    def cached():
        return {path.name.partition("-")[0] for path in packages.iterdir() if path.is_dir()}

    centre.deploy()
    before = cached()
    centre.sci["conda"] = ["attrs"]
    centre.deploy()
    prune_site(str(centre.small.file), str(centre.small.root), 1, 0, show=False)
    assert before - cached() == {"jinja2", "markupsafe", "packaging", "python_abi", "wheel"}
    assert not list((centre.small.state / "cache/downloads").iterdir())
    asked = len(centre.server.asked)
    centre.sci["conda"] = ["attrs", "jinja2"]
    assert centre.deploy().settled
    fetched = {path.rpartition("/")[2].split("-")[0] for path in centre.server.asked[asked:] if ".tar" in path}
    assert fetched == {"jinja2", "markupsafe", "python_abi"}
