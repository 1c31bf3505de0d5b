import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmod import SHELLS
from lmodforge.modulefile import shells

WORDS = st.lists(st.text(st.sampled_from("a b'\"\\!$`~*?#;&|(){}[]<>\n\té")), min_size=1, max_size=40)
QUOTES = {"tcsh": shells.csh, "fish": shells.fish}


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=15, deadline=None)
@given(WORDS)
def test_any_text_becomes_one_word_with_the_same_text(shell, words):
    quote = QUOTES.get(shell, shells.sh)
    script = f"/usr/bin/printf '%s\\0' {' '.join(map(quote, words))}\n"
    done = subprocess.run([*SHELLS[shell]], input=script, capture_output=True, text=True, check=False)
    assert done.stdout.split("\0")[:-1] == words, done.stderr


def test_a_nul_is_refused():
    with pytest.raises(ValueError, match="no shell has a word with a NUL in it"):
        shells.sh("a\0b")
