"""Archives that a deploy makes: found by name, never changed under a job, gone with their releases."""

import json
import shutil
import socket
import subprocess
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from channel import MINOR
from conda.packing import SCRIPT, expected, run_in_a_job
from conda.small import Centre
from end_to_end.faults import Failing
from lmodforge.apply.execute import builder_for
from lmodforge.apply.progress import Silent
from lmodforge.apply.system import RealSystem
from lmodforge.commands.docs import build_docs
from lmodforge.commands.kits import write_kits
from lmodforge.commands.pack import pack_environment
from lmodforge.commands.planning import engines_for, plan_site, workshop_for
from lmodforge.commands.prune import prune_site
from lmodforge.commands.rollback import roll_back
from lmodforge.commands.show import run_deploy
from lmodforge.commands.status import show_status
from lmodforge.config.archives import FORMATS
from lmodforge.errors import SiteError
from lmodforge.plan.digest import sha256
from lmodforge.receipts.models import ArchiveReceipt
from lmodforge.verify.doctor import diagnose

pytestmark = pytest.mark.xdist_group("pack")  # one worker deploys the site that test_pack looks at, too


def archives(site: Centre) -> Path:
    return site.small.root / "software/archives"


def receipts(site: Centre) -> dict[str, ArchiveReceipt]:
    """Those of `sci`, by format."""
    files = (site.small.state / "receipts/installed/archives/releases").glob("*.json")
    found = [ArchiveReceipt.model_validate(json.loads(file.read_text())) for file in files]
    return {receipt.type: receipt for receipt in found}


def names(site: Centre) -> dict[str, str]:
    return {path.name: str(path.readlink()) for path in archives(site).iterdir() if path.is_symlink()}


def status(site: Centre) -> list[str]:
    found = show_status(str(site.small.file), str(site.small.root)).json["drift"]
    return [f"{row['name']}: {row['found']}; {row['remedy']}" for row in found]


def words(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_a_deploy_packs_a_release_and_says_so_in_receipts(packable):
    made, release = receipts(packable), packable.release
    assert names(packable) == {f"sci-1.{kind}": f"releases/{release.name}.{kind}" for kind in FORMATS}
    assert {kind: (one.path, one.release, one.place) for kind, one in made.items()} == {
        kind: (f"{archives(packable)}/releases/{release.name}.{kind}", str(release), place)
        for kind, place in (("tar.gz", ""), ("tar.zst", ""), ("squashfs", str(release)))
    }
    for one in made.values():
        file = Path(one.path)
        assert (one.size, one.sha256) == (file.stat().st_size, sha256(file.read_bytes()))
        assert file.stat().st_mode & 0o777 == 0o444
    assert status(packable) == []


@pytest.mark.parametrize("kind", ["tar.gz", "tar.zst"])
def test_it_holds_what_pack_makes_by_hand(kind, packable, tmp_path):
    how = {"kind": kind, "dest_prefix": "", "out": str(tmp_path), "replace": False}
    by_hand = pack_environment("sci", str(packable.small.file), str(packable.small.root), **how)
    assert by_hand.sha256 == receipts(packable)[kind].sha256


def test_an_htcondor_job_runs_in_the_published_archive(packable, tmp_path):
    write_kits(str(packable.small.file), str(packable.small.root), str(tmp_path / "kits"))
    kit, best = tmp_path / "kits/sci/1", min(receipts(packable).values(), key=lambda one: (one.place, one.size))
    submit = (kit / "sci.sub").read_text().splitlines()
    assert f"#     {best.path}" in submit
    assert f"#     sha256 {best.sha256}" in submit
    assert f"transfer_input_files = my_script.py, {best.path}" in submit
    assert not any("OSDF" in line for line in submit)
    shutil.copy2(best.path, kit)
    scratch = tmp_path / "scratch"
    assert run_in_a_job(packable, kit, scratch) == expected(scratch / "sci")


def test_an_image_that_is_mounted_in_the_place_of_the_release_is_as_good_as_the_release(packable, tmp_path):
    """Mounting takes root on the node; bubblewrap puts the same files at the same place, read-only."""
    release, image = packable.release, tmp_path / "image"
    unpack = ["unsquashfs", "-quiet", "-no-progress", "-dest", image, receipts(packable)["squashfs"].path]
    subprocess.run(unpack, check=True, stdout=subprocess.DEVNULL)
    (tmp_path / "my_script.py").write_text(SCRIPT)
    place = ["--tmpfs", packable.small.folder, "--ro-bind", image, release, "--chdir", tmp_path]
    argv = ["bwrap", "--bind", "/", "/", "--dev", "/dev", *place, "env", "-i", "PATH=/usr/bin:/bin", "bash", "-c"]
    subprocess.run([*argv, f". {release}/bin/activate && python my_script.py"], check=True)
    assert json.loads((tmp_path / "shown.json").read_text()) == expected(release)
    again = [*argv, f"{release}/bin/python -v -c 'import jinja2'"]
    said = subprocess.run(again, capture_output=True, text=True, check=True)
    source = f"{release}/lib/python{MINOR}/site-packages/jinja2/__init__.py"
    assert any(line.endswith(f"matches {source}") for line in said.stderr.splitlines()), "it compiles at each import"
    assert (image / "conda-meta/frozen").exists() == (release / "conda-meta/frozen").exists()


def test_what_was_made_is_told(centre):
    centre.sci["archives"] = ["tar.zst"]
    centre.small.open()
    done = run_deploy(str(centre.small.file), str(centre.small.root), plan="", replace_edited=False)
    [made] = receipts(centre).values()
    [told] = done.json["archives"]
    assert told == {
        "name": f"{archives(centre)}/sci-1.tar.zst",
        "file": made.path,
        "environment": "sci",
        "version": "1",
        "format": "tar.zst",
        "place": None,
        "size": made.size,
        "sha256": made.sha256,
    }
    assert "Generation 1 is current (1 prefix, 1 release, 1 archive built)." in done.text


def test_an_archive_lives_as_long_as_a_kept_generation_names_it(centre):
    """One site, one release after the other: names are switched and rolled back, files stay as they are."""
    centre.sci["archives"] = ["tar.gz"]
    centre.deploy()
    first = receipts(centre)["tar.gz"]
    centre.sci["conda"] = ["attrs", "wheel"]
    centre.deploy()
    second = Path(centre.release.name)
    assert names(centre) == {"sci-1.tar.gz": f"releases/{second}.tar.gz"}
    assert sha256(Path(first.path).read_bytes()) == first.sha256, "a job that reads it goes on"
    roll_back(str(centre.small.file), str(centre.small.root), 1)
    assert names(centre) == {"sci-1.tar.gz": f"releases/{Path(first.release).name}.tar.gz"}
    centre.deploy()
    assert names(centre) == {"sci-1.tar.gz": f"releases/{second}.tar.gz"}
    said = prune_site(str(centre.small.file), str(centre.small.root), 1, 0, show=False)
    assert ["-", "archive", first.path] in [line[:3] for line in words(said)]
    assert sorted(path.name for path in (archives(centre) / "releases").iterdir()) == [f"{second}.tar.gz"]
    del centre.sci["archives"]
    assert words(centre.small.plan())[2][:3] == ["-", "archive", "sci-1.tar.gz"]
    assert centre.deploy().settled
    prune_site(str(centre.small.file), str(centre.small.root), 1, 0, show=False)
    assert list(archives(centre).rglob("*.gz")) == []


def test_what_was_changed_or_removed_is_seen_and_made_again_to_the_same_bytes(centre):
    centre.sci["archives"] = ["tar.gz", "tar.zst"]
    centre.deploy()
    before = {kind: one.sha256 for kind, one in receipts(centre).items()}
    changed, gone = (Path(receipts(centre)[kind].path) for kind in ("tar.gz", "tar.zst"))
    content = changed.read_bytes()
    changed.chmod(0o644)
    changed.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    changed.chmod(0o444)
    gone.unlink()
    assert status(centre) == [
        f"sci-1.tar.zst: {gone} is missing; deploy makes it again, from its release",
        f"sci-1.tar.gz: {changed} is not what was made; deploy makes it again, from its release",
    ]
    done = centre.deploy()
    assert [archive.format for archive in done.plan.archives] == ["tar.gz", "tar.zst"]
    assert (done.plan.releases, done.settled) == ((), True)
    assert {kind: one.sha256 for kind, one in receipts(centre).items()} == before
    changed.touch()
    assert status(centre) == [], "it only looks different"
    assert centre.small.plan() == "Site small: nothing to do."


class Packing(RealSystem):
    """Does something to the program that packs."""

    def run(self, argv, **options):
        return super().run(self.packing(argv) if "lmodforge.apply.packer" in argv else argv, **options)


class Full(Packing):
    """No file may grow large, as on a full disk."""

    def packing(self, argv):
        return ("prlimit", "--fsize=100000", *argv)


class Interrupted(Packing):
    """Somebody presses ^C."""

    def packing(self, argv):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("kind", "said"),
    [("tar.gz", "File too large"), ("tar.zst", "File too large"), ("squashfs", "mksquashfs ended with exit code")],
)
def test_without_room_for_an_archive_nothing_is_published_and_the_next_deploy_packs(kind, said, centre):
    centre.sci["archives"] = [kind]
    with pytest.raises(SiteError) as caught:
        centre.deploy(Full())
    [message] = [mistake.message for mistake in caught.value.mistakes]
    assert message.startswith(f"archive sci-1.{kind}: ")
    assert said in message
    assert not (centre.small.modulefiles / "current").is_symlink()
    assert list((archives(centre) / "releases").iterdir()) == []
    done = centre.deploy()
    assert ([*map(type, done.plan.releases)], done.settled) == ([], True)


class OnNode(Packing):
    """A node without squashfs-tools, which the host that deploys cannot know."""

    def run(self, argv, *, env, **options):
        return super().run(argv, env=env | {"PATH": "/nowhere"} if "lmodforge.apply.packer" in argv else env, **options)

    def packing(self, argv):
        return argv


def test_a_node_without_mksquashfs_is_named(centre):
    centre.sci["archives"] = ["squashfs"]
    with pytest.raises(SiteError) as caught:
        centre.deploy(OnNode())
    said = f"archive sci-1.squashfs: {socket.gethostname()} has no mksquashfs\n  hint: install squashfs-tools there"
    assert str(caught.value) == said


def test_whatever_step_fails_a_receipt_is_about_a_whole_file_and_the_next_attempt_succeeds(centre):
    centre.deploy()
    centre.sci["archives"] = ["tar.zst"]
    opened = centre.small.open()
    workshop = workshop_for(opened, Silent())
    [action] = plan_site(opened, workshop, engines_for(workshop)).archives
    for step in count(1):
        system = Failing(step)
        at_fault = workshop_for(replace(opened, system=system), Silent())
        error = builder_for(at_fault, engines_for(at_fault)).attempt(action)
        for one in receipts(centre).values():
            assert one.sha256 == sha256(Path(one.path).read_bytes()), system.steps
        if error is None:
            break
        assert "No space left on device" in str(error)
    assert step > 10
    assert [path.name for path in (archives(centre) / "releases").iterdir()] == [f"{centre.release.name}.tar.zst"]
    assert centre.deploy().settled


def test_pages_say_that_it_is_packed_and_where(packable, tmp_path):
    build_docs((str(packable.small.file),), str(packable.small.root), str(tmp_path), html=False)
    jobs = (tmp_path / "markdown/jobs.md").read_text()
    best = min(receipts(packable).values(), key=lambda one: (one.place, one.size))
    assert f"**sci is packed already**, and jobs fetch it from where it is: `{best.path}`" in jobs
    assert "conda-pack" not in jobs
    page = (tmp_path / "markdown/environments/small/base/sci.md").read_text()
    rows = [line.split("`")[1::2] for line in page.splitlines() if line.startswith(f"- `{archives(packable)}")]
    assert {name: rest for name, *rest in rows} == {
        f"{archives(packable)}/sci-1.{kind}": [one.path, one.sha256] for kind, one in receipts(packable).items()
    }


def test_a_deploy_that_was_interrupted_while_packing_is_completed_by_the_next_one(centre):
    centre.sci["archives"] = ["tar.gz"]
    with pytest.raises(KeyboardInterrupt):
        centre.deploy(Interrupted())
    left = archives(centre) / f"releases/.{centre_release(centre)}.tar.gz.0123abcd"
    left.mkdir()  # as one that was killed leaves it
    (left / "part").write_bytes(b"part")
    assert ["+", "archive", "sci-1.tar.gz", "left", "unfinished"] in words(centre.small.plan())
    assert centre.deploy().settled
    assert [path.name for path in left.parent.iterdir()] == [f"{centre.release.name}.tar.gz"]


def centre_release(centre: Centre) -> str:
    [release] = (centre.small.prefix / "releases").iterdir()
    return release.name


class Bare(RealSystem):
    """A host without squashfs-tools."""

    def stat(self, path):
        return None if str(path).endswith("/mksquashfs") else super().stat(path)


def test_a_host_without_mksquashfs_is_told_before_anything_is_built(centre):
    centre.sci["archives"] = ["squashfs"]
    with pytest.raises(SiteError, match=r"^squashfs needs mksquashfs\n  hint: .*squashfs"):
        centre.deploy(Bare())
    assert not centre.small.prefix.exists()
    site = centre.small.open().config
    [found] = [finding for finding in diagnose(Bare(), site) if finding.name == "squashfs"]
    assert (found.status, found.message) == ("problem", "mksquashfs is missing, which archives of sci need")
    on_nodes = site.model_copy(update={"builds": site.builds.model_copy(update={"on": "slurm"})})
    [found] = [finding for finding in diagnose(Bare(), on_nodes) if finding.name == "squashfs"]
    assert (found.status, found.message) == (
        "warning",
        "mksquashfs is missing, which archives of sci need on the nodes",
    )
