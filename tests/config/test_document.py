import subprocess
import sys
from pathlib import Path

import pytest

from config.sites import SMALL, read, write
from lmodforge.config.document import read_document
from lmodforge.errors import Where


def test_plain_scalars_stay_text(tmp_path):
    document = read(tmp_path, "a: 3.10\nb: no\nc: 2026-11-20\nd: 0x1F\ne: 1_000\nf: .inf\ng: on\nh: 1e3\ni: 'x'\n")
    assert document.plain == {
        "a": "3.10",
        "b": "no",
        "c": "2026-11-20",
        "d": "0x1F",
        "e": "1_000",
        "f": ".inf",
        "g": "on",
        "h": "1e3",
        "i": "x",
    }


def test_a_key_without_a_value_is_not_there_unless_it_is_quoted(tmp_path):
    document = read(tmp_path, "a:\nb: ~\nc: null\nd: ''\ne: 'null'\nf: '~'\ng: [~, x]\nh: nothing\n")
    assert document.plain == {"d": "", "e": "null", "f": "~", "g": [None, "x"], "h": "nothing"}


def test_every_value_and_key_knows_its_place(tmp_path):
    document = read(tmp_path, "name: alpha\nenvironments:\n  sci:\n    version: 1\n    pypi: [numpy,\n      scipy]\n")
    file = str(tmp_path / "site.yaml")
    assert document.locate(("name",)) == Where(file, 1, 7)
    assert document.locate(("name",), key=True) == Where(file, 1, 1)
    assert document.locate(("environments", "sci")) == Where(file, 3, 3)
    assert document.locate(("environments", "sci", "pypi", 1)) == Where(file, 6, 7)
    assert document.locate(("environments", "sci", "pypi", 7)) == Where(file, 5, 5)
    assert document.locate(("environments", "sci", "nothing")) == Where(file, 3, 3)
    assert document.locate(("environments", "tag-of-a-union", "sci", "version")) == Where(file, 4, 14)
    assert document.locate(("nothing",)) == Where(file)


def test_columns_count_characters_not_bytes(tmp_path):
    document = read(tmp_path, "title: [größe, x]\n")
    assert document.locate(("title", 1)) == Where(str(tmp_path / "site.yaml"), 1, 16)


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: alpha\r\ntitle: Alpha\r\n")
    assert read_document(path).plain == {"name": "alpha", "title": "Alpha"}


def test_maps_merge_by_key_lists_and_scalars_replace_and_null_removes(tmp_path):
    base = "a: {x: 1, y: {z: 2, w: 3}}\nl: [1, 2]\ns: old\ngone: {x: 1}\nkept: 1\n"
    document = read(tmp_path, "extends: base.yaml\na: {y: {z: 4}, v: 5}\nl: [3]\ns: new\ngone:\n", base=base)
    assert document.mistakes == ()
    assert document.plain == {"a": {"x": "1", "y": {"z": "4", "w": "3"}, "v": "5"}, "l": ["3"], "s": "new", "kept": "1"}
    assert document.removes_nothing() == []


def test_each_value_keeps_the_file_it_came_from(tmp_path):
    document = read(tmp_path, "extends: base.yaml\na: {y: 2}\n", base="\na: {x: 1, y: 1}\n")
    assert document.locate(("a", "x")) == Where(str(tmp_path / "base.yaml"), 2, 8)
    assert document.locate(("a", "y")) == Where(str(tmp_path / "site.yaml"), 2, 8)
    assert document.files == (tmp_path / "site.yaml", tmp_path / "base.yaml")


def test_of_several_bases_the_last_wins_and_the_site_over_all(tmp_path):
    bases = {"one": "a: 1\nb: 1\nc: 1\n", "two": "extends: three.yaml\nb: 2\n", "three": "b: 3\nc: 3\nd: 3\n"}
    document = read(tmp_path, "extends: [one.yaml, two.yaml]\nd: 0\n", **bases)
    assert document.plain == {"a": "1", "b": "2", "c": "3", "d": "0"}


def test_a_base_may_be_reached_twice(tmp_path):
    bases = {"left": "extends: top.yaml\nl: 1\n", "right": "extends: top.yaml\nr: 1\n", "top": "t: 1\n"}
    document = read(tmp_path, "extends: [left.yaml, right.yaml]\n", **bases)
    assert (document.mistakes, document.plain) == ((), {"t": "1", "l": "1", "r": "1"})


def test_a_base_is_looked_for_beside_the_file_that_names_it(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    write(shared, base="extends: more.yaml\n", more="a: beside\n")
    assert read(tmp_path, "extends: shared/base.yaml\n", more="a: elsewhere\n").plain == {"a": "beside"}


def test_a_base_that_is_not_beside_the_file_is_a_shipped_one(tmp_path):
    assert read(tmp_path, "extends: _starter.yaml\n").plain["name"] == "mycluster"


def test_anchors_aliases_and_merge_keys_work_within_a_file(tmp_path):
    text = "a: &a {x: 1, y: 1}\nb: {y: 2, <<: *a}\nc: *a\nd: {<<: [{x: 3}, *a]}\n"
    document = read(tmp_path, text)
    one = {"x": "1", "y": "1"}
    assert document.mistakes == ()
    assert document.plain == {"a": one, "b": {"x": "1", "y": "2"}, "c": one, "d": {"x": "3", "y": "1"}}


def test_the_digest_is_that_of_the_values_and_not_of_their_writing(tmp_path):
    flow = read(tmp_path, "# a comment\nname: alpha\npaths: {software: /sw}\ntitle:\n").digest
    assert read(tmp_path, "name: 'alpha'\npaths:\n  software: /sw\n").digest == flow
    assert read(tmp_path, "name: alpha\npaths: {software: /ws}\n").digest != flow
    assert len(flow) == 64


def test_the_order_of_keys_is_part_of_the_digest(tmp_path):
    assert read(tmp_path, "a: 1\nb: 2\n").digest != read(tmp_path, "b: 2\na: 1\n").digest


@pytest.mark.parametrize("unreadable", ["nothing", "folder"])
def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path, unreadable):
    (tmp_path / "folder").mkdir()
    path = tmp_path / unreadable
    assert [str(mistake) for mistake in read_document(path).mistakes] == [f"{path}: {path} is not a file"]


def test_reading_a_document_loads_neither_pydantic_nor_the_models(tmp_path):
    path = write(tmp_path, site=SMALL)
    code = (
        "import sys; from pathlib import Path; from lmodforge.config.document import read_document;"
        f"read_document(Path({str(path)!r})).digest;"
        "print(*sorted(set(sys.modules) & {'pydantic', 'lmodforge.config.models', 'difflib', 'jinja2', 'rich'}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout == "\n"


def test_a_thousand_levels_are_refused_quickly(tmp_path):
    document = read(tmp_path, "a: " + "[" * 100_000)
    assert [mistake.message for mistake in document.mistakes] == ["more than 32 levels deep"]


def test_a_file_that_is_too_large_is_refused_unread(tmp_path):
    path = tmp_path / "site.yaml"
    with path.open("wb") as file:
        file.truncate(17_000_000)
    assert [mistake.message for mistake in read_document(path).mistakes] == [f"{path} is larger than 16,000,000 bytes"]


def test_a_device_is_refused_unread():
    assert [mistake.message for mistake in read_document(Path("/dev/zero")).mistakes] == ["/dev/zero is not a file"]
