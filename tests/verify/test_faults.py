"""A tree with planted faults: verify finds every one and names it, and nothing else; the clean tree passes."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from end_to_end.small import Small, site_text
from lmodforge.apply.system import RealSystem
from lmodforge.commands.receipts import read_deployment
from lmodforge.commands.verify import subject_of, verify_site
from lmodforge.verify.lmod import find_lmod
from lmodforge.verify.place import ThisHost
from lmodforge.verify.scenarios import Toggles
from lmodforge.verify.shells import SHELLS
from lmodforge.verify.site import verify
from lmodforge.verify.trials import Bench
from verify.faults import FAULTS, IN_ONE_SHELL, Place

HERE = RealSystem()
PLACE = ThisHost(HERE, find_lmod(HERE, {}))


OPEN_TO_ALL = """
local posix = require("posix")
if mode() == "load" and os.getenv("USE_UV_CACHE") == "0" then
  posix.chmod(os.getenv("TMPDIR") .. "/lmodforge-" .. posix.geteuid() .. "-login", "rwxr-xr-x")
end
"""
TINY = {"version": "1", "pypi": ["six"], "check": {"import": ["six"]}}


def environments():
    site = site_text(**{name: ["six"] for name in (*FAULTS, *IN_ONE_SHELL)})
    written = site["environments"]
    written["a-command-that-fails"] = {"version": "1", "pypi": ["cowsay"], "check": {"run": ["cowsay -t moo"]}}
    written["a-default-that-is-another"]["default"] = "true"
    written["an-alias-that-is-gone"]["lifecycle"] = {"aliases": ["best/env"]}
    written["a-hidden-module-shown"]["lifecycle"] = {"hidden": "true"}
    site["tools"] = {"uv": {"version": "0.13.8"}}
    return site


@pytest.fixture
def small(tmp_path):
    return Small(tmp_path)


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """What there is to try in a site with one fault in each environment; the clean site first passes a deploy."""
    small = Small(tmp_path_factory.mktemp("damaged"))
    small.write(environments())
    small.deploy()
    opened = small.open()
    deployment = read_deployment(opened)
    tree = small.modulefiles / "generations/0001"
    damages = {name: damage for name, (damage, _) in FAULTS.items()}
    damages |= {name: damage for name, (_, damage) in IN_ONE_SHELL.items()}
    for name, damage in damages.items():
        release = Path(deployment.generation.modules[f"{name}/1"])
        receipt = Path(deployment.layout.receipt(str(release)))
        damage(Place(tree / f"{name}/1.lua", release, receipt, small.prefix / "envs" / name))
    with (tree / "python/plain.lua").open("a") as file:
        file.write(OPEN_TO_ALL)
    uv = tree / "uv/0.13.8.lua"
    uv.write_text(uv.read_text().replace('module.part("spaces").uv()', ""))
    return subject_of(small.open(), read_deployment(small.open()), "")


class Temporary(Toggles):
    """One state is enough to find a fault; a clean site is tried with all of them."""

    def states(self):
        yield from list(super().states())[:1]


def tried(subject, names, shells):
    modules = tuple(module for module in subject.modules if module.name in names)
    files = {module.file for module in modules} | {
        path for path in subject.texts if path.rpartition("/")[0] in {name.rpartition("/")[0] for name in names}
    }
    texts = {path: text for path, text in subject.texts.items() if path in files}
    verified = verify(PLACE, replace(subject, modules=modules, texts=texts, toggles=Temporary()), shells, 2)
    # Lmod checks the syntax of the whole tree, of which only a part is tried.
    return [failure for failure in verified.failures if failure.module != subject.tree]


def in_bash(subject):
    return tried(subject, {"python/plain", "uv/0.13.8", *(f"{name}/1" for name in FAULTS)}, ["bash"])


def checks_by_module(failures):
    found = {}
    for failure in failures:
        found.setdefault(failure.module, set()).add(failure.check)
    return found


def test_every_fault_is_found_and_named_and_nothing_else_is(damaged):
    expected = {f"{name}/1": checks for name, (_, checks) in FAULTS.items()}
    expected |= {"python/plain": {"cache"}, "uv/0.13.8": {"toggle"}}
    assert len(expected) > 40
    assert checks_by_module(in_bash(damaged)) == expected
    # In the other shells: what only one of them meets is found there and nowhere else.
    shells = [name for name in SHELLS if name != "bash"]
    failures = tried(damaged, {f"{name}/1" for name in IN_ONE_SHELL}, shells)
    checks = {"an-error-only-in-fish": "load"}
    assert {failure.module: (failure.shell, failure.check) for failure in failures} == {
        f"{name}/1": (shell, checks.get(name, "unload")) for name, (shell, _) in IN_ONE_SHELL.items()
    }


def test_the_command_of_a_failure_shows_the_failure_in_every_shell(small):
    small.write(site_text(tiny=["six"]))
    small.deploy()
    tree = small.modulefiles / "generations/0001"
    file = tree / "tiny/1.lua"
    file.write_text(f'{file.read_text()}setenv("LEFT", "1")\n')
    found = verify_site(str(small.file), str(small.root))
    (failure,) = found.json["failures"]
    assert (failure["shells"], failure["given"]) == ([*SHELLS], None)
    assert (failure["expected"], failure["found"]) == ("no variable LEFT", "LEFT=1")
    for shell in SHELLS.values():
        line = Bench(PLACE, shell, str(tree), {}).by_hand("module load tiny/1 && module unload tiny/1; printenv LEFT")
        done = subprocess.run(["sh", "-c", line], check=False, capture_output=True, text=True, env={})
        assert (shell.name, done.stdout) == (shell.name, "1\n")


@pytest.mark.parametrize(
    ("name", "damage", "check"),
    [
        ("__lmodforge/module.lua", None, "file"),
        ("__lmodforge/spaces.lua", "local M = (", "syntax"),
        ("tiny/.modulerc.lua", 'module_version("tiny/1"', "syntax"),
    ],
)
def test_a_file_that_modules_share_is_named_itself(small, name, damage, check):
    small.write(site_text(tiny=["six"]) | {"environments": {"tiny": TINY | {"default": "true"}}})
    small.deploy()
    file = small.modulefiles / "generations/0001" / name
    file.unlink()
    if damage:
        file.write_text(damage)
    found = verify_site(str(small.file), str(small.root), shells="bash")
    assert [(failure["module"], failure["check"]) for failure in found.json["failures"]] == [(name, check)]
