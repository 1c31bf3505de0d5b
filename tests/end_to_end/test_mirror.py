"""A mirror of a site whose packages come from an index, and its deploy on a host without a network."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from channel import MINOR, Server, download_wheels
from end_to_end.faults import Failing
from end_to_end.small import Small, site_text
from lmodforge.apply.interpreters import host_interpreter
from lmodforge.apply.mirror.contents import refuse_unfit
from lmodforge.apply.mirror.layer import Layer
from lmodforge.apply.mirror.offline import open_mirror, refuse_other_files, unpacked
from lmodforge.apply.progress import Silent
from lmodforge.apply.system import RealSystem
from lmodforge.commands.lock import lock_site
from lmodforge.commands.planning import engines_for, plan_site, workshop_for
from lmodforge.errors import SiteError, StepFailed
from lmodforge.plan.digest import sha256
from lmodforge.plan.jobs import steps_of
from lmodforge.plan.mirror import Wanted, simple_index
from offline import contents, lmodforge, make_mirror, succeed

WHEELS = ("pip", "six", "idna", "cowsay")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """A simple index with a few real wheels."""
    folder = tmp_path_factory.mktemp("index")
    found = {}
    for wheel in download_wheels(WHEELS, folder / "wheels"):
        path = f"pypi/{wheel.name.split('-')[0]}/{wheel.name}"
        (folder / path).parent.mkdir(parents=True)
        shutil.copy(wheel, folder / path)
        found[path] = sha256(wheel.read_bytes())
    for path, text in simple_index(found).items():
        (folder / path).write_text(text)
    return folder


class Centre:
    """A site, the index that it asks, and the mirror that is made of it."""

    def __init__(self, folder: Path, server: Server):
        self.server = server
        self.small = Small(folder)
        self.site = site_text(tiny=["six"], web=["idna", "cowsay"])
        self.site["index"] = {"url": f"{server.url}/pypi"}
        self.out = folder / "mirror"
        self.write()

    def write(self):
        self.small.write(self.site)

    @property
    def of(self):
        return "--site", self.small.file, "--root", self.small.root

    def mirror(self, *pythons, out=None, system=None) -> int:
        return make_mirror(self.small.file, self.small.root, out or self.out, *pythons, system=system)

    def deploy(self, *options, mirror=None):
        return lmodforge("deploy", "--offline", mirror or self.out, *self.of, *options, network=False)

    def wheel(self, name):
        """The path of a wheel in the mirror."""
        return next(str(path.relative_to(self.out)) for path in self.out.rglob(f"{name}-*.whl"))

    def damage(self, path):
        (self.out / path).chmod(0o644)
        (self.out / path).write_bytes(b"rotten")

    def refused(self, *options, mirror=None) -> str:
        """Deploy, which fails before anything is built; return the message."""
        done = self.deploy(*options, mirror=mirror)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert not self.small.prefix.exists()
        lines = [line for line in done.stderr.splitlines() if not line.startswith("[")]
        return "\n".join(lines).replace(str(self.small.file.parent), "HERE")


@pytest.fixture
def locked(tmp_path, wheels):
    """A centre of the test's own, whose environments are locked, with a server that a test may break."""
    with (centre := Centre(tmp_path, Server(wheels))).server:
        lock(centre)
        yield centre


@pytest.fixture(scope="module")
def made(tmp_path_factory, wheels):
    """A centre with a mirror; look only."""
    with (centre := Centre(tmp_path_factory.mktemp("made"), Server(wheels))).server:
        centre.mirror()
        yield centre


@pytest.fixture
def centre(made, tmp_path):
    """A centre of the test's own, with a copy of that mirror."""
    centre = Centre(tmp_path, made.server)
    shutil.copytree(made.out, centre.out)
    return centre


def lock(centre):
    lock_site(str(centre.small.file), str(centre.small.root), update=False, diff=False, markdown=False)


def test_a_mirror_holds_exactly_what_the_locks_name(made):
    names = {path.name for path in (made.server.root / "wheels").iterdir()}
    assert {path.name for path in made.out.rglob("*.whl")} == names
    manifest = json.loads((made.out / "mirror.json").read_text())
    files = contents(made.out, without=["mirror.json"])
    assert {path: entry["sha256"] for path, entry in manifest["files"].items()} == files
    assert {entry["subject"] for entry in manifest["locks"].values()} == {
        "distribution standard",
        "environment tiny",
        "environment web",
    }


def test_it_says_what_it_holds_and_what_is_typed_on_the_other_side(made):
    said = lmodforge("mirror", "--out", "mirror", *made.of, cwd=made.out.parent).stdout
    size = sum(path.stat().st_size for path in made.out.rglob("*") if path.is_file() and path.name != "mirror.json")
    assert said == (
        f"mirror: 4 wheels, {size / 1e6:.1f} MB, for linux-x86_64; 0 files fetched.\n"
        f"sha256 of its manifest: {sha256((made.out / 'mirror.json').read_bytes())}\n"
        "\n"
        "Where there is no network:\n"
        "\n"
        "    invoke deploy --site small --offline mirror\n"
    )
    document = json.loads(lmodforge("mirror", "--json", "--out", made.out, *made.of).stdout)
    assert (document["document"], document["version"], document["size"]) == ("mirror", 1, size)


def test_without_a_network_the_same_releases_come_out(made):
    root, online = made.small.root, made.small.root.with_name("online")
    succeed("deploy", *made.of)
    root.rename(online)
    asked = len(made.server.asked)
    succeed("deploy", "--offline", made.out, *made.of, network=False)
    assert made.server.asked[asked:] == []
    prefix = "software/python/plain"
    assert contents(root / prefix) == contents(online / prefix)
    assert succeed("plan", *made.of, network=False) == "Site small: nothing to do.\n"


def test_a_plan_of_a_mirror_is_carried_out_as_it_was_reviewed(centre):
    plan, latest = centre.small.root.with_name("plan.json"), centre.small.root.with_name("latest")
    latest.symlink_to(centre.out)
    shown = lmodforge("plan", "--offline", latest, "--out", plan, *centre.of, network=False)
    assert (shown.returncode, centre.small.root.exists()) == (2, False)
    succeed("deploy", "--plan", plan, network=False)
    assert centre.small.current == "generations/0001"


def test_the_same_locks_give_the_same_bytes_and_nothing_is_fetched_twice(centre):
    before, asked = contents(centre.out), len(centre.server.asked)
    assert centre.mirror() == 0
    assert contents(centre.out) == before
    assert centre.server.asked[asked:] == []
    archives = [centre.out.with_name(name) for name in ("one.tar.zst", "two.tar.zst")]
    assert centre.mirror(out=archives[0]) == len(WHEELS)
    archives[0].rename(archives[1])
    shutil.copy(archives[1], archives[0])
    assert centre.mirror(out=archives[0]) == 0
    assert archives[0].read_bytes() == archives[1].read_bytes()
    assert {path.name for path in centre.out.parent.iterdir()} == {
        *("small.yaml", "mirror", "one.tar.zst", "two.tar.zst")
    }


def test_what_is_not_needed_any_more_goes(centre):
    (centre.out / "pypi/stray.txt").write_text("not ours\n")
    centre.site["environments"]["web"] |= {"pypi": ["cowsay"], "check": {}}
    centre.write()
    centre.mirror()
    assert {path.name.split("-")[0] for path in centre.out.rglob("*.whl")} == {"pip", "six", "cowsay"}
    assert not (centre.out / "pypi/stray.txt").exists()
    assert not (centre.out / "pypi/idna").exists()


def test_a_damaged_file_is_fetched_anew(centre):
    wheel = centre.wheel("six")
    centre.damage(wheel)
    asked = len(centre.server.asked)
    assert centre.mirror() == 1
    assert centre.server.asked[asked:] == [f"/{wheel}"]


def test_a_mirror_killed_half_way_is_carried_on(locked):
    (idna,) = (path.name for path in (locked.server.root / "wheels").glob("idna-*"))
    locked.server.held = {idna}
    argv = [sys.executable, "-m", "lmodforge", "mirror", "--out", str(locked.out), *map(str, locked.of)]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as running:
        for line in running.stderr:
            if f"installers: {len(WHEELS) - 1} of {len(WHEELS)}" in line:
                os.kill(running.pid, signal.SIGKILL)
    assert not locked.out.exists()
    locked.server.held = set()
    locked.server.let_go.set()
    before = len(locked.server.asked)
    locked.mirror()
    assert {path for path in locked.server.asked[before:] if path.endswith(".whl") and "/pip/" not in path} == {
        f"/pypi/idna/{idna}"
    }


def test_what_came_before_a_failure_is_kept(locked):
    (idna,) = (path.name for path in (locked.server.root / "wheels").glob("idna-*"))
    locked.server.broken[idna] = b"something else"
    with pytest.raises(StepFailed) as failed:
        locked.mirror()
    url = f"{locked.server.url}/pypi/idna/{idna}"
    right = sha256((locked.server.root / "wheels" / idna).read_bytes())
    assert str(failed.value) == (
        f"environment web: {url} has sha256 {sha256(b'something else')}, expected was {right}\n"
        "  hint: it is not kept; find out which one is right"
    )
    assert not locked.out.exists()
    assert {path.name for path in locked.out.with_name(".mirror.lmodforge-part").rglob("*.whl*")} == {
        path.name for path in (locked.server.root / "wheels").iterdir()
    } - {idna}


def test_everything_that_is_damaged_or_lost_is_named_before_anything_is_built(centre):
    wheel, lost = centre.wheel("six"), centre.wheel("idna")
    centre.damage(wheel)
    (centre.out / lost).unlink()
    anew = "  hint: make it anew where there is a network: invoke mirror"
    assert centre.refused() == (
        f"environment web: HERE/mirror has lost\n    {lost}\n{anew}\n"
        f"environment tiny: HERE/mirror holds a damaged\n    {wheel}\n{anew}"
    )


def test_a_mirror_of_older_locks_is_refused(centre):
    centre.site["environments"]["tiny"]["pypi"] = ["six", "idna"]
    centre.site["environments"]["new"] = {"version": "1", "pypi": ["cowsay"]}
    centre.site["distributions"]["standard"]["environments"] += ["new"]
    centre.write()
    said = "HERE/mirror has no lock that answers what the site file asks for now"
    anew = "  hint: make it anew where there is a network: invoke mirror"
    assert centre.refused() == (
        f"environment tiny: {said}; it was made for other packages, or another version\n{anew}\n"
        f"environment new: {said}; it has none of that name\n{anew}"
    )


def test_locks_beside_the_site_file_come_first_and_what_the_mirror_lacks_of_them_is_named(centre):
    cowsay, idna = centre.wheel("cowsay"), centre.wheel("idna")
    centre.site["environments"]["web"] |= {"version": "2", "pypi": ["cowsay"], "check": {}}
    centre.write()
    centre.mirror()
    centre.site["environments"]["web"] |= {"pypi": ["cowsay", "idna"]}
    centre.write()
    lock(centre)
    assert centre.refused() == (
        f"environment web: HERE/mirror lacks\n    {idna}\n  hint: make it anew where there is a network: invoke mirror"
    )
    assert (centre.out / cowsay).exists()


def test_a_mirror_for_another_python_or_platform_is_refused(centre):
    centre.mirror(f"{MINOR}.99")
    said = "distribution standard: HERE/mirror has no lock that answers what the site file asks for now"
    anew = "  hint: make it anew where there is a network: invoke mirror"
    version = host_interpreter().version
    assert centre.refused() == f"{said}; it has one for Python {MINOR}.99, not for Python {version}\n{anew}"
    centre.site["platforms"] = ["linux-aarch64"]
    centre.write()
    centre.mirror()
    assert centre.refused().startswith(f"{said}; it has one for linux-aarch64, not for linux-64\n{anew}")


def test_an_archive_is_unpacked_to_a_private_place_and_deployed(centre):
    archive = centre.out.with_name("site.tar.zst")
    centre.mirror(out=archive)
    shown = lmodforge("plan", "--offline", archive, *centre.of, network=False)
    assert (shown.returncode, centre.small.root.exists()) == (2, False)
    assert centre.deploy(mirror=archive).returncode == 0
    assert centre.small.current == "generations/0001"
    (unpacked,) = (centre.small.state / "cache/mirrors").iterdir()
    assert unpacked.stat().st_mode & 0o077 == 0
    assert centre.mirror(out=archive) == 0


def test_an_archive_with_other_files_than_its_manifest_names_is_refused(centre):
    (centre.out / "pypi/evil.whl").write_text("evil")
    (wheel,) = (centre.out / "pypi/idna").glob("*.whl")
    wheel.rename(wheel.with_name("another.whl"))
    archive = centre.out.with_name("site.tar")
    with tarfile.open(archive, "w") as tar:
        first = [centre.out / "mirror.json", *sorted((centre.out / "locks").iterdir())]
        others = [path for path in sorted(centre.out.rglob("*")) if path.is_file() and path not in first]
        for path in (*first, *others):
            tar.add(path, str(path.relative_to(centre.out)))
    assert centre.refused(mirror=archive) == (
        "HERE/site.tar is not as it was made\n"
        "    pypi/evil.whl: not in its manifest\n"
        "    pypi/idna/another.whl: not in its manifest\n"
        f"    pypi/idna/{wheel.name}: not there\n"
        "  hint: copy it again"
    )


def test_a_cut_archive_is_refused(centre):
    archive = centre.out.with_name("site.tar.zst")
    centre.mirror(out=archive)
    archive.write_bytes(archive.read_bytes()[:-10_000])
    assert "HERE/site.tar.zst is damaged, or no archive: " in centre.refused(mirror=archive)
    centre.mirror(out=archive)
    assert centre.deploy(mirror=archive).returncode == 0


def test_what_is_no_mirror_is_explained(centre):
    shutil.rmtree(centre.out)
    centre.out.mkdir()
    (centre.out / "thesis.txt").write_text("precious")
    with pytest.raises(StepFailed) as refusal:
        centre.mirror()
    assert str(refusal.value) == (
        f"{centre.out} is there and is no mirror\n  hint: name another --out, or move it away"
    )
    assert (centre.out / "thesis.txt").read_text() == "precious"
    hint = "  hint: invoke mirror --out DIR writes one"
    assert centre.refused() == f"HERE/mirror is no mirror: it has no mirror.json\n{hint}"
    assert centre.refused(mirror=centre.out.with_name("nowhere")) == (
        f"there is no mirror at HERE/nowhere\n{hint}, where there is a network"
    )
    assert centre.refused(mirror=centre.out / "thesis.txt").startswith(
        "HERE/mirror/thesis.txt is damaged, or no archive: "
    )
    with pytest.raises(SiteError) as refusal:
        centre.mirror("3")
    assert str(refusal.value) == (
        "--python 3: that is no version of Python\n  hint: such as 3.11.9, or standard=3.11.9"
    )


def test_two_that_make_one_mirror_do_not_meet(centre):
    centre.out.with_name(".mirror.lmodforge-lock").write_text(f"{os.getpid()}\n{os.uname().nodename}\n")
    with pytest.raises(SiteError, match=r" is making .*/mirror just now\n  hint: wait for it; "):
        centre.mirror()


@pytest.mark.parametrize("name", ["mirror", "mirror.tar"])
def test_whatever_fails_there_is_a_whole_mirror_and_the_next_run_completes(locked, tmp_path, name):
    """But between two renames, where the one before lies beside its place."""
    out, web, variants = locked.out.with_name(name), locked.site["environments"]["web"], []
    for number, changes in enumerate(({"version": "2", "pypi": ["cowsay"]}, {"version": "1", "pypi": ["idna"]})):
        web |= changes | {"check": {}}
        locked.write()
        lock(locked)
        variants.append((dict(web), shutil.copytree(tmp_path / "locks", tmp_path / f"locks{number}")))
    locked.mirror(out=out)
    for k in range(1, 60, 4):
        asked, locks = variants[k // 4 % 2]
        web |= asked
        locked.write()
        shutil.rmtree(tmp_path / "locks")
        shutil.copytree(locks, tmp_path / "locks")
        failing = Failing(k)
        try:
            locked.mirror(out=out, system=failing)
        except (SiteError, OSError):
            assert not out.exists() or wheels_of(out, tmp_path), failing.steps[k - 1]
        locked.mirror(out=out)
        assert wheels_of(out, tmp_path) == {"pip", "six", asked["pypi"][0]}, failing.steps[-1]
    assert len(failing.steps) < k, "every step has failed once"
    assert not any("lmodforge" in path.name for path in tmp_path.iterdir())


def wheels_of(out, scratch) -> set[str]:
    """The projects of the wheels in a mirror that is as its manifest says."""
    system = RealSystem()
    mirror = unpacked(open_mirror(system, str(out)), str(scratch / "unpacked"))
    refuse_other_files(system, mirror.folder, mirror)
    return {path.split("/")[1] for path in mirror.manifest.files if path.endswith(".whl")}


def test_whatever_fails_a_layer_says_only_what_is_there_and_the_next_run_completes(locked):
    opened = locked.small.open()
    workshop = workshop_for(opened, Silent())
    steps = steps_of(plan_site(opened, workshop, engines_for(workshop)), opened.config)
    some = [step for step in steps if step.subject != "environment web"]
    layer = Layer(workshop)
    for k in range(1, 60):
        assert layer.fill(some) == []
        assert layer_of(layer) == {"pip", "six"}
        failing = Failing(k)
        with contextlib.suppress(SiteError, OSError):
            Layer(replace(workshop, system=failing)).fill(steps)
        assert layer_of(layer) >= {"pip", "six"}, failing.steps[k - 1]
        assert layer.fill(steps) == []
        assert layer_of(layer) == {"pip", "six", "idna", "cowsay"}, failing.steps[-1]
        if len(failing.steps) < k:
            break
    assert len(failing.steps) < k, "every step has failed once"
    assert not list(Path(layer.folder).rglob("*.part"))
    layer.remove()
    assert not Path(layer.folder).exists()


def layer_of(layer) -> set[str]:
    """The projects of the wheels in a layer, each as its manifest says."""
    mirror = open_mirror(RealSystem(), layer.folder)
    assert all(RealSystem().sha256(f"{layer.folder}/{p}") == entry.sha256 for p, entry in mirror.manifest.files.items())
    return {path.split("/")[1] for path in mirror.manifest.files}


def test_a_python_of_the_other_host_is_named(locked):
    locked.site["distributions"]["standard"]["interpreter"] = "/opt/python/bin/python3"
    locked.write()
    with pytest.raises(SiteError) as refusal:
        locked.mirror()
    assert str(refusal.value) == (
        "distribution standard: no Python found (looked at /opt/python/bin/python3: not there)\n"
        "  hint: if it is on the other host: --python standard=3.11.9, or whatever version it has there"
    )
    locked.mirror(f"standard={host_interpreter().version}")
    with pytest.raises(SiteError, match="there is no distribution `plain`\n  hint: one of: standard"):
        locked.mirror("plain=3.11.9")


def test_what_is_built_from_source_and_what_is_under_anacondas_terms_is_not_mirrored(centre):
    sdist = "https://files.example.org/x-1.0.tar.gz"
    theirs = "https://repo.anaconda.com/pkgs/main/noarch/x-1-0.conda"
    wanted = [Wanted("environment a", "pypi/x/x-1.0.tar.gz", sdist, "aa"), Wanted("environment b", "x", theirs, "bb")]
    with pytest.raises(StepFailed) as refusal:
        refuse_unfit(centre.small.open().config, wanted)
    assert str(refusal.value) == (
        f"environment a: {sdist} would be built from source, and no lock holds what that needs\n"
        "  hint: build a wheel of it, offer it under `index.find_links`, and drop it from `build`\n"
        f"environment b: {theirs} is under Anaconda's terms of service\n"
        "  hint: `anaconda_terms` in the site file records who found that the site may use them"
    )


def test_wheels_of_this_host_are_mirrored_too(centre, tmp_path):
    wheel = next((centre.server.root / "wheels").glob("six-*"))
    (tmp_path / "ours").mkdir()
    shutil.copy(wheel, tmp_path / "ours")
    centre.site["index"]["find_links"] = [str(tmp_path / "ours")]
    centre.site["environments"] = {"tiny": {"version": "1", "pypi": [f"six=={wheel.name.split('-')[1]}"]}}
    centre.site["distributions"]["standard"]["environments"] = ["tiny"]
    centre.write()
    centre.mirror()
    shutil.rmtree(tmp_path / "ours")
    assert centre.deploy().returncode == 0
