"""`from: environment.yml`: taken as it is, with every mistake at its place in that file."""

import pytest

from channel import MINOR
from conda.shells import in_lmod
from lmodforge.errors import InvalidSite, StepFailed

FILE = f"""\
name: whatever
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python={MINOR}
  - jinja2>=3
  - pip:
      - cowsay
variables:
  GREETING: hello world
prefix: /home/somebody/envs/whatever
"""


def write(centre, text):
    folder = centre.small.folder / "sci"
    folder.mkdir(exist_ok=True)
    (folder / "environment.yml").write_text(text)
    del centre.sci["conda"]
    centre.sci["from"] = "sci/environment.yml"
    return folder / "environment.yml"


def test_an_environment_file_is_taken_as_it_is(centre):
    write(centre, FILE)
    centre.deploy()
    found = {package.name: bool(package.channel) for package in centre.receipt.packages}
    assert found == {"python": True, "python_abi": True, "jinja2": True, "markupsafe": True, "cowsay": False}
    assert in_lmod(centre.small, "module load sci; echo $GREETING; module unload sci; echo [$GREETING]") == (
        "hello world\n[]\n"
    )


def test_a_change_of_the_file_is_a_change_of_the_site(centre):
    file = write(centre, FILE)
    centre.deploy()
    file.write_text(FILE.replace("  - jinja2>=3\n", "  - jinja2>=3\n  - six\n"))
    centre.deploy()
    assert "six" in {package.name for package in centre.receipt.packages}


def test_what_the_site_file_says_itself_goes_before(centre):
    write(centre, FILE)
    centre.sci |= {"pypi": ["idna"], "variables": {"GREETING": "hi"}}
    config = centre.small.open().config.environments["sci"]
    assert (config.conda, config.pypi, config.variables) == (
        (f"python={MINOR}", "jinja2>=3"),
        ("idna",),
        {"GREETING": "hi"},
    )


def test_specs_of_the_file_that_cannot_be_had_are_named_there(centre):
    file = write(centre, FILE.replace("jinja2>=3", "jinja2>=99"))
    with pytest.raises(StepFailed) as failed:
        centre.deploy()
    assert str(failed.value).startswith(f"{file}:7:5: environment sci: nothing matches `jinja2>=99` in ")


def test_mistakes_in_the_file_are_shown_at_their_places(centre):
    packages = "dependencies:\n  - 'num py; rm'\n  - conda: [x]\n  - pip: ['-r x']\n"
    file = write(centre, f"channel: [x]\n{packages}variables: {{PATH: /x}}\n")
    with pytest.raises(InvalidSite) as invalid:
        centre.deploy()
    assert str(invalid.value).replace(str(file), "FILE") == (
        "FILE:1:1: unknown key `channel` in an environment file\n"
        "  hint: the keys here: `name`, `channels`, `dependencies`, `variables`, `prefix`\n"
        "FILE:3:5: `num py; rm` is not a conda package\n"
        "  hint: a name and, if need be, versions: `numpy >=2,<3`\n"
        "FILE:4:5: `conda` is no list of packages that lmodforge knows\n"
        "  hint: write `pip:`\n"
        "FILE:5:11: `-r x` is not a package of an index\n"
        "  hint: write a name and, if need be, versions: `numpy>=2,<3`\n"
        "FILE:6:13: `PATH` belongs to activation itself\n"
        "  hint: choose another variable"
    )


def test_a_file_that_is_not_there_is_named_where_it_is_asked_for(centre):
    write(centre, FILE).unlink()
    with pytest.raises(InvalidSite) as invalid:
        centre.deploy()
    assert str(invalid.value).replace(str(centre.small.folder), "HERE") == (
        "HERE/small.yaml:23:11: HERE/sci/environment.yml is not a file"
    )
