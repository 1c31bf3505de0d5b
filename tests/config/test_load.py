import os
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.sites import SMALL, load, read
from lmodforge.config.document import read_document
from lmodforge.config.load import load_site
from lmodforge.config.models import SiteConfig
from lmodforge.errors import InvalidSite


def test_numbers_stay_text_up_to_the_models(tmp_path):
    site = load(tmp_path, SMALL)
    assert site.distributions["standard"].version == "3.10"
    assert site.environments["sci"].version == "2026.10"


def test_words_for_yes_and_no_become_what_their_key_needs(tmp_path):
    site = load(tmp_path, SMALL + "lmod: {required: yes}\npermissions: {group: no}\n")
    assert site.lmod.required is True
    assert site.permissions.group == "no"


def test_a_key_without_a_value_leaves_the_default(tmp_path):
    assert load(tmp_path, SMALL + "title:\nlmod: {minimum: ~}\ntools:\nproject:\n") == load(tmp_path, SMALL)


def test_an_environment_of_a_base_can_be_removed(tmp_path):
    site = load(
        tmp_path,
        "extends: base.yaml\ndistributions: {standard: {environments: []}}\nenvironments: {sci: null}\n",
        base=SMALL,
    )
    assert site.environments == {}


def test_a_mistake_in_a_base_is_placed_in_the_base(tmp_path):
    with pytest.raises(InvalidSite) as refusal:
        load(tmp_path, "extends: base.yaml\nprefx: 1\n", base=SMALL.replace("[numpy]", "numpy"))
    places = [(Path(mistake.where.file).name, mistake.where.line) for mistake in refusal.value.mistakes]
    assert places == [("base.yaml", 6), ("site.yaml", 2)]


def test_what_a_file_holds_cannot_forge_a_line_of_the_report(tmp_path):
    with pytest.raises(InvalidSite) as refusal:
        load(tmp_path, SMALL + 'permissions: {group: "x\\nsite.yaml:1:1: all is well\\e[2J"}\n')
    assert str(refusal.value).split(": ", 1)[1] == (
        "`x\\nsite.yaml:1:1: all is well\\x1b[2J` is not a name\n"
        "  hint: letters, digits and . _ + - only, a letter or digit first"
    )


def test_an_invalid_site_exits_with_three(tmp_path):
    with pytest.raises(InvalidSite) as refusal:
        load(tmp_path, "")
    assert refusal.value.exit_code == 3


def test_loading_twice_gives_the_same(tmp_path):
    document = read(tmp_path, SMALL)
    assert load_site(document) == load_site(document)


OTHER_KEYS = (
    "software",
    "modulefiles",
    "kind",
    "python",
    "module",
    "version",
    "sci",
    "pypi",
    "extends",
    "pi",
    "layout",
)
WORDS = ("uv", "toggle", "check", "import", "<<", "null", "~", "1")
KEYS = st.sampled_from((*SiteConfig.model_fields, *OTHER_KEYS, *WORDS))
VALUES = st.recursive(
    KEYS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def flow(value) -> str:
    """Write a value as YAML, badly quoted: that is the point."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    return "[" + ", ".join(map(flow, value)) + "]" if isinstance(value, list) else value


def loads_or_refuses(content: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(content)
        file.flush()
        with suppress(InvalidSite):
            load_site(read_document(Path(file.name)), cwd=Path("/somewhere"))


@given(st.text())
def test_any_text_is_loaded_or_refused(text):
    loads_or_refuses(text.encode("utf-8", "surrogatepass"))


@given(st.binary())
def test_any_bytes_are_loaded_or_refused(content):
    loads_or_refuses(content)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_any_tree_of_our_keys_is_loaded_or_refused(tree):
    loads_or_refuses(os.linesep.join(f"{key}: {flow(value)}" for key, value in tree.items()).encode())


@given(st.integers(0, len(SMALL)), st.text(max_size=4), st.integers(0, 8))
def test_a_slip_of_the_fingers_is_loaded_or_refused(at, typed, deleted):
    loads_or_refuses((SMALL[:at] + typed + SMALL[at + deleted :]).encode())
