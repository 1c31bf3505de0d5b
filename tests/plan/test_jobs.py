from dataclasses import replace

from lmodforge.config.builds import Job
from lmodforge.config.document import read_document
from lmodforge.config.load import load_site
from lmodforge.plan.actions import AdoptPrefix, BuildRelease, InstallPython, PackRelease, Plan
from lmodforge.plan.facts import Interpreter
from lmodforge.plan.jobs import batches_of, sbatch_options, steps_of

SITE = """
name: jobs
paths: {software: /sw, modulefiles: /mf}
builds: {job: {partition: build, cores: 4, memory: 8 GB, time: "02:00:00"}}
distributions:
  standard: {kind: python, module: python/plain, environments: [sci, bio, ml]}
environments:
  sci: {version: "1", pypi: [six]}
  bio: {version: "1", pypi: [six]}
  ml: {version: "1", pypi: [six], job: {partition: gpu, gpus: 1, constraint: a100, options: [--qos=build]}}
"""
STANDARD = InstallPython(
    "standard", "/sw/python/plain", Interpreter("/usr/bin/python3", "3.11.2", "host"), "3.11.2", "k", "", ""
)


def release(name, prefix="/sw/python/plain"):
    path = f"{prefix}/releases/{name}-1"
    return BuildRelease(name, "1", "standard", prefix, path, "1", "uv", "", "k", "", (), (), (), 300, "")


def steps(tmp_path, *releases, installs=(), archives=()):
    (tmp_path / "site.yaml").write_text(SITE)
    site = load_site(read_document(tmp_path / "site.yaml"))
    return steps_of(Plan("jobs", "", {}, installs=installs, releases=releases, archives=archives), site)


def shape(batches):
    return [(batch.needs, [step.subject for step in batch.steps]) for batch in batches]


def test_what_asks_for_the_same_is_one_array(tmp_path):
    found = batches_of(steps(tmp_path, release("sci"), release("ml"), release("bio")), 1001)
    assert shape(found) == [("", ["environment sci", "environment bio"]), ("", ["environment ml"])]


def test_environments_wait_for_a_distribution_that_is_still_to_be_made_and_for_nothing_else(tmp_path):
    found = batches_of(steps(tmp_path, release("sci"), release("bio", "/sw/other"), installs=[STANDARD]), 1001)
    assert shape(found) == [
        ("", ["distribution standard"]),
        ("", ["environment bio"]),
        ("/sw/python/plain", ["environment sci"]),
    ]


def test_an_array_is_as_long_as_slurm_lets_it_be(tmp_path):
    many = [replace(release("sci"), path=f"/sw/python/plain/releases/sci-{n}") for n in range(5)]
    assert [len(batch.steps) for batch in batches_of(steps(tmp_path, *many), 2)] == [2, 2, 1]


def test_adopting_a_prefix_needs_no_job(tmp_path):
    assert steps(tmp_path, installs=[AdoptPrefix("old", "/opt/old", "2.7", ())]) == ()


def test_an_environment_asks_for_its_own_before_what_the_site_asks_for(tmp_path):
    sci, ml = steps(tmp_path, release("sci"), release("ml"))
    common = ("--time=02:00:00", "--cpus-per-task=4", "--mem=7630M")
    assert sbatch_options(sci.job) == ("--partition=build", *common)
    assert sbatch_options(ml.job) == ("--partition=gpu", *common, "--gres=gpu:1", "--constraint=a100", "--qos=build")


def test_what_nobody_asks_for_is_left_to_slurm():
    assert sbatch_options(Job()) == ()


def test_the_largest_begins_first(tmp_path):
    sizes = {"sci": 10, "bio": 30}
    releases = [replace(release(name), size=size) for name, size in sizes.items()]
    assert shape(batches_of(steps(tmp_path, *releases), 1001)) == [("", ["environment bio", "environment sci"])]


def test_an_archive_waits_for_its_release_only_and_asks_for_what_its_build_asks_for(tmp_path):
    ml, sci = release("ml"), release("sci")
    archives = [
        PackRelease(
            f"{each.environment}-1.{kind}", each.environment, "1", each.path, f"/sw/a/{each.digest}.{kind}", kind
        )
        for each in (ml, sci)
        for kind in ("tar.zst", "squashfs")
    ]
    found = batches_of(steps(tmp_path, ml, archives=archives, installs=[STANDARD]), 1001)
    assert shape(found) == [
        ("", ["distribution standard"]),
        ("/sw/python/plain", ["environment ml"]),
        ("", ["archive sci-1.tar.zst", "archive sci-1.squashfs"]),
        (ml.path, ["archive ml-1.tar.zst", "archive ml-1.squashfs"]),
    ]
    assert found[3].job == found[1].job
