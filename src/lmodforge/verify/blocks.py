"""Command blocks of a Markdown page: each carries a tag that says whether it is run, and what it promises. Pure.

    ``` {.bash data-check="run"}               is run, and must succeed
    ``` {.text data-check="shows"}             what the run block before it prints last; `…` stands for anything
    ``` {.bash data-check="not run: REASON"}   is not run, for a reason that readers could give, too

`data-needs="space"` beside `run`: only for an account with project or scratch space. In content tabs (`=== "Midway3"`)
a block belongs to that cluster, elsewhere to all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_FENCE = re.compile(r"(?P<indent> *)(?P<marks>`{3,}|~{3,})(?P<info>.*)")
_CHECK = re.compile(r'data-check="([^"]*)"')
_NEEDS = re.compile(r'data-needs="([^"]*)"')
_TAB = re.compile(r'(?P<indent> *)===\+?!? "(?P<title>[^"]*)"')
_NOT_RUN = "not run: "


@dataclass(frozen=True)
class Promise:
    """The last lines that a block prints."""

    line: int
    text: str

    def kept_by(self, printed: str) -> bool:
        """Say whether what was printed ends with it."""
        wanted, found = self.text.splitlines(), _lines(printed)
        last = found[len(found) - len(wanted) :] if len(found) >= len(wanted) else []
        return bool(last or not wanted) and all(map(_fits, wanted, last))


@dataclass(frozen=True)
class Block:
    """A block of commands; `line` is that of its first command, counted from 1."""

    line: int
    text: str
    tag: str
    """`run`, or why it is not run; empty where nobody has said."""
    tab: str = ""
    """Title of the content tab that it is in."""
    needs: str = ""
    promise: Promise | None = None

    @property
    def runs(self) -> bool:
        """Whether it is run."""
        return self.tag == "run"

    @property
    def reason(self) -> str:
        """Why it is not run."""
        return self.tag.removeprefix(_NOT_RUN) if self.tag.startswith(_NOT_RUN) else ""

    @property
    def mistake(self) -> str:
        """Say what is wrong with its tag; empty when nothing is."""
        if self.runs or self.reason:
            return ""
        if self.tag == "shows":
            return "it promises what no block before it prints"
        return f'`data-check="{self.tag}"` is no tag' if self.tag else "it has no tag that says whether it is run"


def read_blocks(page: str) -> list[Block]:
    """Return the blocks of a page in their order; a promise belongs to the block before it."""
    blocks: list[Block] = []
    for block in _fences(page.splitlines()):
        last = blocks[-1] if blocks else None
        if block.tag == "shows" and last and last.runs and not last.promise and last.tab == block.tab:
            blocks[-1] = replace(last, promise=Promise(block.line, block.text))
        else:
            blocks.append(block)
    return blocks


def _fences(lines: list[str]) -> Iterator[Block]:
    tabs: list[tuple[int, str]] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        indent = len(line) - len(line.lstrip(" "))
        if line.strip():
            tabs = [tab for tab in tabs if tab[0] < indent]
        if tab := _TAB.fullmatch(line):
            tabs.append((indent, tab["title"]))
        elif fence := _FENCE.fullmatch(line):
            first = number
            while number < len(lines) and lines[number].strip() != fence["marks"]:
                number += 1
            text = "\n".join(each.removeprefix(fence["indent"]) for each in lines[first:number])
            number += 1
            tag, needs = _CHECK.search(fence["info"]), _NEEDS.search(fence["info"])
            yield Block(
                line=first + 1,
                text=text,
                tag=tag[1] if tag else "",
                tab=tabs[-1][1] if tabs else "",
                needs=needs[1] if needs else "",
            )


def _lines(printed: str) -> list[str]:
    """Return what a person sees: no empty lines at the end, no spaces at the end of a line."""
    return [line.rstrip() for line in printed.rstrip().splitlines()]


def _fits(wanted: str, found: str) -> bool:
    """Compare a line; `…` stands for anything, PI and USER, where they are a part of a path, for somebody's."""
    pattern = ".*".join(map(re.escape, wanted.rstrip().split("…")))
    pattern = re.sub(r"(?<=/)(?:PI|USER)(?=/|$)", "[^/]+", pattern)
    return re.fullmatch(pattern, found) is not None
