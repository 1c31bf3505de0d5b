"""Whole files, compared as they are; and what odd values do to them."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from kits.example import (
    BASE,
    HTCONDOR,
    MICROMAMBA,
    ODD,
    ODD_HTCONDOR,
    ODD_PBS,
    ODD_SLURM,
    PBS,
    SCI,
    SLURM,
    R,
    site_with,
)
from lmodforge.config.archives import FORMATS
from lmodforge.kits.archive import Archive, published
from lmodforge.kits.render import packed_kits, starter_kits
from lmodforge.modulefile.render import Templates
from lmodforge.receipts.models import ArchiveReceipt

GOLDEN = Path(__file__).parent / "golden"
TEMPLATES = Templates()
IMAGE = ArchiveReceipt(
    lmodforge="0.1.0",
    made_at="2026-11-20T12:00:00+00:00",
    name="sci",
    version="2026.11",
    type="squashfs",
    path="/staging/python/releases/sci-3f2a9c1d.squashfs",
    release=SCI.prefix,
    place=SCI.prefix,
    sha256="b" * 64,
    size=700_000_000,
    signature="",
)
TAR = IMAGE.model_copy(
    update={"type": "tar.zst", "path": "/staging/python/releases/sci-3f2a9c1d.tar.zst", "place": "", "sha256": "a" * 64}
)


NODES = {
    "nodes": {
        "arm": {"archspec": "neoverse_v1", "job": {"partition": "arm"}},
        "a100": {"hosts": ["gpu*"], "job": {"partition": "gpu", "gpus": 1, "account": "of-builds"}},
        "zen4": {"archspec": "zen4", "job": {"constraint": "zen4&ib"}},
    }
}
"""Nodes of another family have no release among those of this platform."""


CASES = {
    "slurm": (SLURM, SCI, {}),
    "slurm-of-another": (SLURM, R, {}),
    "slurm-of-a-distribution": (SLURM, BASE, {}),
    "slurm-of-micromamba": ({"kind": "slurm"}, MICROMAMBA, {}),
    "slurm-with-ssh": ({"kind": "slurm", "ssh_to_nodes": "true"}, replace(SCI, packages=frozenset({"notebook"})), {}),
    "slurm-without-login": ({"kind": "slurm"}, replace(SCI, packages=frozenset({"jupyter-server"})), {"login": []}),
    "slurm-by-node": (SLURM, replace(SCI, types=("a100", "zen4", "any")), NODES),
    "slurm-on-some-nodes": (SLURM, replace(SCI, types=("a100", "zen4")), NODES),
    "slurm-odd": (ODD_SLURM, SCI, {"title": ODD}),
    "pbs": (PBS, SCI, {}),
    "pbs-odd": (ODD_PBS, SCI, {"title": ODD}),
    "htcondor": (HTCONDOR, SCI, {}),
    "htcondor-published": (
        HTCONDOR
        | {"archives": {"input": "osdf:///example/python/releases/{file}", "requirements": "(HasStaging == true)"}},
        replace(SCI, archives=published(("", each) for each in (IMAGE, TAR))),
        {},
    ),
    "htcondor-odd": (ODD_HTCONDOR, R, {"title": ODD}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_files_are_what_they_should_be(case, tmp_path, request):
    kits = rendered(case, tmp_path)
    folder = GOLDEN / case
    if request.config.getoption("--update-golden"):
        folder.mkdir(exist_ok=True)
        for kit in kits:
            (folder / kit.file).write_text(kit.text)
    assert sorted(kit.file for kit in kits) == sorted(path.name for path in folder.iterdir())
    for kit in kits:
        assert kit.text == (folder / kit.file).read_text(), kit.file


@pytest.mark.parametrize("case", CASES)
def test_bash_and_shellcheck_find_nothing_to_say(case, tmp_path):
    scripts = [kit for kit in rendered(case, tmp_path) if kit.kind != "submit"]
    assert scripts
    assert_sound(scripts)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("dest_prefix", ["", "/local/it's a place"])
def test_an_archive_is_unpacked_by_a_script_that_is_sound(kind, dest_prefix, tmp_path):
    archive = Archive(f"sci.{kind}", kind, 800_000_000, dest_prefix)
    executable, submit = packed_kits(site_with(tmp_path, HTCONDOR), SCI, TEMPLATES, archive)
    assert_sound([executable])
    assert executable.runnable
    assert "request_disk = 7200MB\n" in submit.text


def rendered(case, folder):
    scheduler, subject, more = CASES[case]
    return starter_kits(site_with(folder, scheduler, **more), subject, TEMPLATES)


def assert_sound(scripts):
    for kit in scripts:
        for argv in (["bash", "-n"], ["shellcheck", "--enable=quote-safe-variables", "-"]):
            done = subprocess.run(argv, input=kit.text, capture_output=True, text=True, check=False)
            assert (done.stdout, done.stderr, done.returncode) == ("", "", 0), kit.file


@pytest.mark.parametrize(
    ("size", "named"),
    [
        (999_999_999, "sci.tar.gz"),
        (1_000_000_000, "sci.tar.gz"),
        (1_000_000_001, "osdf:///example/staging/YOUR_USER/sci.tar.gz"),
        (30_000_000_001, None),
    ],
)
def test_a_file_takes_the_first_way_that_is_wide_enough(size, named, tmp_path):
    archive = Archive("sci.tar.gz", size=size)
    _, submit = packed_kits(site_with(tmp_path, HTCONDOR), SCI, TEMPLATES, archive)
    inputs = ", ".join(filter(None, ["my_script.py", named]))
    assert f"\ntransfer_input_files = {inputs}\n" in submit.text
    assert ("requirements = (HasStaging == true)" in submit.text) is (named is None)


def test_a_site_without_a_batch_system_has_no_kit(tmp_path):
    assert starter_kits(site_with(tmp_path, None), SCI, TEMPLATES) == ()


def test_what_cannot_be_packed_has_no_kit_for_htcondor(tmp_path):
    for engine in ("uv", ""):
        assert starter_kits(site_with(tmp_path, HTCONDOR), replace(SCI, engine=engine), TEMPLATES) == ()


def test_without_jupyter_there_is_no_script_for_it(tmp_path):
    kits = starter_kits(site_with(tmp_path, SLURM), replace(SCI, packages=frozenset({"ipykernel"})), TEMPLATES)
    assert [(kit.kind, kit.command) for kit in kits] == [("batch", "sbatch sci.sbatch")]


def test_a_template_of_the_sites_own_is_used(tmp_path):
    own = tmp_path / "templates/kits/slurm-batch.j2"
    own.parent.mkdir(parents=True)
    own.write_text("#!/bin/bash\n# {{ subject.module }} {{ request.time }}\n")
    kits = starter_kits(site_with(tmp_path, SLURM), SCI, Templates((tmp_path / "templates",)))
    assert kits[0].text == "#!/bin/bash\n# sci/2026.11 01:00:00\n"
    assert kits[1].kind == "jupyter"
