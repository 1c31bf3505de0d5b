"""How jobs of Slurm end other than well, and what the deploy says of it."""

import os
import re
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from end_to_end.slurm_site import PATIENCE, end_processes, job_process, parent, processes, task_of
from lmodforge.apply.system import RealSystem
from lmodforge.errors import SiteError
from slurm import wait_for


@pytest.fixture
def site(slurm_site):
    return slurm_site


def test_slurms_reason_and_the_last_lines_are_told_and_the_others_go_on(site):
    site.describe(late="sleep 60071", cancelled="sleep 60072", killed="sleep 60073", good="true")
    deploy = site.start()
    site.checking(2)
    numbers = {}
    for name, seconds in (("late", 60071), ("cancelled", 60072), ("killed", 60073)):
        numbers[name] = wait_for(lambda seconds=seconds: task_of(seconds), name, PATIENCE)
        if name == "late":
            site.slurm.run("scontrol", "update", f"jobid={numbers[name]}", "endtime=now")
        if name == "cancelled":
            site.slurm.run("scancel", numbers[name])
        if name == "killed":
            os.kill(job_process(60073), signal.SIGKILL)  # and it leaves its cache, and here its check, too
            end_processes(60073)
    code, said = site.ended(deploy)
    assert code == 1
    assert f"environment late: job {numbers['late']} ended as TIMEOUT on n" in said
    assert "hint: give it more `time`" in said
    assert f"environment cancelled: job {numbers['cancelled']} ended as CANCELLED" in said
    assert f"environment killed: job {numbers['killed']} ended as FAILED" in said
    assert re.search(r"^    \[ +[\d.]+ s\] environment killed: checking$", said, re.MULTILINE)
    assert "environment good: ready" in said
    assert site.current is None
    [cache] = site.scratch.iterdir()
    shutil.rmtree(cache)


def test_a_job_that_slurm_starts_again_begins_anew(site):
    go = site.root.parent / "go"
    site.describe(one=f"sh -c 'test -e {go} || exec sleep 60077'")
    deploy = site.start()
    [number] = site.checking()
    wait_for(lambda: processes(60077), "its first run", PATIENCE)
    keeper = parent(job_process(60077))
    site.slurm.run("scontrol", "requeue", number)
    # What Slurm hears of the first run after the second has begun, it takes for the second's.
    wait_for(lambda: not Path(f"/proc/{keeper}").exists(), "its first run to end", PATIENCE)
    end_processes(60077)
    go.touch()
    # Slurm would wait for two minutes before it begins again.
    wait_for(lambda: dict(site.jobs)[number] == "PENDING" and site.slurm.is_idle(), "the job to be requeued", PATIENCE)
    site.slurm.run("scontrol", "update", f"jobid={number}", "starttime=now")
    code, said = site.ended(deploy)
    assert code == 0, said
    assert " Restarts=1 " in site.slurm.run("scontrol", "-o", "show", "job", number)
    assert site.current == "generations/0001"


def test_a_node_that_is_lost_takes_its_job_along_and_nothing_is_published(site):
    site.describe({"options": ["--no-requeue"]}, one="sleep 60076")
    deploy = site.start()
    [number] = site.checking()
    node = site.slurm.run("squeue", "-h", "-r", "-j", number, "-o", "%N").strip()
    # A node that answers comes back by itself.
    site.slurm.run("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    code, said = site.ended(deploy)
    assert code == 1
    assert f"environment one: job {number} ended as NODE_FAIL" in said
    assert site.current is None
    # It may have been killed outright; and without control groups Slurm loses sight of what a job has started.
    end_processes(60076)
    shutil.rmtree(site.scratch)
    site.scratch.mkdir()


def test_a_build_that_gives_way_to_more_urgent_work_says_so(site):
    site.describe({"options": ["--no-requeue"]}, one="sleep 60079")
    deploy = site.start()
    [number] = site.checking()
    [node] = site.slurm.run("squeue", "-h", "-r", "-j", number, "-o", "%N").split()
    urgent = ("--partition=urgent", "--exclusive", f"--nodelist={node}", "--output=/dev/null", "--wrap=true")
    site.slurm.submit(*urgent, cwd=site.root.parent)
    code, said = site.ended(deploy)
    assert code == 1
    assert f"environment one: job {number} ended as PREEMPTED on {node}" in said
    assert "hint: deploy again: what has its receipt stays" in said
    assert site.current is None


def test_a_build_that_needs_more_memory_than_it_was_given_says_so(site):
    site.describe(one=f"{sys.executable} -c 'import time; held = bytearray(400 << 20); time.sleep(60)'")
    code, said = site.ended(site.start())
    assert code == 1
    assert "slurmstepd" in said
    assert "exceeded memory limit" in said
    assert "hint: give it more `memory` in `builds.job`, or in `job` of the environment or of its node type" in said
    assert site.current is None
    shutil.rmtree(site.scratch)  # it was killed outright
    site.scratch.mkdir()


class ControlGroups(RealSystem):
    """Slurm's answer where control groups have noticed that the kernel killed a program of a job."""

    def run(self, argv, **options):
        done = super().run(argv, **options)
        return replace(done, stdout=done.stdout.replace("|FAILED|", "|OUT_OF_MEMORY|"))


def test_a_program_that_is_killed_for_want_of_memory_is_told_apart_from_one_that_fails(site):
    site.describe(one="sh -c 'kill -9 $$'")
    with pytest.raises(SiteError) as raised:
        site.deploy(ControlGroups())
    [killed, why] = raised.value.mistakes
    assert killed.message == "environment one: exit code 137 from sh -c kill -9 $$"
    assert re.match(r"environment one: job \d+_0 ended as OUT_OF_MEMORY on n\d", why.message)
    assert why.hint == "give it more `memory` in `builds.job`, or in `job` of the environment or of its node type"
