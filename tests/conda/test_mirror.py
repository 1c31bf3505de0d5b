"""A mirror of conda packages, an installer, wheels and a Python that uv downloads; then a deploy without a network."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rattler import Channel, Gateway, MatchSpec, VirtualPackage, solve

from channel import SUBDIR
from conda.small import Centre
from end_to_end.test_download import VERSION, offer
from lmodforge.errors import StepFailed
from offline import contents, lmodforge, make_mirror, succeed

FORGE = "https://conda.anaconda.org/conda-forge"
DIFFERS = ("history", "mirror.json")
"""Holds the time of the deploy."""


def of(centre):
    centre.small.open()
    return "--site", centre.small.file, "--root", centre.small.root


def mirror(centre) -> int:
    centre.small.open()
    return make_mirror(centre.small.file, centre.small.root, out(centre))


def out(centre):
    return centre.small.folder / "mirror"


def deploy_offline(centre):
    return lmodforge("deploy", "--offline", out(centre), *of(centre), network=False)


def packages(centre):
    return sorted(path.name.rsplit("-", 2)[0] for path in out(centre).rglob("*.tar.bz2"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory, packages):
    """A centre with all that a mirror can hold, deployed with a network; its mirror; deployed from that without one."""
    centre = Centre(tmp_path_factory.mktemp("whole"), packages)
    served = centre.small.folder / "channels/served"
    served.mkdir()
    with centre.server:
        offer(served, f"{centre.server.url}/served")
        centre.sci |= {"pypi": ["cowsay==6.1"], "check": {"import": ["jinja2", "cowsay"], "run": ["wheel version"]}}
        centre.site["distributions"]["plain"] = {
            "kind": "python",
            "module": "python/plain",
            "interpreter": "uv",
            "version": VERSION,
            "downloads": f"{centre.server.url}/served/pythons.json",
        }
        succeed("deploy", *of(centre))
        mirror(centre)
        online = centre.small.root.with_name("online")
        centre.small.root.rename(online)
        centre.small.installer.rename(centre.small.folder / "gone")
        centre.asked = len(centre.server.asked)
        succeed("deploy", "--offline", out(centre), *of(centre), network=False)
        yield centre, online


def test_it_holds_packages_wheels_installers_and_pythons_under_their_makers_names(whole):
    centre, _ = whole
    manifest = json.loads((out(centre) / "mirror.json").read_text())
    assert {path: entry["sha256"] for path, entry in manifest["files"].items()} == contents(
        out(centre), without=DIFFERS
    )
    assert {path for path in manifest["files"] if path.startswith(("installers/", "pythons/"))} == {
        "installers/miniforge-25.3.0-3/Miniforge3-25.3.0-3-Linux-x86_64.sh",
        "pythons/python.tar.gz",
    }
    assert packages(centre) == ["attrs", "jinja2", "markupsafe", "packaging", "python", "python_abi", "wheel"]
    assert {path.name.partition("-")[0] for path in out(centre).rglob("*.whl")} == {"cowsay", "pip"}


def test_without_a_network_the_same_releases_come_out(whole):
    centre, online = whole
    assert centre.server.asked[centre.asked :] == []
    for prefix in ("software/python/miniforge", "software/python/plain"):
        assert contents(centre.small.root / prefix, without=DIFFERS) == contents(online / prefix, without=DIFFERS)


def test_receipts_and_settings_name_the_channel_and_not_the_mirror(whole):
    centre, _ = whole
    assert {package.channel for package in centre.receipt.packages} == {FORGE, ""}
    assert "  - conda-forge\n" in (centre.small.prefix / ".condarc").read_text()
    for place in ("software/python", "modulefiles", "software/.lmodforge/receipts"):
        found = subprocess.run(
            ["grep", "-rl", out(centre), centre.small.root / place], check=False, capture_output=True
        )
        assert (found.returncode, found.stdout) == (1, b"")


def test_its_channel_can_be_solved_from_by_whoever_reads_it(whole):
    centre, _ = whole
    channel = f"file://{out(centre)}/conda/conda.anaconda.org/conda-forge"

    async def ask():
        gateway = Gateway(cache_dir=centre.small.folder / "repodata")
        return await solve(
            sources=[Channel(channel)],
            specs=[MatchSpec(spec) for spec in centre.sci["conda"]],
            gateway=gateway,
            platforms=[SUBDIR, "noarch"],
            virtual_packages=VirtualPackage.detect(),
        )

    # A thread of its own: the tests in a browser leave a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        records = pool.submit(lambda: asyncio.run(ask())).result()
    assert sorted(record.name.normalized for record in records) == packages(centre)
    assert all(record.sha256 for record in records)


def test_a_second_mirror_has_the_same_bytes_and_asks_for_no_file(whole):
    centre, _ = whole
    before, asked = contents(out(centre)), len(centre.server.asked)
    (centre.small.folder / "gone").rename(centre.small.installer)
    assert mirror(centre) == 0
    assert contents(out(centre)) == before
    assert centre.server.asked[asked:] == ["/served/pythons.json"]


def test_a_damaged_package_and_installer_are_named_and_mended(centre):
    mirror(centre)
    attrs = next(out(centre).rglob("attrs-*"))
    installer = next(out(centre).rglob("*.sh"))
    for path in (attrs, installer):
        path.chmod(0o644)
        path.write_bytes(b"rotten")
    done = deploy_offline(centre)
    assert (done.returncode, centre.small.prefix.exists()) == (1, False)
    for subject, path in (("environment sci", attrs), ("distribution base", installer)):
        assert f"\n{subject}: {out(centre)} holds a damaged\n    {path.relative_to(out(centre))}\n" in done.stderr
    asked = len(centre.server.asked)
    assert mirror(centre) == 2
    assert [Path(path).name for path in centre.server.asked[asked:]] == [attrs.name]
    assert deploy_offline(centre).returncode == 0


def test_a_package_that_is_not_the_one_of_the_lock_stays_out(centre):
    attrs = next((centre.channel.directory / "noarch").glob("attrs-*"))
    centre.server.broken[attrs.name] = b"something else"
    with pytest.raises(StepFailed, match=f"^conda packages: {FORGE}/noarch/{attrs.name} has sha256 "):
        mirror(centre)
    staged = {path.name for path in out(centre).with_name(".mirror.lmodforge-part").rglob("*.tar.bz2*")}
    assert attrs.name not in staged
    assert len(staged) == 6


def test_a_mirror_killed_between_packages_is_carried_on(centre):
    attrs = next((centre.channel.directory / "noarch").glob("attrs-*"))
    centre.server.held = {attrs.name}
    argv = [sys.executable, "-m", "lmodforge", "mirror", "--out", str(out(centre)), *map(str, of(centre))]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as running:
        for line in running.stderr:
            if "conda packages: 6 of 7" in line:
                os.kill(running.pid, signal.SIGKILL)
    centre.server.held = set()
    centre.server.let_go.set()
    asked = len(centre.server.asked)
    mirror(centre)
    assert [Path(path).name for path in centre.server.asked[asked:] if "repodata" not in path] == [attrs.name]


def test_every_platform_of_the_site_is_mirrored(centre):
    centre.site["platforms"] = ["linux-x86_64", "linux-aarch64"]
    centre.small.base["sha256"]["linux-aarch64"] = centre.small.base["sha256"]["linux-x86_64"]
    centre.channel.add("data", "1.0", {"share/data.txt": "some\n"})
    centre.channel.records["linux-aarch64"] = {}
    centre.channel.index()
    centre.sci["conda"] = ["data"]
    mirror(centre)
    channel = out(centre) / "conda/conda.anaconda.org/conda-forge"
    assert sorted(str(path.relative_to(channel)) for path in channel.rglob("*") if path.is_file()) == [
        "linux-64/repodata.json",
        "linux-aarch64/repodata.json",
        "noarch/data-1.0-0.tar.bz2",
        "noarch/repodata.json",
    ]
    assert deploy_offline(centre).returncode == 0
