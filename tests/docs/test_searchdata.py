"""The script that the search reads: its whole text, numbers there and back, and its size."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs.catalogues import small, synthetic
from lmodforge.report.docs.catalogue import Catalogue
from lmodforge.report.docs.searchdata import encoded, search_data, search_script

ALL_OF_MINIFORGE = ["python/miniforge-25.3.0", "sci/2026.11", "geo/2026.11"]
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def decoded(text: str) -> list[int]:
    numbers, step, shift, number = [], 0, 0, -1
    for letter in text:
        digit = DIGITS.index(letter)
        step |= (digit & 31) << shift
        shift += 5
        if digit < 32:
            number += step + 1
            numbers.append(number)
            step = shift = 0
    return numbers


def test_the_script_is_as_expected(golden):
    golden(Path(__file__).parent / "expected" / "lmodforge-data.js", search_script(small()))


@given(st.sets(st.integers(min_value=0, max_value=5_000_000)))
def test_numbers_come_back(numbers):
    assert decoded(encoded(sorted(numbers))) == sorted(numbers)


@pytest.mark.parametrize(("numbers", "text"), [([], ""), ([0], "A"), ([0, 1, 2, 40], "AAAlB"), ([32], "gB")])
def test_steps_are_base_64_digits_of_five_bits(numbers, text):
    assert encoded(numbers) == text


def test_every_package_of_every_module_is_found_again():
    catalogue = synthetic(environments=40, packages=30, clusters=2, releases=3)
    data = search_data(catalogue)
    found = set()
    for line in data["packages"].split("\n"):
        name, *fields = line.split("\t")
        for version, _, held in zip(fields[::3], fields[1::3], fields[2::3], strict=True):
            found |= {
                (name, version, data["modules"][module][0], data["modules"][module][1]) for module in decoded(held)
            }
    expected = {
        (package.name, package.version, release.module, number)
        for number, cluster in enumerate(catalogue.clusters)
        for env in cluster.environments
        for release in env.releases
        if release.module
        for package in release.packages
    }
    expected |= {
        (package.name, package.version, base.module, number)
        for number, cluster in enumerate(catalogue.clusters)
        for base in cluster.distributions
        for package in base.packages
    }
    assert found == expected


def test_what_goes_away_takes_its_environments_along():
    midway = small().clusters[0]
    base = midway.distributions[0]
    sci, geo = base.environments
    ending = replace(base, environments=(sci, replace(geo, removed="2027-01-31")))
    for bases, going in (((ending,), ["geo/2026.11"]), ((replace(ending, retired="2027-01-31"),), ALL_OF_MINIFORGE)):
        data = search_data(Catalogue((replace(midway, distributions=bases, tools=()),)))
        assert [module[0] for module in data["modules"] if module[-1]] == going


def test_names_that_pypi_and_conda_spell_differently_are_one_package():
    data = search_data(small())
    names = [line.split("\t")[0] for line in data["packages"].split("\n")]
    assert len(names) == len({name.lower().replace("_", "-") for name in names})


def test_a_thousand_environments_are_far_below_five_megabytes():
    script = search_script(synthetic(environments=1000, packages=300))
    assert len(gzip.compress(script.encode())) < 500_000


def test_the_same_catalogue_gives_the_same_bytes():
    assert search_script(synthetic(environments=20, packages=20)) == search_script(
        synthetic(environments=20, packages=20)
    )


def test_the_script_sets_one_value_in_ascii():
    script = search_script(small())
    assert script.isascii()
    assert json.loads(script.removeprefix("window.lmodforge={data:").removesuffix("};\n")) == search_data(small())
