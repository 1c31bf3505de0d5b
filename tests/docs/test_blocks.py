"""How command blocks are read: tags, promises, tabs."""

import pytest

from lmodforge.verify.blocks import Promise, read_blocks

PAGE = """\
# Page

``` {.bash data-check="run"}
echo one
echo two
```

``` {.text data-check="shows"}
two
```

=== "Midway3"

    ``` {.bash data-check="run" data-needs="space"}
    if true; then
      echo three
    fi
    ```

    - In a list:

        ``` {.bash data-check="not run: it waits for a node"}
        srun hostname
        ```

=== "Beagle"

    ``` {.text data-check="shows"}
    nobody printed it
    ```

``` {.python}
print("four")
```
"""


def test_blocks_have_their_lines_tags_and_tabs():
    found = [(b.line, b.text, b.tag, b.tab, b.needs, b.mistake) for b in read_blocks(PAGE)]
    assert found == [
        (4, "echo one\necho two", "run", "", "", ""),
        (15, "if true; then\n  echo three\nfi", "run", "Midway3", "space", ""),
        (23, "srun hostname", "not run: it waits for a node", "Midway3", "", ""),
        (29, "nobody printed it", "shows", "Beagle", "", "it promises what no block before it prints"),
        (33, 'print("four")', "", "", "", "it has no tag that says whether it is run"),
    ]


def test_a_promise_belongs_to_the_block_before_it():
    assert read_blocks(PAGE)[0].promise == Promise(9, "two")


def test_a_tag_that_nobody_knows_is_a_mistake():
    block = read_blocks('``` {.bash data-check="maybe"}\ntrue\n```\n')[0]
    assert block.mistake == '`data-check="maybe"` is no tag'


def test_a_reason_must_be_given():
    block = read_blocks('``` {.bash data-check="not run: "}\ntrue\n```\n')[0]
    assert block.mistake == '`data-check="not run: "` is no tag'


@pytest.mark.parametrize(
    ("promised", "printed", "kept"),
    [
        ("two", "one\ntwo\n\n", True),
        ("two", "two\none\n", False),
        ("one\ntwo", "one\ntwo", True),
        ("one\ntwo", "two", False),
        ("one\ntwo", "one\nbetween\ntwo", False),
        ("uv 0.13.8…", "uv 0.13.8 (x86_64)", True),
        ("uv 0.13.8…", "uv 0.13.9", False),
        ("/scratch/USER/uv", "/scratch/jane/uv", True),
        ("/scratch/USER/uv", "/scratch/jane/doe/uv", False),
        ("/project/PI/USER", "/project/lab/jane", True),
        ("USER", "jane", False),
        ("a.c", "abc", False),
        ("", "anything", True),
    ],
)
def test_what_is_printed_ends_with_what_is_promised(promised, printed, kept):
    assert Promise(1, promised).kept_by(printed) is kept
