"""Do what the pages tell users to do: every block, in the order of its page, one shell and a fresh home for each."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

from lmodforge.apply.surroundings import network_settings
from lmodforge.apply.system import Completed
from lmodforge.finding import CheckedPages, UntriedBlock, WrongBlock
from lmodforge.modulefile.shells import sh
from lmodforge.verify.blocks import Block
from lmodforge.verify.follow import SYSTEM_PATH
from lmodforge.verify.place import Place
from lmodforge.verify.shells import SHELLS

_PATIENCE = 1800.0  # seconds for a page: some blocks download
_SHOWN = 12  # of the last lines of a block, where it failed
_WORD = re.compile("\0lmodforge\0([^\0]*)\0")
_SAY = r"printf '\000lmodforge\000%s\000'"
_SPACE = "space"

# A login as users have it: Lmod, the site's profile, a home of their own. What a block prints is heard in its order.
_LOGIN = r"""
exec 2>&1
lf_blocks=$HOME
@SAY@ "below $lf_blocks"
mkdir "$HOME/home" "$HOME/tmp" || exit 96
export HOME="$lf_blocks/home" TMPDIR="$lf_blocks/tmp" USER="$(id -un)" LOGNAME="$(id -un)" SHELL=/bin/bash
cd "$HOME" || exit 96
. @LMOD@
. @PROFILE@
"""
_TRY_SPACE = r"""
export @TOGGLE@=1
module load @MODULE@
[ -z "${UV_CACHE_DIR:-}" ] || @SAY@ space
"""


@dataclass(frozen=True)
class Page:
    """A page and the blocks of it that are for one cluster."""

    name: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Account:
    """A user at a place, and what a login there sources."""

    place: Place
    profile: str
    """The site's profile script for sh."""
    module: str
    """A module that looks for the user's space; empty: the site has none."""
    toggle: str
    """What makes it look."""

    def run(self, script: str) -> Completed:
        """Run a script after a login."""
        known = {"@LMOD@": sh(self.place.lmod.init("bash")), "@PROFILE@": sh(self.profile), "@SAY@": _SAY}
        login = _filled(_LOGIN, known)
        environment = {"PATH": SYSTEM_PATH, "LANG": "C.UTF-8", "TZ": "UTC", **network_settings()}
        return self.place.run(SHELLS["bash"].command(), env=environment, stdin=login + script, timeout=_PATIENCE)

    @cached_property
    def has_space(self) -> bool:
        """Whether the user has project or scratch space."""
        if not self.module:
            return False
        script = _filled(_TRY_SPACE, {"@TOGGLE@": self.toggle, "@MODULE@": sh(self.module), "@SAY@": _SAY})
        return "space" in _WORD.findall(self.run(script).stdout)


def _filled(script: str, known: Mapping[str, str]) -> str:
    for place, text in known.items():
        script = script.replace(place, text)
    return script


def check_pages(account: Account, pages: Sequence[Page], jobs: int) -> CheckedPages:
    """Try every page; returns what is wrong, and what was not tried with its reason, in the order of the pages."""
    started = time.monotonic()
    if any(block.needs == _SPACE for page in pages for block in page.blocks):
        _ = account.has_space  # asked for once, before the pages are tried side by side
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        found = list(pool.map(lambda page: list(_try_page(account, page)), pages))
    untried = tuple(
        UntriedBlock(page.name, block.line, reason)
        for page in pages
        for block in page.blocks
        if (reason := _why_not(account, block))
    )
    return CheckedPages(
        place=account.place.name,
        pages=tuple(page.name for page in pages),
        ran=sum(1 for page in pages for block in page.blocks if _is_tried(account, block)),
        promises=sum(1 for page in pages for block in page.blocks if _is_tried(account, block) and block.promise),
        untried=untried,
        wrong=tuple(wrong for several in found for wrong in several),
        seconds=time.monotonic() - started,
    )


def _why_not(account: Account, block: Block) -> str:
    if block.runs and block.needs == _SPACE and not account.has_space:
        return f"{account.place.name} has no project or scratch space"
    return block.reason


def _is_tried(account: Account, block: Block) -> bool:
    return block.runs and not _why_not(account, block)


def _try_page(account: Account, page: Page) -> Iterator[WrongBlock]:
    for block in page.blocks:
        if block.mistake:
            yield WrongBlock(page.name, block.line, block.text.partition("\n")[0], "a tag", block.mistake)
    blocks = [block for block in page.blocks if _is_tried(account, block)]
    if blocks:
        done = account.run(_script(blocks))
        yield from _judge(page, blocks, done)


def _script(blocks: Sequence[Block]) -> str:
    """Make the script: each block is a file that the shell sources, so that a mistake in one stays in it."""
    lines = [
        "trap '" + r'printf "\000lmodforge\000failed %s %s %s\000" "${BASH_SOURCE[0]##*/}" "$LINENO" "$?"' + "' ERR"
    ]
    for number, block in enumerate(blocks):
        end = _end_mark(block.text)
        lines += [f"cat >\"$lf_blocks/{number}\" <<'{end}'", block.text, end]
    for number in range(len(blocks)):
        lines += [f"{_SAY} 'block {number}'", f'. "$lf_blocks/{number}"']
    return "\n".join([*lines, f"{_SAY} end", "trap - ERR", ""])


def _end_mark(text: str) -> str:
    mark = "END_OF_BLOCK"
    while mark in text:
        mark += "_"
    return mark


@dataclass
class _Said:
    """What one block printed, and the first command of it that failed."""

    printed: str = ""
    failed: tuple[int, int] | None = None
    """Line in the block, 0 where the shell could not read it; exit code."""


def _read(printed: str) -> tuple[Mapping[int, _Said], bool]:
    """Take the record apart; returns what each block did, and whether the shell came to the end."""
    found: dict[int, _Said] = {}
    current, ended, below = _Said(), False, ""
    parts = _WORD.split(printed)
    for word, text in zip(parts[1::2], parts[2::2], strict=True):
        name, *arguments = word.split()
        if name == "below":
            below = arguments[0]
        elif name == "block":
            current = found.setdefault(int(arguments[0]), _Said())
        elif name == "failed":
            source, line, code = arguments
            inside = source == str(len(found) - 1)
            current.failed = current.failed or (int(line) if inside else 0, int(code))
        ended = ended or name == "end"
        # bash names the file that a block is in, which is none of the reader's.
        current.printed += text.replace(f"{below}/{len(found) - 1}: ", "") if below else text
    return found, ended


def _judge(page: Page, blocks: Sequence[Block], done: Completed) -> Iterator[WrongBlock]:
    found, ended = _read(done.stdout)
    for number, block in enumerate(blocks):
        said = found.get(number)
        if said is None:
            break
        lines, failed = block.text.splitlines(), said.failed
        if failed:
            line, code = failed
            command = lines[line - 1].strip() if line else lines[0]
            at = block.line + max(line - 1, 0)
            yield WrongBlock(page.name, at, command, "exit code 0", f"exit code {code}{_last(said.printed)}")
        elif block.promise and not block.promise.kept_by(said.printed):
            promise = block.promise
            printed = _last(said.printed, len(promise.text.splitlines())).lstrip("\n")
            yield WrongBlock(page.name, promise.line, lines[-1], promise.text, printed)
    if not ended:
        last = blocks[max(len(found) - 1, 0)]
        told = f"the shell ended with exit code {done.code}{_last(done.stderr or _WORD.sub('', done.stdout))}"
        yield WrongBlock(page.name, last.line, last.text.partition("\n")[0], "a shell that goes on", told)


def _last(printed: str, most: int = _SHOWN) -> str:
    lines = [line.rstrip() for line in printed.rstrip().splitlines()]
    return "\n".join(["", *lines[-max(most, 1) :]]) if lines else ""
