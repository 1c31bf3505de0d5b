"""The templates of pages, their assets, and what templates may call; a site's own come before the shipped ones."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING
from urllib.parse import quote

from lmodforge.config.shipped import shipped
from lmodforge.errors import SiteError, Where
from lmodforge.modulefile.shells import sh
from lmodforge.plan.nodes import where
from lmodforge.report.docs import charts
from lmodforge.report.docs.addresses import distribution_page, downloads_of, environment_page, operations_page
from lmodforge.report.docs.dates import day
from lmodforge.report.docs.view import View, difference, differing, enter, known_by, labels, leave, program, proof
from lmodforge.report.style import counted, size

if TYPE_CHECKING:
    import jinja2

_CODE = re.compile(r"`([^`]+)`")
_SPECIAL = re.compile(r"([\\`*_{}\[\]#])")


@dataclass(frozen=True)
class PageTemplates:
    """What lies in `docs` below the site's template directories, then below the shipped one: the first wins."""

    site_directories: tuple[Path, ...] = ()

    @cached_property
    def files(self) -> Mapping[str, Path]:
        """Where each of them lies, by name."""
        found: dict[str, Path] = {}
        for directory in (*self.site_directories, shipped("modulefiles-templates")):
            for path in sorted((directory / "docs").rglob("*")):
                if path.is_file() and not path.name.startswith("."):
                    found.setdefault(path.relative_to(directory / "docs").as_posix(), path)
        return dict(sorted(found.items()))

    @cached_property
    def assets(self) -> Mapping[str, bytes]:
        """Style sheets and scripts, which are copied as they are."""
        return {name: path.read_bytes() for name, path in self.files.items() if name.startswith("assets/")}

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """Fill in a template; raises SiteError with the line of a site's own one that cannot be filled in."""
        try:
            return self.environment.get_template(name).render(values)
        except Exception as error:
            where = self._place(error)
            if where is None:
                raise
            raise SiteError(str(error), "a template of the site's own?", where) from None

    def _place(self, error: Exception) -> Where | None:
        """Find the innermost line of a template of the site's own that an error came through."""
        places = [(str(getattr(error, "filename", "")), getattr(error, "lineno", 0) or 0)]
        places += [(frame.filename, frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)]
        own = [
            (path, line) for path, line in places if any(Path(path).is_relative_to(d) for d in self.site_directories)
        ]
        return Where(own[-1][0], own[-1][1], 1) if own else None

    def _load(self, name: str) -> tuple[str, str, None] | None:
        path = self.files.get(name)
        return (path.read_text(), str(path), None) if path else None

    @cached_property
    def environment(self) -> jinja2.Environment:
        """Compile the templates; a name that is not defined is an error."""
        import jinja2  # noqa: PLC0415 - only pages need it

        environment = jinja2.Environment(
            loader=jinja2.FunctionLoader(self._load),
            undefined=jinja2.StrictUndefined,
            autoescape=False,  # noqa: S701 - this is Markdown: texts go through the `md` and `code` filters
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        filters: dict[str, Callable[..., str]] = {
            "code": code,
            "day": day,
            "md": md,
            "number": _number,
            "page": _page,
            "sh": sh,
            "size": size,
            "front": front,
            "href": href,
            "text": json.dumps,
        }
        environment.filters |= filters
        environment.globals |= {
            "counted": counted,
            "difference": difference,
            "differing": differing,
            "downloads_of": downloads_of,
            "enter": enter,
            "known_by": known_by,
            "leave": leave,
            "per_cluster": per_cluster,
            "program": program,
            "proof": proof,
            "sizes_chart": charts.sizes_chart,
            "timeline": charts.timeline,
            "where": where,
        }
        return environment


def md(text: str) -> str:
    """Write a text of a site's or a package's so that Markdown shows it as it is, but for `code` in it."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(code(part) if number % 2 else _plain(part) for number, part in enumerate(parts))


def _plain(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", escaped).replace("|", "&#124;")


def href(url: str) -> str:
    """Write an address for a link; empty for what is none that a browser should follow from here."""
    return quote(url, safe=":/?#@!$&*+,;=%~") if re.match(r"(https?://|mailto:)[^/]", url) else ""


def front(text: str) -> str:
    """Write a text for the front matter: builders put it into attributes of HTML, each as it comes."""
    return json.dumps(re.sub(r'[<>&"\\]', "", " ".join(text.split())), ensure_ascii=False)


def code(text: str) -> str:
    """Write a text as code, in a table too."""
    plain = " ".join(text.split())
    if "`" in plain or "|" in plain:
        escaped = plain.replace("&", "&amp;").replace("<", "&lt;").replace("`", "&#96;").replace("|", "&#124;")
        return f"<code>{escaped}</code>"
    return f"`{plain}`"


def _number(number: int) -> str:
    return f"{number:,}"


def _page(subject: object) -> str:
    """Name the page of a distribution, an environment or a cluster's operations, from the root of the tree."""
    kinds: dict[str, Callable[..., str]] = {
        "Distribution": distribution_page,
        "Environment": environment_page,
        "Cluster": operations_page,
    }
    return f"{kinds[type(subject).__name__](subject)}.md"


def per_cluster(views: Sequence[View], caller: Callable[[View], str]) -> str:
    """Write something for each cluster: in tabs, or once where there is one cluster, or where all say the same."""
    titles = labels(view.site for view in views)
    texts = {titles[view.name]: caller(view).strip("\n") for view in views}
    if len(set(texts.values())) <= 1:
        return f"{next(iter(texts.values()), '')}\n"
    tabs = (f'=== "{title}"\n\n{indent(text, "    ")}\n' for title, text in texts.items() if text)
    return "\n".join(tabs)
