"""The settings that zensical and mkdocs-material both read: nothing is fetched from anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lmodforge.report.docs.addresses import distribution_page, environment_page, operations_page
from lmodforge.report.docs.view import View, labels

_LISTED = 60
"""How many environments of a cluster the navigation lists; with more of them every page would repeat a long list."""

_FEATURES = ["content.code.copy", "content.tabs.link", "navigation.footer", "navigation.indexes", "navigation.top"]
_SETTINGS: dict[str, Any] = {
    "docs_dir": "markdown",
    "site_dir": "html",
    "use_directory_urls": False,  # pages open from files, too
    "theme": {
        "name": "material",
        "language": "en",
        "font": False,  # it would come from another host
        "features": _FEATURES,
        "palette": [
            {
                "media": "(prefers-color-scheme: light)",
                "scheme": "default",
                "primary": "custom",
                "accent": "custom",
                "toggle": {"icon": "material/weather-night", "name": "Switch to dark mode"},
            },
            {
                "media": "(prefers-color-scheme: dark)",
                "scheme": "slate",
                "primary": "custom",
                "accent": "custom",
                "toggle": {"icon": "material/weather-sunny", "name": "Switch to light mode"},
            },
        ],
    },
    "plugins": [{"search": {"enabled": False}}],  # the builders' own asks a server; ours does not
    "markdown_extensions": [
        "admonition",
        "attr_list",
        "md_in_html",
        "tables",
        {"toc": {"permalink": True}},
        {"pymdownx.highlight": {"pygments_lang_class": True}},
        "pymdownx.superfences",
        {"pymdownx.tabbed": {"alternate_style": True}},
    ],
    "validation": {"omitted_files": "info", "absolute_links": "warn", "unrecognized_links": "warn", "anchors": "warn"},
}


def mkdocs_yml(title: str, views: Sequence[View], shared: Mapping[str, str], assets: Mapping[str, bytes]) -> str:
    """Write `mkdocs.yml`."""
    import yaml  # noqa: PLC0415 - only pages need it

    settings = {
        "site_name": title,
        **_SETTINGS,
        "extra_css": sorted(name for name in assets if name.endswith(".css")),
        "extra_javascript": sorted(name for name in assets if name.endswith(".js")),
        "nav": _navigation(views, shared),
    }
    return yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=120)


def _navigation(views: Sequence[View], shared: Mapping[str, str]) -> list[Any]:
    pages = [{title: f"{name}.md"} for name, title in shared.items()]
    titles = labels(view.site for view in views)
    return [*pages, *({titles[view.name]: _cluster(view)} for view in views)]


def _cluster(view: View) -> list[Any]:
    bases = [{base.module: f"{distribution_page(base)}.md"} for base in view.cluster.distributions]
    envs = [{env.name: f"{environment_page(env)}.md"} for env in view.cluster.environments[:_LISTED]]
    return [
        *([{"Distributions": bases}] if bases else []),
        *([{"Environments": envs}] if envs else []),
        {"Operations": f"{operations_page(view.cluster)}.md"},
    ]
