"""The whole tree of Markdown, data and assets, by path: typed values in, bytes out, the same for the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from lmodforge.modulefile.render import Templates
from lmodforge.report.docs.addresses import distribution_page, downloads_of, environment_page, operations_page
from lmodforge.report.docs.catalogue import Catalogue, Environment
from lmodforge.report.docs.documents import document_files
from lmodforge.report.docs.downloads import downloads
from lmodforge.report.docs.mkdocs import mkdocs_yml
from lmodforge.report.docs.scripts import ScriptsFor, archive_of, scripts_by
from lmodforge.report.docs.searchdata import search_script
from lmodforge.report.docs.templates import PageTemplates
from lmodforge.report.docs.view import View, labels

MARKDOWN = "markdown"
"""Directory of the pages in the tree; `mkdocs.yml` lies beside it."""

SHARED_PAGES = {
    "index": "Start here",
    "environments": "Environments",
    "packages": "All packages",
    "uv": "uv",
    "own": "Your own environments",
    "caches": "Caches and toggles",
    "storage": "Storage and quotas",
    "jobs": "Batch jobs",
    "jupyter": "Jupyter",
    "moving": "Move an environment",
    "troubleshooting": "Troubleshooting",
}
"""Pages that tell about all clusters, in the order of reading, with their titles in the navigation."""

BEST_FOR = {
    "python": "Scripts, and virtual environments of your own",
    "miniforge": "Scientific packages by conda and mamba, from conda-forge",
    "micromamba": "conda environments with the smallest and fastest tool",
    "miniconda": "conda with Anaconda's packages",
    "anaconda": "Courses and older work that need Anaconda",
    "existing": "Work that needs exactly this installation",
}
"""What a distribution is for, where its site file does not say."""

_CARDS = 24
"""How many environments a page shows at the most that lists a few of each; the list of all has all."""


def render_docs(catalogue: Catalogue, templates: PageTemplates) -> dict[str, bytes]:
    """Return every file of the tree by its path, sorted."""
    return dict(sorted(_Tree(catalogue, templates).files()))


@dataclass(frozen=True)
class _Tree:
    catalogue: Catalogue
    templates: PageTemplates

    @cached_property
    def views(self) -> tuple[View, ...]:
        return tuple(View(cluster) for cluster in self.catalogue.clusters)

    @cached_property
    def title(self) -> str:
        titles = [view.title for view in self.views]
        return f"Python on {', '.join(titles[:-1])} and {titles[-1]}" if len(titles) > 1 else f"Python on {titles[0]}"

    @cached_property
    def scripts_for(self) -> ScriptsFor:
        return scripts_by(Templates(self.templates.site_directories))

    def files(self) -> Iterator[tuple[str, bytes]]:
        for path, content in self._below_markdown():
            yield f"{MARKDOWN}/{path}", content
        yield "mkdocs.yml", mkdocs_yml(self.title, self.views, self._shared, self.templates.assets).encode()

    def _below_markdown(self) -> Iterator[tuple[str, bytes]]:
        for name in self._shared:
            yield f"{name}.md", self._page(name, name)
        for view in self.views:
            yield (
                f"{operations_page(view.cluster)}.md",
                self._page("operations", operations_page(view.cluster), view=view),
            )
            for base in view.cluster.distributions:
                page = distribution_page(base)
                yield f"{page}.md", self._page("distribution", page, view=view, base=base)
                for script in self.scripts_for(view, base):
                    yield f"{downloads_of(base)}/{script.file}", script.text.encode()
                for env in base.environments:
                    yield from self._environment(view, env)
        for name, content in document_files(self.catalogue).items():
            yield f"downloads/{name}", content
        yield from self.templates.assets.items()
        yield "assets/lmodforge-data.js", search_script(self.catalogue).encode()

    def _environment(self, view: View, env: Environment) -> Iterator[tuple[str, bytes]]:
        offered = list(downloads(view, env, self.scripts_for))
        for name, text, _ in offered:
            yield f"{downloads_of(env)}/{name}", text.encode()
        purposes = [(name, purpose) for name, _, purpose in offered]
        page = environment_page(env)
        yield f"{page}.md", self._page("environment", page, view=view, env=env, downloads=purposes)

    @cached_property
    def _shared(self) -> Mapping[str, str]:
        """Return the shared pages that these clusters have: without uv nobody needs its page."""
        return {name: title for name, title in SHARED_PAGES.items() if name != "uv" or any(v.uv for v in self.views)}

    def _page(self, template: str, page: str, **values: object) -> bytes:
        up = "../" * (len(PurePosixPath(page).parts) - 1)
        text = self.templates.render(f"{template}.md.j2", {**self._common, "up": up, **values})
        lines = (line.rstrip() for line in text.lstrip("\n").splitlines())
        return ("\n".join(_single_blanks(lines)) + "\n").encode()

    @cached_property
    def _common(self) -> Mapping[str, object]:
        return {
            "archive_of": archive_of,
            "best_for": BEST_FOR,
            "cards": _CARDS,
            "catalogue": self.catalogue,
            "pages": {name: f"{name}.md" for name in SHARED_PAGES},
            "scripts_for": self.scripts_for,
            "title": self.title,
            "titles": labels(view.site for view in self.views),
            "views": self.views,
        }


def _single_blanks(lines: Iterator[str]) -> Iterator[str]:
    """Make one empty line of several, but in code: templates leave many, and a person may read the page as text."""
    before, fence = "", False
    for line in lines:
        fence ^= line.lstrip().startswith("```")
        if line or before or fence:
            yield line
        before = line
