from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from config.sites import SMALL
from lmodforge.config.models import SiteConfig
from lmodforge.config.schema import site_schema
from lmodforge.config.shipped import shipped

SCHEMA = site_schema()


def complaints(text: str) -> list[str]:
    """Validate as an editor does: with YAML's own idea of numbers and booleans."""
    return _complaints(SCHEMA, text)


def _complaints(schema: dict, text: str) -> list[str]:
    errors = Draft202012Validator(schema).iter_errors(yaml.safe_load(text))
    return sorted({"/".join(map(str, error.absolute_path)) for error in errors})


def test_it_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", sorted(shipped("site-configs").glob("*.yaml")), ids=lambda path: path.name)
def test_a_shipped_site_passes(path: Path):
    base = {"$ref": "#/$defs/SitePart", "$defs": SCHEMA["$defs"]}  # what only others complete
    assert _complaints(base if path.name.startswith("_") else SCHEMA, path.read_text()) == []


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", [""]),
        ("name: alpha\n", [""]),
        (SMALL + "prefx: /x\n", [""]),
        (SMALL + "permissions: {readable_by: everyone}\n", ["permissions"]),
        (SMALL + "retention: {days: soon}\n", ["retention"]),
        (SMALL + "lmod: {required: perhaps}\n", ["lmod"]),
        (SMALL + "tools: {uvx: {version: 1}}\n", ["tools"]),
        (SMALL.replace("kind: python", "kind: pyton"), ["distributions"]),
        (SMALL.replace("[numpy]", "numpy"), ["environments"]),
        (SMALL.replace("version: 2026.10, ", ""), ["environments"]),
        (SMALL.replace("/sw", "sw"), ["paths"]),
        (SMALL.replace("sci: {", "'sci/x': {"), ["environments"]),
        ("extends: {a: b}\n", ["extends"]),
    ],
)
def test_a_broken_site_does_not_pass(text, places):
    assert complaints(text) == places


@pytest.mark.parametrize(
    "text",
    [
        SMALL,
        SMALL.replace("3.10", "3"),
        SMALL + "title: 7\nproject:\nlmod: {minimum: 8.6, spider_cache: null}\n",
        "extends: base.yaml\n",
        "extends: [a.yaml, b.yaml]\nenvironments: {sci: {pypi: [numpy]}, geo: null}\npaths: {software: /sw}\n",
        "extends: base.yaml\ndistributions: {standard: {environments: [sci]}}\n",
    ],
)
def test_what_the_loader_takes_passes(text):
    assert complaints(text) == []


def test_every_key_of_the_site_is_there_and_described():
    properties = SCHEMA["$defs"]["Site"]["properties"]
    assert set(properties) == {"extends", *SiteConfig.model_fields}
    assert [key for key, value in properties.items() if not value.get("description")] == []


def test_words_to_choose_from_are_offered():
    readable_by = SCHEMA["$defs"]["Permissions"]["properties"]["readable_by"]
    kinds = SCHEMA["$defs"]["Site"]["properties"]["distributions"]
    assert readable_by["anyOf"][0]["enum"] == ["all", "group"]
    assert "PythonDistribution" in str(kinds)
