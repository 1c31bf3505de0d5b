"""Deploys that are interrupted, lost, or without an answer from the controller: what becomes of their jobs."""

import signal
from pathlib import Path

import pytest

from end_to_end.slurm_site import PATIENCE, Site, processes, states
from lmodforge.apply.system import Completed, RealSystem
from lmodforge.commands.deploy import BuildOptions
from lmodforge.commands.prune import prune_site
from lmodforge.errors import SiteError
from slurm import wait_for


@pytest.fixture
def site(slurm_site):
    return slurm_site


def test_interrupted_it_cancels_what_it_submitted(site):
    site.describe(one="sleep 60074")
    deploy = site.start()
    site.checking()
    deploy.send_signal(signal.SIGINT)
    assert site.ended(deploy)[0] == 130
    assert states(site) == ["COMPLETED", "CANCELLED"]
    assert processes(60074) == []


@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGKILL])
def test_jobs_that_were_left_are_taken_up_by_the_next_deploy(site, signalled):
    site.describe(one="sh -c 'while test ! -e go; do sleep 0.1; done'".replace("go", str(site.scratch.parent / "go")))
    deploy = site.start("--leave-jobs")
    site.checking()
    deploy.send_signal(signalled)
    assert site.ended(deploy)[0] == {signal.SIGINT: 130, signal.SIGKILL: -9}[signalled]
    assert site.layer.exists(), "the jobs build from it"
    again = site.start()
    wait_for(lambda: "environment one: taken up" in site.said.read_text(), "the next deploy", PATIENCE)
    (site.scratch.parent / "go").touch()
    assert site.ended(again)[0] == 0
    assert not site.layer.exists()
    assert states(site) == ["COMPLETED", "COMPLETED"]
    assert site.current == "generations/0001"


class Late(RealSystem):
    """Asks its first question when the jobs of an earlier deploy have just ended."""

    def __init__(self, go: Path, site: Site) -> None:
        super().__init__()
        self.go, self.site = go, site

    def run(self, argv, **options):
        if argv[0] == "squeue" and not self.go.exists():
            self.go.touch()
            wait_for(lambda: states(self.site) == ["COMPLETED", "COMPLETED"], "the jobs", PATIENCE)
        return super().run(argv, **options)


def test_what_a_job_finishes_after_the_plan_was_made_is_not_made_again(site):
    go = site.scratch.parent / "go"
    site.describe(one=f"sh -c 'while test ! -e {go}; do sleep 0.1; done'")
    deploy = site.start()
    site.checking()
    deploy.kill()
    site.ended(deploy)
    done = site.deploy(Late(go, site))
    assert (len(done.plan.releases), done.settled) == (1, True)
    assert states(site) == ["COMPLETED", "COMPLETED"]


def test_jobs_that_nobody_wants_any_more_are_ended_when_there_is_nothing_else_to_do(site):
    site.describe(one="true")
    assert site.deploy().settled
    site.describe(one="true", two="sleep 60078")
    deploy = site.start()
    site.checking(2)
    deploy.kill()
    site.ended(deploy)
    with pytest.raises(SiteError, match="jobs of a deploy that did not end still build for this site"):
        prune_site(str(site.file), str(site.root), 1, 0, show=False)
    site.describe(one="true")
    assert site.ended(site.start())[0] == 0
    assert states(site) == ["COMPLETED", "COMPLETED", "CANCELLED"]
    assert list((site.state / "jobs").iterdir()) == []


def test_a_deploy_on_the_host_ends_the_jobs_of_one_that_was_lost(site):
    site.describe(one="sleep 60075")
    deploy = site.start()
    site.checking()
    deploy.kill()
    site.ended(deploy)
    site.describe(one="true")
    assert site.deploy(builds=BuildOptions(on="host")).settled
    assert states(site) == ["COMPLETED", "CANCELLED"]
    assert not site.layer.exists()
    assert list((site.state / "jobs").iterdir()) == []


def test_a_controller_that_is_restarted_is_waited_for(site):
    site.describe(one="sleep 5")
    deploy = site.start()
    site.checking()
    site.slurm.restart_controller()
    code, said = site.ended(deploy)
    assert code == 0, said


class Deaf(RealSystem):
    """Hears nothing of the controller for its first questions."""

    def __init__(self, questions: int) -> None:
        super().__init__()
        self.left = questions

    def run(self, argv, **options):
        self.left -= argv[0] == "squeue"
        if argv[0] == "squeue" and self.left >= 0:
            return Completed(1, "", "slurm_load_jobs error: Unable to contact slurm controller (connect failure)")
        return super().run(argv, **options)


def test_a_controller_that_does_not_answer_stops_no_deploy_until_it_is_away_for_long(site, monkeypatch):
    site.describe(one="true")
    assert site.deploy(Deaf(questions=5)).settled
    site.describe(one="true", two="true")
    monkeypatch.setattr("lmodforge.apply.executors.slurm_follow.SILENT", 0.5)
    with pytest.raises(SiteError, match=r"squeue: .*Unable to contact slurm controller"):
        site.deploy(Deaf(questions=1000))
    # Its jobs could not even be cancelled: the next deploy takes them up, or finds what they have built.
    assert site.deploy().settled
    assert states(site) == ["COMPLETED"] * 3
