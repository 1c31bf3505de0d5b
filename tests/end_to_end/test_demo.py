"""The default site, as shipped: deployed once, and used as its last words say."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from containers import BARE
from lmod import lmod
from lmodforge.apply.system import RealSystem
from lmodforge.commands.verify import verify_site
from lmodforge.verify.places.choose import Wish
from promises import kept

# One worker deploys it, once: the one that makes images.
pytestmark = pytest.mark.xdist_group("containers")

ENVIRONMENTS = {"sci": "scipy", "ml": "lightgbm", "bio": "Bio", "geo": "rasterio", "hpc": "dask"}


def lmodforge(root, *arguments):
    argv = [sys.executable, "-m", "lmodforge", *arguments, "--site", "demo", "--root", str(root)]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def login(script):
    """Run commands as somebody types them in a login shell that has Lmod."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-c", f". {lmod().init('bash')}\n{script}"],
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The root of the deployed demo, and what the deploy printed."""
    root = tmp_path_factory.mktemp("demo") / "root"
    done = lmodforge(root, "deploy")
    assert done.returncode == 0, done.stderr
    yield root, done.stdout
    RealSystem().remove(root)  # four gigabytes


def test_what_deploy_says_to_type_next_works_as_it_stands(demo):
    _, said = demo
    typed = [line.strip() for line in said.partition("What a user types next:")[2].splitlines() if line.strip()]
    assert [line.split()[:2] for line in typed[1:]] == [["module", "avail"], ["module", "load"], ["source", "activate"]]
    done = login("\n".join([*typed, "python -c 'import numpy, sys; print(sys.prefix)'"]))
    assert done.returncode == 0, done.stderr
    assert "/releases/sci-" in done.stdout


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_environment_has_a_module_of_its_own(demo, environment):
    root, _ = demo
    profile = root / "modulefiles/init/profile.sh"
    script = f"before=$PATH; . {profile}; module load {environment}; python -c 'import {ENVIRONMENTS[environment]}'"
    done = login(f'{script}; module purge; [ "$PATH" = "$before" ] && echo clean')
    assert done.stdout == "clean\n", done.stderr


def test_the_kernel_of_an_environment_runs_in_its_release(demo, tmp_path):
    root, _ = demo
    program = tmp_path / "kernel.py"
    program.write_text(
        "from jupyter_client.manager import start_new_kernel\n"
        "manager, client = start_new_kernel(kernel_name='sci')\n"
        "client.execute_interactive('import os, sys; print(sys.prefix == os.environ[\"VIRTUAL_ENV\"])', timeout=60)\n"
        "client.stop_channels(); manager.shutdown_kernel(now=True)\n"
    )
    profile = f"export HOME={tmp_path}; . {root}/modulefiles/init/profile.sh"
    done = login(f"{profile}; module load sci; python {program}")
    assert done.stdout == "True\n", done.stderr


@kept(
    "RCC",
    "jupyter-notebook --no-browser --ip=$HOST_IP --port=$PORT_NUM",
    "jupyter-notebook --no-browser --ip=$HOST_IP --port=15021",
)
@kept(
    "RCC",
    "jupyter-lab --no-browser --ip=$HOST_IP --port=$PORT_NUM",
    "jupyter-lab --no-browser --ip=$HOST_IP --port=15021",
)
@kept("ULHPC", "jupyter lab")
@pytest.mark.parametrize("program", ["jupyter-lab", "jupyter-notebook"])
def test_jupyter_serves_who_has_the_url_that_it_prints(demo, tmp_path, program):
    root, _ = demo
    port = "PORT_NUM=$(shuf -i15001-30000 -n1)"
    as_root = "--allow-root" if os.geteuid() == 0 else ""
    typed = f"exec {program} --no-browser --ip=127.0.0.1 --port=$PORT_NUM {as_root}"
    with typing(
        f". {root}/modulefiles/init/profile.sh; module load python; source activate sci; {port}; {typed}", tmp_path
    ) as said:
        url = next(found for _ in patience(60) if (found := re.search(r"http://127\S+token=\w+", said.read_text())))
        place, token = re.match(r"(http://[^/]+)/\w*\?token=(\w+)", url[0]).groups()
        with urllib.request.urlopen(f"{place}/api/kernelspecs?token={token}", timeout=30) as answer:
            assert answer.status == 200
            assert "python3" in json.load(answer)["kernelspecs"]


@contextlib.contextmanager
def typing(script, folder):
    """Run a program until the test is done with it; give the file with what it says."""
    said = folder / "said"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    argv = ["bash", "--noprofile", "--norc", "-e", "-c", f". {lmod().init('bash')}\n{script}"]
    with said.open("w") as out, subprocess.Popen(argv, env=environment, stdout=out, stderr=out, cwd=folder) as running:
        try:
            yield said
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(30)


def patience(seconds):
    for _ in range(seconds * 4):
        yield
        time.sleep(0.25)


def test_find_names_every_module_that_holds_numpy(demo):
    root, _ = demo
    holders = json.loads(lmodforge(root, "find", "numpy", "--json").stdout)["holders"]
    assert {Path(holder["module"]).parts[0] for holder in holders} == set(ENVIRONMENTS)


@pytest.mark.parametrize("user", ["", "root"])
def test_verify_finds_nothing_wrong_with_it_in_a_container(demo, podman, user):
    root, _ = demo
    found = verify_site("demo", str(root), wish=Wish(image=BARE, engine="podman", user=user), shells="bash,tcsh")
    assert found.failures == 0, found.text
    assert [module["passed"] for module in found.json["modules"]] == [True] * 7


def test_nothing_has_drifted_and_nothing_is_left_to_do(demo):
    root, _ = demo
    assert lmodforge(root, "status").returncode == 0
    assert lmodforge(root, "plan").returncode == 0
