"""What a conda solver is asked for a site, and what is read from its locks."""

import pytest

from config.sites import write
from lmodforge.config.document import read_document
from lmodforge.config.load import load_site
from lmodforge.plan.conda import (
    conda_packages,
    conda_size,
    conda_specs,
    environment_conda_request,
    pypi_request,
    spec_name,
)
from lmodforge.plan.facts import Facts
from lmodforge.plan.variants import variants_of

FORGE = "https://conda.anaconda.org/conda-forge"
LOCK = f"""\
version: 7
packages:
- conda: {FORGE}/linux-64/python-3.12.4-h194c7f8_0_cpython.conda
  size: 100
- conda: {FORGE}/noarch/ruamel.yaml-0.18.6-pyhd8ed1ab_0.conda
  depends: [python >=3.8]
  size: 20
- conda: {FORGE}/linux-64/pytorch-2.3.0-cpu_py312h1_1.conda
  depends: [python_abi 3.12.* *_cp312]
  size: 3
- conda: {FORGE}/linux-64/libzlib-1.3.1-h4ab18f5_1.conda
  depends: [__glibc >=2.17]
  size: 4
- conda: {FORGE}/noarch/odd-1.0-py_0.conda
  purls: ["pkg:pypi/even@1.0?source=x"]
  size: 5
"""


def site(folder, **environment):
    keys = "".join(f"    {key}: {value}\n" for key, value in environment.items())
    text = (
        "name: x\npaths: {software: /s, modulefiles: /m}\nchannels: [bioconda, conda-forge, defaults]\n"
        "anaconda_terms: {who: Jane Doe, when: 2026-11-20, why: licence}\n"
        "distributions:\n  base: {kind: miniforge, version: 25.3.0-3, module: m/1, environments: [sci]}\n"
        f"environments:\n  sci:\n    version: one\n{keys}"
    )
    return load_site(read_document(write(folder, site=text)))


def asked_for(folder, facts=None, **environment):
    """What is asked of channels for `sci` as every node has it."""
    config, facts = site(folder, **environment), facts or Facts()
    [variant] = variants_of(config, "sci", facts.platform)
    return environment_conda_request(config, variant, facts)


def test_channels_are_asked_by_their_urls_in_the_order_of_the_site_or_of_the_environment(tmp_path):
    of_site = asked_for(tmp_path, conda="[six]")
    assert of_site.channels == (
        "https://conda.anaconda.org/bioconda",
        FORGE,
        "https://repo.anaconda.com/pkgs/main",
        "https://repo.anaconda.com/pkgs/r",
    )
    own = asked_for(tmp_path, conda="[six]", channels="['https://e.org/c/']")
    assert own.channels == ("https://e.org/c",)


@pytest.mark.parametrize(
    ("environment", "specs"),
    [
        ({"conda": "[samtools]"}, ("samtools",)),
        ({"conda": "[samtools]", "python": "3.12"}, ("samtools", "python 3.12.*")),
        ({"conda": "[samtools]", "pypi": "[six]"}, ("samtools", "python")),
        ({"conda": "[python=3.11]", "pypi": "[six]"}, ("python=3.11",)),
        ({"pypi": "[six]"}, ("python",)),
    ],
)
def test_there_is_a_python_where_one_is_needed(tmp_path, environment, specs):
    assert conda_specs(site(tmp_path, **environment).environments["sci"]) == specs


def test_another_question_has_another_key(tmp_path):
    asked = [
        asked_for(tmp_path, conda="[six]"),
        asked_for(tmp_path, Facts(platform="linux-aarch64"), conda="[six]"),
        asked_for(tmp_path, conda="[six, idna]"),
        asked_for(tmp_path, conda="[six]", channels="[conda-forge]"),
    ]
    assert len({request.key for request in asked}) == len(asked)


def test_what_conda_installs_is_known_to_uv_by_its_name_on_pypi(tmp_path):
    config = site(tmp_path, conda="[six]", pypi="[cowsay]")
    request = pypi_request(config, *variants_of(config, "sci", "linux-x86_64"), Facts(), LOCK)
    assert request.beside == ("even==1.0", "ruamel-yaml==0.18.6", "torch==2.3.0")
    assert request.interpreter.version == "3.12.4"


def test_a_lock_says_what_it_holds():
    assert conda_packages(LOCK) == (
        ("libzlib", "1.3.1"),
        ("odd", "1.0"),
        ("python", "3.12.4"),
        ("pytorch", "2.3.0"),
        ("ruamel.yaml", "0.18.6"),
    )
    assert conda_size(LOCK) == 132


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("numpy", "numpy"),
        ("numpy >=2", "numpy"),
        ("numpy=1.26=py_0", "numpy"),
        ("conda-forge::R-base[build=x]", "r-base"),
    ],
)
def test_the_name_in_a_spec(spec, name):
    assert spec_name(spec) == name
