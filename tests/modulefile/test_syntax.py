import pytest

from lmodforge.modulefile.syntax import syntax_error


def test_lua_that_compiles_has_no_error():
    assert syntax_error('setenv("A", "b")\nif not x then return end\n') is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\nx = = 2\n", "line 2: unexpected symbol near '='"),
        ('whatis("a"b")', "line 1: ')' expected near 'b'"),
        ("goto done\n::done::", "line 1: '=' expected near 'done'"),  # new in Lua 5.2
        ("x = 2^53 // 1", "line 1: unexpected symbol near '/'"),  # new in Lua 5.3
        ('x = "\\q"', "line 1: invalid escape sequence near '\"\\q'"),  # Lua 5.1 takes it, later ones do not
    ],
)
def test_the_error_names_the_line(text, message):
    assert syntax_error(text) == message


def test_nothing_is_run(tmp_path):
    assert syntax_error(f'io.open("{tmp_path}/made", "w")') is None
    assert list(tmp_path.iterdir()) == []
