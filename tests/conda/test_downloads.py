"""A download carries on where it broke off, is believed only by its hash, and says what is wrong in one sentence."""

import errno
import hashlib
import os

import pytest

from downloads import DownloadSite
from lmodforge.apply.distributions.installer import fetch
from lmodforge.apply.progress import Silent
from lmodforge.apply.system import RealSystem
from lmodforge.apply.workshop import Workshop
from lmodforge.config.models import Paths, SiteConfig
from lmodforge.errors import StepFailed
from lmodforge.plan.actions import Download

CONTENT = os.urandom(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
HALF = len(CONTENT) // 2


class Told(Silent):
    """Remembers what it was told."""

    def __init__(self):
        self.states = []

    def state(self, subject, state):
        self.states.append(f"{subject}: {state}")


@pytest.fixture
def site():
    with DownloadSite(it__sh=CONTENT) as site:
        yield site


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def workshop(tmp_path, told):
    paths = Paths(software=str(tmp_path / "sw"), modulefiles=str(tmp_path / "mf"))
    return Workshop(RealSystem(), SiteConfig(name="small", paths=paths), progress=told)


def get(workshop, url, sha256=SHA256):
    return fetch(Download(url, "it.sh", sha256), "distribution base", workshop)


def refused(workshop, url, sha256=SHA256):
    with pytest.raises(StepFailed) as refusal:
        get(workshop, url, sha256)
    return str(refusal.value)


def part(workshop):
    return workshop.system.read(f"{workshop.layout.cache}/downloads/{SHA256}/it.sh.base.part")


def test_it_comes_whole_with_progress_and_only_once(site, workshop, told):
    path = get(workshop, f"{site.url}/it.sh")
    assert RealSystem().read(path) == CONTENT
    assert get(workshop, f"{site.url}/it.sh") == path
    assert site.asked == [("it.sh", 0)]
    states = ["30 %", "60 %", "100 %"]
    assert told.states == [f"distribution base: downloading {state}" for state in states]


def test_what_broke_off_is_carried_on_at_once(site, workshop):
    site.breaks_after = [HALF, 1_000_000]
    path = get(workshop, f"{site.url}/it.sh")
    assert RealSystem().read(path) == CONTENT
    assert site.asked == [("it.sh", 0), ("it.sh", HALF), ("it.sh", HALF + 1_000_000)]


def test_what_broke_off_for_good_is_carried_on_by_the_next_deploy(site, workshop):
    site.breaks_after = [HALF, 0]
    assert refused(workshop, f"{site.url}/it.sh") == (
        f"distribution base: {site.url}/it.sh: only {HALF} of {len(CONTENT)} bytes came\n"
        "  hint: deploy again: it carries on from there"
    )
    assert part(workshop) == CONTENT[:HALF]
    path = get(workshop, f"{site.url}/it.sh")
    assert RealSystem().read(path) == CONTENT
    assert site.asked[-1] == ("it.sh", HALF)


def test_a_server_without_ranges_sends_it_all_again(site, workshop):
    site.breaks_after, site.ranges = [HALF], False
    path = get(workshop, f"{site.url}/it.sh")
    assert RealSystem().read(path) == CONTENT
    assert site.asked == [("it.sh", 0), ("it.sh", HALF)]


def test_a_part_that_is_too_long_is_given_up(site, workshop):
    site.breaks_after = [HALF, 0]
    refused(workshop, f"{site.url}/it.sh")
    workshop.system.append(f"{workshop.layout.cache}/downloads/{SHA256}/it.sh.base.part", CONTENT)
    assert RealSystem().read(get(workshop, f"{site.url}/it.sh")) == CONTENT


def test_another_hash_is_refused_and_the_file_is_not_kept(site, workshop):
    other = "0" * 64
    assert refused(workshop, f"{site.url}/it.sh", other) == (
        f"distribution base: {site.url}/it.sh has sha256 {SHA256}, expected was {other}\n"
        "  hint: nothing was run; find out which one is right before you change `sha256` in the site file"
    )
    assert workshop.system.names(f"{workshop.layout.cache}/downloads/{other}") == ()


def test_a_file_that_was_changed_in_the_cache_is_fetched_again(site, workshop):
    path = get(workshop, f"{site.url}/it.sh")
    workshop.system.append(path, b"evil")
    assert RealSystem().read(get(workshop, f"{site.url}/it.sh")) == CONTENT
    assert len(site.asked) == 2


@pytest.mark.parametrize(
    ("status", "said", "hint"),
    [
        (404, "404 Not Found", "is the version right? a mirror of it can stand under `installer`"),
        (403, "403 Forbidden", "it wants credentials: take a mirror without, or a file, under `installer`"),
        (503, "503 Service Unavailable", "try again later; a mirror of it can stand under `installer`"),
    ],
)
def test_what_the_server_answers_is_said(site, workshop, status, said, hint):
    site.status = status
    if status == 404:
        site.files = {}
    expected = f"distribution base: {site.url}/it.sh: the server answers {said}\n  hint: {hint}"
    assert refused(workshop, f"{site.url}/it.sh") == expected


def test_a_server_that_is_down_is_named(workshop):
    with DownloadSite() as gone:
        url = f"{gone.url}/it.sh"
    assert refused(workshop, url) == (
        f"distribution base: {url}: [Errno 111] Connection refused\n"
        "  hint: is it up? a mirror of it can stand under `installer`"
    )


def test_a_file_of_this_host_needs_no_server(tmp_path, workshop):
    (tmp_path / "it.sh").write_bytes(CONTENT)
    assert RealSystem().read(get(workshop, f"file://{tmp_path}/it.sh")) == CONTENT
    missing = f"file://{tmp_path}/other.sh"
    assert refused(workshop, missing, "1" * 64).startswith(f"distribution base: {missing}: [Errno 2] No such file")


class Full(RealSystem):
    """A disk that takes half a file."""

    def download(self, url, path, on_bytes):
        def heard(count, total):
            if count > HALF:
                raise OSError(errno.ENOSPC, "No space left on device", str(path))

        super().download(url, path, heard)


def test_a_full_disk_is_no_fault_of_the_servers(site, workshop):
    full = Workshop(Full(), workshop.site)
    with pytest.raises(OSError, match="No space left on device"):
        get(full, f"{site.url}/it.sh")
    assert RealSystem().read(get(workshop, f"{site.url}/it.sh")) == CONTENT


def test_a_certificate_of_an_unknown_authority_is_refused_and_the_way_to_know_it_is_named(
    workshop, tmp_path, monkeypatch
):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with DownloadSite(it__sh=CONTENT).encrypted(tmp_path / "site.pem") as site:
        said = refused(workshop, f"{site.url}/it.sh")
        assert "certificate verify failed" in said
        assert said.splitlines()[-1] == (
            "  hint: whose certificate is it? a centre's own authority belongs in the file that SSL_CERT_FILE names"
        )
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "site.pem"))
        get(workshop, f"{site.url}/it.sh")
