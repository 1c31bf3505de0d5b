"""A tree with planted faults: verify finds every one and names it, and nothing else; the clean tree passes."""

from dataclasses import replace

import pytest

from end_to_end.small import Small, site_text
from lmodforge.apply.system import RealSystem
from lmodforge.commands.receipts import read_deployment
from lmodforge.commands.verify import subject_of, verify_site
from lmodforge.verify.lmod import find_lmod
from lmodforge.verify.place import ThisHost
from lmodforge.verify.site import verify
from verify.faults import FAULTS, IN_ONE_SHELL, Place

HERE = RealSystem()
PLACE = ThisHost(HERE, find_lmod(HERE, {}))


def environments():
    site = site_text(**{name: ["six"] for name in (*FAULTS, *IN_ONE_SHELL)})
    written = site["environments"]
    written["a-command-that-fails"] = {"version": "1", "pypi": ["cowsay"], "check": {"run": ["cowsay -t moo"]}}
    written["a-default-that-is-another"]["default"] = "true"
    written["an-alias-that-is-gone"]["lifecycle"] = {"aliases": ["best/env"]}
    written["a-hidden-module-shown"]["lifecycle"] = {"hidden": "true"}
    site["tools"] = {"uv": {"version": "0.13.8"}}
    return site


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """What there is to try in a site with one fault in each environment; the clean site first passes a deploy."""
    small = Small(tmp_path_factory.mktemp("damaged"))
    small.write(environments())
    small.deploy()
    opened = small.open()
    deployment = read_deployment(opened)
    tree = small.modulefiles / "generations/0001"
    for name, damage in (FAULTS | {name: (damage, set()) for name, (_, damage) in IN_ONE_SHELL.items()}).items():
        release = deployment.generation.modules[f"{name}/1"]
        receipt = deployment.layout.receipt(release)
        place = Place(tree / f"{name}/1.lua", *map(type(tree), (release, receipt, f"{small.prefix}/envs/{name}")))
        damage[0](place)
    opens = 'require("posix").chmod(os.getenv("TMPDIR") .. "/lmodforge-" .. require("posix").geteuid() .. "-login", "rwxr-xr-x")'
    with (tree / "python/plain.lua").open("a") as file:
        file.write(f'if mode() == "load" and os.getenv("USE_UV_CACHE") == "0" then {opens} end\n')
    uv = tree / "uv/0.13.8.lua"
    uv.write_text(uv.read_text().replace('module.part("spaces").uv()', ""))
    return subject_of(small.open(), read_deployment(small.open()), "")


def tried(subject, names, shells):
    modules = tuple(module for module in subject.modules if module.name in names)
    files = {module.file for module in modules} | {
        path for path in subject.texts if path.rpartition("/")[0] in {name.rpartition("/")[0] for name in names}
    }
    texts = {path: text for path, text in subject.texts.items() if path in files}
    return verify(PLACE, replace(subject, modules=modules, texts=texts), shells, 2)


@pytest.fixture(scope="module")
def found(damaged):
    """Everything that is found in bash, by module."""
    own = {f"{name}/1" for name in FAULTS}
    verified = tried(damaged, {"python/plain", "uv/0.13.8", *own}, ["bash"])
    checks = {}
    for failure in verified.failures:
        checks.setdefault(failure.module, set()).add(failure.check)
    return checks


def test_every_fault_is_found_and_named_and_nothing_else_is(found):
    expected = {f"{name}/1": checks for name, (_, checks) in FAULTS.items()}
    assert found == expected | {"python/plain": {"cache"}, "uv/0.13.8": {"toggle"}}
