"""A site of a user who is not root, below a directory of theirs: built on a host, and by a Slurm that root runs."""

import os

import pytest
import yaml

from end_to_end.small import Small, site_text
from lmodforge.apply.executors.slurm_work import Orders, Work
from lmodforge.apply.system import RealSystem
from ordinary import USER, ordinary
from slurm import running


class Theirs(Small):
    """The user's site."""

    def __init__(self, user, name):
        (folder := user.folder / name).mkdir()
        super().__init__(folder)
        self.user = user
        self.give(self.file.parent)

    def give(self, *paths):
        for path in paths:
            os.chown(path, USER.pw_uid, USER.pw_gid)

    def describe(self, version, **builds):
        site = site_text(tiny=["six"], web=["idna"])
        site["environments"]["tiny"]["version"] = version
        site["builds"] = builds
        self.file.write_text(yaml.safe_dump(site, sort_keys=False))

    def succeed(self, verb, *words, **environment):
        done = self.user.lmodforge(verb, "--site", self.file, "--root", self.root, *words, **environment)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def owners(self):
        return {path.lstat().st_uid for path in self.root.rglob("*")}


@pytest.fixture(scope="module")
def user(tmp_path_factory):
    with ordinary(tmp_path_factory.mktemp("user")) as user:
        yield user


def test_an_ordinary_user_deploys_verifies_goes_back_and_prunes(user):
    site = Theirs(user, "host")
    site.describe("1")
    site.succeed("deploy")
    site.describe("2")
    site.succeed("deploy")
    assert site.succeed("plan") == "Site small: nothing to do.\n"
    assert site.owners() == {USER.pw_uid}
    site.succeed("verify", "--shells", "bash")
    site.succeed("rollback")
    assert site.current == "generations/0001"
    site.succeed("deploy")
    site.succeed("prune", "--keep", "1", "--older-than", "0")
    assert [path.name for path in (site.modulefiles / "generations").iterdir()] == ["0003"]
    assert site.owners() == {USER.pw_uid}


def test_who_did_not_deploy_sees_the_status_also_while_jobs_build(user):
    (folder := user.folder / "of_root").mkdir()
    site = Small(folder)
    site.write(site_text(tiny=["six"]))
    site.deploy()
    config = site.open().config
    Work(RealSystem(), f"{site.state}/jobs/one").write_orders(Orders(config, "", ""))
    done = user.lmodforge("status", "--site", site.file, "--root", site.root)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1] == "The disk is as it was deployed."
    done = user.run("ls", site.state / "jobs/one")
    assert done.stderr.endswith("Permission denied\n")


def test_an_ordinary_users_builds_are_jobs_of_theirs(user):
    site = Theirs(user, "slurm")
    (scratch := site.file.parent / "scratch").mkdir(mode=0o700)
    site.give(scratch)
    site.describe("1", on="slurm", job={"cores": 1}, scratch=str(scratch))
    with running(user.folder.parent, inside=user.inside) as slurm:
        site.succeed("deploy", **slurm.environment)
        jobs = slurm.run("squeue", "-h", "-r", "-t", "all", "-o", "%u %T").splitlines()
    assert jobs == [f"{USER.pw_name} COMPLETED"] * 3
    assert site.succeed("plan") == "Site small: nothing to do.\n"
    assert site.owners() == {USER.pw_uid}
    assert list(scratch.iterdir()) == []
    assert not (site.state / "cache/layer").exists()
