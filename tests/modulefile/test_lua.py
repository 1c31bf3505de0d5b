import lupa.lua51
import lupa.lua54
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lmodforge.modulefile.lua import comment, long_text, lua

RUNTIMES = [runtime(encoding=None) for runtime in (lupa.lua51.LuaRuntime, lupa.lua54.LuaRuntime)]
# What a quoting function gets wrong: brackets, line ends, digits after an escape, quotes, what Lua 5.2 added.
HARD = st.text(st.sampled_from("]=[\r\n\t\0\\\"'0129zx{}%-\x1a\x7f\u2028\U0001f40d"))


def evaluated(expression):
    results = {runtime.execute(f"return {expression}".encode()) for runtime in RUNTIMES}
    assert len(results) == 1
    return results.pop().decode()


@given(st.text() | HARD)
@example("[[")  # refused by Lua 5.1 between [[ and ]]
@example("]=")
def test_any_text_becomes_a_literal_that_evaluates_to_it(text):
    assert evaluated(lua(text)) == text
    assert evaluated(long_text(text)) == text


@given(st.text() | HARD)
def test_any_text_becomes_a_comment_and_nothing_else(text):
    assert evaluated(f"'before'\n{comment(text)}\n") == "before"
    assert evaluated(f"(function()\n{comment(text)}\nreturn 'after' end)()") == "after"


@given(st.text() | HARD)
def test_no_character_of_a_literal_hides_or_turns_what_a_reader_sees(text):
    assert all(character.isprintable() or character in "\n\t" for character in lua(text) + long_text(text))


def test_a_byte_that_is_no_character_stays_that_byte():
    assert RUNTIMES[0].execute(b"return " + lua("caf\udce9").encode()) == b"caf\xe9"


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (None, "nil"),
        (True, "true"),
        (7, "7"),
        ((), "{}"),
        (("a", 1), '{ "a", 1 }'),
        ({"name": "x", "end": 1, "a-b": None}, '{ name = "x", ["end"] = 1, ["a-b"] = nil }'),
    ],
)
def test_values_and_tables(value, literal):
    assert lua(value) == literal


def test_a_value_without_a_literal_is_refused():
    with pytest.raises(TypeError, match=r"1\.5 has no Lua literal"):
        lua(1.5)


def test_help_is_written_for_people_to_read():
    assert long_text("one\n  two ]] three\n") == "[=[\none\n  two ]] three\n]=]"
