"""What `invoke init --ci` writes: valid by the forges' own schemas, and every step of it runs here on a small site."""

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from containers import BARE
from end_to_end.small import site_text
from lmodforge.apply.engines.uv import uv_binary

CHECKOUT = Path(__file__).parents[2]
FILES = {"github": ".github/workflows/small.yml", "gitlab": ".gitlab-ci.yml"}


@dataclass(frozen=True)
class Reference:
    """GitLab's `!reference [job, key]`."""

    path: tuple[str, str]


class Loader(yaml.SafeLoader):
    """Reads what GitLab reads."""


Loader.add_constructor("!reference", lambda loader, node: Reference(tuple(loader.construct_sequence(node))))


def lmodforge(*arguments, cwd):
    argv = [sys.executable, "-m", "lmodforge", *arguments]
    return subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)


def fill(folder):
    """Make a repository of a folder: a site, and both CI files."""
    (folder / "site-configs").mkdir()
    (folder / "site-configs/small.yaml").write_text(yaml.safe_dump(site_text(tiny=["six"]), sort_keys=False))
    for forge in FILES:
        assert lmodforge("init", "small", "--ci", forge, cwd=folder).returncode == 0
    return folder


@pytest.fixture
def repository(tmp_path):
    return fill(tmp_path)


def parsed(repository, forge):
    return yaml.load((repository / FILES[forge]).read_text(), Loader)


def steps(workflow):
    return {step["name"]: step["run"] for step in workflow["jobs"]["modules"]["steps"] if "run" in step}


def lines(pipeline, job, key):
    for entry in pipeline[job][key]:
        yield from pipeline[entry.path[0]][entry.path[1]] if isinstance(entry, Reference) else [entry]


@pytest.mark.parametrize("forge", FILES)
def test_the_schema_of_the_forge_accepts_it(repository, forge):
    schema = {"github": "vendor.github-workflows", "gitlab": "vendor.gitlab-ci"}[forge]
    argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    transform = ["--data-transform", "gitlab-ci"] if forge == "gitlab" else []
    done = subprocess.run(
        [*argv, *transform, FILES[forge]], cwd=repository, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "ok -- validation done\n")


def test_a_key_that_github_does_not_know_is_refused(repository):
    """The schema is one that can refuse."""
    path = repository / FILES["github"]
    path.write_text(path.read_text().replace("runs-on:", "run-on:"))
    argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", path]
    assert subprocess.run(argv, capture_output=True, check=False).returncode == 1


def test_its_shell_has_no_fault_that_shellcheck_knows(repository):
    pipeline = parsed(repository, "gitlab")
    scripts = list(steps(parsed(repository, "github")).values())
    scripts += ["\n".join(lines(pipeline, job, "script")) for job in ("check", "modules")]
    scripts += ["\n".join(lines(pipeline, "modules", "before_script"))]
    for script in scripts:
        # What the file's `env` and `variables` set, and a virtual environment that is not there yet.
        argv = ["shellcheck", "--shell=bash", "--exclude=SC2154", "-"]
        done = subprocess.run(argv, input=script, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")


def test_a_ci_file_that_is_there_stays(repository):
    before = (repository / FILES["gitlab"]).read_text()
    done = lmodforge("init", "small", "--ci", "gitlab", cwd=repository)
    assert (done.returncode, done.stderr) == (
        1,
        f"{repository / FILES['gitlab']} is there already\n  hint: move it away, and join the two afterwards\n",
    )
    assert (repository / FILES["gitlab"]).read_text() == before


def test_a_forge_that_nobody_knows_is_refused(tmp_path):
    done = lmodforge("init", "small", "--ci", "jenkins", cwd=tmp_path)
    assert (done.returncode, done.stderr, list(tmp_path.iterdir())) == (
        1,
        "--ci jenkins: no such forge is known\n  hint: one of: github, gitlab\n",
        [],
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The directory with the wheel of this checkout, which is not published under its version yet."""
    folder = tmp_path_factory.mktemp("wheels")
    argv = [uv_binary(), "build", "--wheel", "--out-dir", folder, CHECKOUT]
    subprocess.run(argv, check=True, capture_output=True)
    return folder


class Runner:
    """Runs steps as a forge's runner does, on this host: in the repository, each with the file's variables."""

    def __init__(self, repository, wheel, variables, shell):
        self.repository = repository
        self.shell = shell
        self.added = repository / "added-to-path"
        self.added.touch()
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
            **{name: value for name, value in variables.items() if name != "UV_PYTHON_INSTALL_DIR"},
            # Not one of uv's, which comes from a site that tests may not depend on: the one that images have, too.
            "UV_MANAGED_PYTHON": "0",
            "PYTHON": "/usr/bin/python3",
            "UV_FIND_LINKS": str(wheel),
            "GITHUB_PATH": str(self.added),
        }

    def run(self, script):
        path = ":".join([*reversed(self.added.read_text().split()), self.environment["PATH"]])
        done = subprocess.run(
            [*self.shell, "-c", script],
            cwd=self.repository,
            env={**self.environment, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"


@pytest.fixture
def public(wheel):
    """A repository where other users may look, as on a runner, with locks for the Python of the images."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        fill(Path(folder))
        runner = Runner(Path(folder), wheel, {}, ("bash", "-e"))
        install = steps(parsed(Path(folder), "github"))["Install lmodforge"]
        runner.run(f"{install}\nbuild/lmodforge/bin/lmodforge lock --site small\nrm -r build")
        yield Path(folder)


@pytest.mark.xdist_group("containers")
def test_every_step_of_github_runs(public, wheel, podman):
    """One image goes by all names: what other distributions are like is not known here."""
    workflow = parsed(public, "github")
    images = re.findall(r"--image (\S+)", (public / FILES["github"]).read_text())
    for image in images:
        podman.run("tag", BARE, f"docker.io/library/{image}")
    runner = Runner(public, wheel, workflow["env"], ("bash", "-e"))
    for script in steps(workflow).values():
        runner.run(script)
    assert (public / "build/docs/html/index.html").is_file()
    assert images == ["debian:12", "ubuntu:24.04", "rockylinux:9"]
    assert sorted(path.name for path in (public / "build/reports").iterdir()) == [
        *("debian-12.xml", "rocky-9.xml", "ubuntu-24.04.xml"),
    ]


@pytest.mark.xdist_group("containers")
@pytest.mark.parametrize("job", ["check", "modules"])
def test_every_step_of_gitlab_runs(public, wheel, job):
    pipeline = parsed(public, "gitlab")
    runner = Runner(public, wheel, pipeline["variables"], ("bash", "-eo", "pipefail"))
    runner.run("\n".join(lines(pipeline, job, "script")))
    made = sorted(path.name for path in (public / "build").glob("reports/*"))
    assert made == (["nobody.xml", "root.xml"] if job == "modules" else [])
    assert (public / "build/docs/html/index.html").is_file() == (job == "modules")


@pytest.mark.xdist_group("containers")
def test_what_gitlab_installs_in_an_image_is_what_the_job_needs(repository, podman):
    script = "\n".join(lines(parsed(repository, "gitlab"), "modules", "before_script"))
    after = "python3 -m venv /tmp/venv && . /etc/profile.d/lmod.sh && module --version"
    podman.run("run", "--rm", "--network=host", BARE, "bash", "-eo", "pipefail", "-c", f"{script}\n{after}")
