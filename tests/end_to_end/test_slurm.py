"""Deploys whose builds are jobs of a real Slurm: two nodes on the loopback, a controller, munge."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from end_to_end.slurm_site import PATIENCE, states
from lmodforge.commands.verify import Reports, verify_site
from offline import make_mirror
from slurm import wait_for


@pytest.fixture
def site(slurm_site):
    return slurm_site


def test_each_build_is_a_job_and_this_host_publishes(site):
    site.describe(one="true", two="true")
    done = site.deploy()
    assert (done.outcome.installed, done.outcome.released, done.settled) == (1, 2, True)
    assert site.current == "generations/0001"
    assert states(site) == ["COMPLETED"] * 3
    assert list((site.state / "jobs").iterdir()) == []


def test_more_jobs_than_a_command_can_name_are_found_among_all_of_ours(site, monkeypatch):
    monkeypatch.setattr("lmodforge.apply.executors.slurm_client._LONGEST_ARGUMENT", 0)
    site.slurm.submit("--output=/dev/null", "--wrap=true", "--job-name=a|b", cwd=site.root.parent)
    site.describe(one="true")
    assert site.deploy().settled


def test_each_job_has_a_package_cache_of_its_own(site):
    site.describe(one="true", two="true")
    site.deploy()
    logs = "".join(path.read_text() for path in (site.state / "logs").glob("*/environment-*.log"))
    caches = set(re.findall(r"--cache-dir (\S+)", logs)) - {f"{site.state}/cache/uv"}
    assert {Path(cache).parent.parent for cache in caches} == {site.scratch}
    assert len(caches) == 2


def test_a_build_uses_the_cores_of_its_job(site):
    site.describe({"cores": "2"}, one="sh -c 'test $UV_CONCURRENT_INSTALLS$PYTHON_CPU_COUNT = 22'")
    assert site.deploy().settled


def test_a_check_that_fails_says_what_it_says_on_a_host_and_the_next_deploy_does_the_rest(site):
    site.describe(good="true", bad="sh -c 'echo no luck >&2; exit 3'")
    [message] = site.fail()
    assert message.splitlines() == ["environment bad: exit code 3 from sh -c echo no luck >&2; exit 3", "    no luck"]
    assert site.current is None
    site.describe(good="true", bad="true")
    done = site.deploy()
    assert [release.environment for release in done.plan.releases] == ["bad"]
    assert site.current == "generations/0001"


def test_what_stands_on_a_distribution_that_fails_does_not_begin(site):
    """Nodes take no jobs until the interpreter is broken, so that planning sees a good one and the job does not."""
    interpreter = site.root.parent / "python"
    interpreter.symlink_to(sys.executable)
    site.describe(one="true", two="true")
    site.write(yaml_with(site.file, interpreter))
    drain = [f"nodename={','.join(site.slurm.nodes)}", "reason=test"]
    site.slurm.run("scontrol", "update", *drain, "state=drain")
    try:
        deploy = site.start()
        wait_for(lambda: len(site.jobs) == 3, "the jobs", PATIENCE)
        interpreter.unlink()
    finally:
        site.slurm.run("scontrol", "update", *drain, "state=resume")
    code, said = site.ended(deploy)
    assert code == 1
    assert "environment one: FAILED: not begun: its distribution failed" in said
    assert [line for line in said.splitlines() if line.startswith(("distribution", "environment"))] == [
        line for line in said.splitlines() if line.startswith("distribution standard: exit code")
    ]
    assert states(site) == ["FAILED", "CANCELLED", "CANCELLED"]
    assert site.current is None


def yaml_with(file: Path, interpreter: Path):
    document = yaml.safe_load(file.read_text())
    document["distributions"]["standard"]["interpreter"] = str(interpreter)
    return document


def test_what_slurm_does_not_grant_is_said_with_the_key_to_change(site):
    site.describe({"partition": "nowhere"}, one="true")
    [message] = site.fail()
    assert re.fullmatch(r"sbatch: .*invalid partition specified: nowhere.*", message)
    assert site.jobs == []
    assert list((site.state / "jobs").iterdir()) == []


def test_modules_are_verified_in_jobs_on_each_partition(site):
    site.describe(one="true")
    document = yaml.safe_load(site.file.read_text())
    document["scheduler"] = {"kind": "slurm", "partitions": {"main": {}, "short": {}}}
    site.write(document)
    site.deploy()
    found = verify_site(str(site.file), str(site.root), shells="bash", on="slurm", reports=Reports(str(site.said)))
    assert found.failures == 0
    assert [each["place"] for each in found.json["places"]] == ["srun --partition=main", "srun --partition=short"]
    suites = ElementTree.parse(site.said).getroot()
    assert [suite.get("name").partition(",")[0] for suite in suites] == [
        "small: srun --partition=main",
        "small: srun --partition=short",
    ]


def test_jobs_build_from_a_mirror_and_ask_nothing_of_the_network(site):
    site.describe(one="true")
    mirror = site.root.parent / "mirror"
    make_mirror(site.file, site.root, mirror)
    code, said = site.ended(site.start("--offline", str(mirror)))
    assert code == 0, said
    assert states(site) == ["COMPLETED"] * 2
    [log] = (site.state / "logs").glob("*/environment-one.log")
    asked = [line for line in log.read_text().splitlines() if line.startswith("$ ") and "pip" in line]
    assert asked
    assert all("--offline" in line for line in asked)


def test_what_is_built_from_source_uses_the_network_from_its_job(site):
    site.describe({"memory": "1 GB"}, one="true")
    document = yaml.safe_load(site.file.read_text())
    document["environments"]["one"] |= {"pypi": ["docopt"], "build": ["docopt"], "check": {"import": ["docopt"]}}
    site.write(document)
    code, said = site.ended(site.start())
    assert code == 0, said
    assert "] environment one: its job uses the network: not all that it needs can be shared" in said
    asked = {
        name: any("--offline" in line for line in log.read_text().splitlines())
        for name in ("distribution-standard", "environment-one")
        for log in (site.state / "logs").glob(f"*/{name}.log")
    }
    assert asked == {"distribution-standard": True, "environment-one": False}
