"""Jobs that share packages, on two nodes and a file system without locks: one writer fetches, and no node asks."""

import contextlib
import re
import shutil
import stat
import subprocess
import sys

import pytest

from conda.small import Centre
from end_to_end.test_download import VERSION, offer
from lmodforge.plan.digest import sha256
from lmodforge.plan.mirror import simple_index
from lockless import lockless
from me import ME
from offline import succeed
from slurm import wait_for

PATIENCE = 60.0
FILES = (".tar.bz2", ".whl", "/python.tar.gz")


class Shared(Centre):
    """A centre on two nodes: `sci` and `bio` have packages in common, `lab` stands on a Python that uv downloads."""

    def __init__(self, mount, scratch, packages, slurm):
        super().__init__(mount, packages)
        self.slurm, self.scratch, self.deploys = slurm, scratch, []
        self.layer = self.small.state / "cache/layer"
        self._serve_index(packages)
        (mount / "channels/served").mkdir()
        offer(mount / "channels/served", f"{self.server.url}/served")
        plain = {"kind": "python", "module": "python/plain", "interpreter": "uv", "version": VERSION}
        plain |= {"downloads": f"{self.server.url}/served/pythons.json", "environments": ["lab"]}
        self.site["distributions"]["plain"] = plain
        self.small.base["environments"] = ["sci", "bio"]
        shared = {"version": "1", "conda": ["attrs", "jinja2"], "pypi": ["idna"]}
        self.site["environments"] = {"sci": shared, "bio": {**shared}, "lab": {"version": "1", "pypi": ["idna"]}}
        # Each job takes a whole node.
        job = {"cores": "2", "memory": "1 GB", "time": "00:10:00"}
        self.site["builds"] = {"on": "slurm", "job": job, "scratch": str(scratch)}

    def _serve_index(self, packages):
        found = {}
        for wheel in (packages.directory.parent / "wheels").glob("*.whl"):
            path = f"pypi/{wheel.name.split('-')[0]}/{wheel.name}"
            (self.server.root / path).parent.mkdir(parents=True)
            shutil.copy(wheel, self.server.root / path)
            found[path] = sha256(wheel.read_bytes())
        for path, text in simple_index(found).items():
            (self.server.root / path).write_text(text)
        self.site["index"] = {"url": f"{self.server.url}/pypi"}

    @property
    def of(self):
        self.small.open()
        return "--site", self.small.file, "--root", self.small.root

    def deploy_up_to_jobs(self, count):
        """Start a deploy whose jobs find no node yet; return it when all of them are submitted."""
        self.slurm.run("scontrol", "update", "nodename=n1,n2", "state=drain", "reason=test")
        argv = [sys.executable, "-m", "lmodforge", "deploy", *map(str, self.of)]
        deploy = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.deploys.append(deploy)

        def submitted():
            assert deploy.poll() is None, deploy.stderr.read()
            return len(self.slurm.run("squeue", "-h", "-r", "-t", "PENDING", "-o", "%i").split()) == count

        wait_for(submitted, "the jobs", PATIENCE)
        return deploy

    def go_on(self, deploy):
        """Let the nodes work, to which nobody answers; return the exit code and what was said."""
        self.server.held = {""}
        self.slurm.run("scontrol", "update", "nodename=n1,n2", "state=resume")
        said = deploy.communicate(timeout=150)[1]
        self.server.held = set()
        return deploy.returncode, said

    def stop(self):
        """Leave nothing running, and the nodes as they were."""
        for deploy in self.deploys:
            deploy.kill()
            deploy.communicate()
        self.slurm.run("scancel", "--quiet", "--user", ME)
        self.slurm.run("scontrol", "update", "nodename=n1,n2", "state=undrain")

    def asked(self, since=0):
        return sorted(path for path in self.server.asked[since:] if path.endswith(FILES))


@pytest.fixture(scope="module")
def told(tmp_path_factory, packages, slurm):
    """What was seen of two deploys: a file of the layer is damaged in the first, and nothing in the second."""
    folder = tmp_path_factory.mktemp("layer")
    scratch = folder / "scratch"
    scratch.mkdir()
    told = {}
    with (
        lockless(folder) as mount,
        (centre := Shared(mount, scratch, packages, slurm)).server,
        pytest.MonkeyPatch.context() as patch,
        contextlib.ExitStack() as stack,
    ):
        stack.callback(centre.stop)
        for name, value in {**slurm.environment, "HTTPS_PROXY": "http://127.0.0.1:9"}.items():
            patch.setenv(name, value)
        succeed("lock", *centre.of)
        before = len(centre.server.asked)
        deploy = centre.deploy_up_to_jobs(5)
        told["fetched"], asked = centre.asked(before), len(centre.server.asked)
        told["modes"] = {path: stat.S_IMODE(path.stat().st_mode) for path in [centre.layer, *centre.layer.rglob("*")]}
        told["layer"] = [path for path in told["modes"] if path.is_file()]
        [attrs] = centre.layer.rglob("attrs-*")
        attrs.chmod(0o644)
        attrs.write_bytes(b"rotten")
        told["damaged"] = attrs
        told["first"] = centre.go_on(deploy)
        told["kept"] = attrs.exists()
        told["asked by jobs"] = centre.server.asked[asked:]
        _meet(centre, folder)
        before = len(centre.server.asked)
        deploy = centre.deploy_up_to_jobs(2)
        told["fetched again"], asked = centre.asked(before), len(centre.server.asked)
        told["second"] = centre.go_on(deploy)
        told["asked by jobs"] += centre.server.asked[asked:]
        told["centre"] = centre
        yield told


def _meet(centre, folder):
    """Let the checks of `sci` and `bio` wait for each other."""
    for name, other in (("sci", "bio"), ("bio", "sci")):
        wait = f"touch {folder}/{name}; until test -e {folder}/{other}; do sleep 0.1; done"
        centre.site["environments"][name]["check"] = {"run": [f"sh -c '{wait}'"]}


def test_each_file_is_fetched_once_by_the_host_that_deploys(told):
    names = [path.rpartition("/")[2] for path in told["fetched"]]
    assert sorted({re.split("[-.]", name)[0] for name in names}) == [
        *("attrs", "idna", "jinja2", "markupsafe", "pip", "python", "python_abi")
    ]
    once = [name for name in names if not name.startswith("pip-")]  # a solver has looked at that one
    assert len(once) == len(set(once))


def test_its_layer_is_read_only_and_nobody_elses(told):
    folder = told["centre"].layer
    assert told["modes"].pop(folder) == 0o700
    assert {told["modes"][path] for path in told["layer"]} == {0o444}


def test_nodes_ask_nothing_of_the_network(told):
    assert told["asked by jobs"] == []


def test_a_damaged_file_is_noticed_by_each_job_that_wants_it(told):
    code, said = told["first"]
    assert code == 1
    rotten = sha256(b"rotten")
    for name in ("sci", "bio"):
        assert re.search(
            rf"^environment {name}: file://{told['damaged']} has sha256 {rotten}, the lock says ", said, re.MULTILINE
        )
    assert "environment lab: ready" in said


def test_the_next_deploy_fetches_only_what_is_damaged_and_both_nodes_build_at_once(told):
    assert told["kept"]
    assert [path.rpartition("/")[2] for path in told["fetched again"]] == [told["damaged"].name]
    code, said = told["second"]
    assert code == 0, said
    assert set(re.findall(r" on (n\d)$", said, re.MULTILINE)) == {"n1", "n2"}


def test_nothing_is_left_when_all_is_built(told):
    centre = told["centre"]
    assert not centre.layer.exists()
    assert list(centre.scratch.iterdir()) == []
    assert [path.name for path in (centre.small.state / "cache").iterdir()] == []
    assert succeed("plan", *centre.of) == "Site small: nothing to do.\n"
