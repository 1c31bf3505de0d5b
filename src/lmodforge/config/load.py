"""From a document to a checked site: every mistake is found in one go, in the order of the file."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from lmodforge.config.crosscheck import crosscheck
from lmodforge.config.document import Document
from lmodforge.config.models import SiteConfig
from lmodforge.config.nodes import Loc
from lmodforge.config.root import rebase
from lmodforge.config.shape import place_of
from lmodforge.config.validate import validate
from lmodforge.config.words import label, nearest, unknown_key
from lmodforge.errors import InvalidSite, Mistake, Where


def load_site(document: Document, root: str | None = None, cwd: Path | None = None) -> SiteConfig:
    """Check a document and lay it out below `root` (or the file's own); raises InvalidSite with all mistakes.

    A relative root is relative to `cwd`, by default the current directory.
    """
    site, mistakes = validate(document)
    if site is not None and document.complete:
        mistakes += crosscheck(site, document)
    mistakes = [*document.mistakes, *mistakes, *_empty_keys(document)]
    if mistakes or site is None:
        raise _invalid(mistakes)
    return _rebased(site, root, cwd, document)


def _invalid(mistakes: Iterable[Mistake]) -> InvalidSite:
    """Put mistakes in the order of the files, each once, each on a line of its own whatever the file holds."""
    printable = [replace(m, message=_printable(m.message), hint=m.hint and _printable(m.hint)) for m in mistakes]
    return InvalidSite(sorted(dict.fromkeys(printable), key=lambda m: (m.where or Where(""), m.message)))


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _rebased(site: SiteConfig, root: str | None, cwd: Path | None, document: Document) -> SiteConfig:
    wanted = root or site.root
    if not wanted:
        return site
    absolute = posixpath.normpath(posixpath.join(cwd or os.getcwd(), wanted))  # noqa: PTH109 - paths are text here
    try:
        moved = rebase(site, absolute)
    except InvalidSite as error:
        where = None if root else document.locate(("root",))
        raise _invalid(Mistake(m.message, m.hint, where) for m in error.mistakes) from None
    if mistakes := crosscheck(moved, document):
        raise _invalid(mistakes)
    return moved


def _empty_keys(document: Document) -> list[Mistake]:
    """Find keys without a value that are unknown, or that should take away something that no base has."""
    mistakes = []
    for loc in document.removes_nothing():
        above = place_of(loc[:-1])
        where = document.locate(loc, key=True)
        if above.keys and loc[-1] not in above.keys:
            mistakes.append(Mistake(*unknown_key(loc, above.keys), where))
        elif above.holds_names:
            hint = nearest(str(loc[-1]), _names_beside(document, loc)) or "write its keys below it, or drop the line"
            mistakes.append(Mistake(f"`{label(loc)}` is empty, and no base has one to remove", hint, where))
    return mistakes


def _names_beside(document: Document, loc: Loc) -> list[str]:
    plain: Any = document.plain
    for part in loc[:-1]:
        plain = plain[part]
    return list(plain)
