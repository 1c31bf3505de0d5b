"""Nothing of Anaconda's channels gets in unless somebody has accepted their terms in the site file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lmodforge.config.distributions import CondaDistribution
from lmodforge.config.document import Document
from lmodforge.config.licences import is_anacondas, names_channels
from lmodforge.config.models import SiteConfig
from lmodforge.config.nodes import Loc
from lmodforge.errors import Mistake

_HINT = "take `conda-forge`, or record in `anaconda_terms` who found that the site may use it, when, and why"


def check_licences(site: SiteConfig, document: Document) -> Iterator[Mistake]:
    """Check every place of the file that can lead to Anaconda's channels.

    What is under their terms as such, and what the channels resolve to, is checked when a deploy is planned.
    """
    if "anaconda_terms" in document.plain:  # right or wrong: a mistake in it is said elsewhere
        return
    for loc, text in _channels(site):
        if is_anacondas(text):
            yield Mistake(f"`{text}` is under Anaconda's terms of service", _HINT, document.locate(loc))


def _channels(site: SiteConfig) -> Iterator[tuple[Loc, str]]:
    for i, channel in enumerate(site.channels):
        yield ("channels", i), channel
    for channel, mirrors in site.conda.mirrors.items():
        for i, mirror in enumerate(mirrors):
            yield ("conda", "mirrors", channel, i), mirror
    for name, environment in site.environments.items():
        for i, channel in enumerate(environment.channels):
            yield ("environments", name, "channels", i), channel
        yield from _named_in_specs(("environments", name, "conda"), environment.conda)
        for node, on in environment.nodes.items():
            yield from _named_in_specs(("environments", name, "nodes", node, "conda"), on.conda)
    for name, distribution in site.distributions.items():
        if isinstance(distribution, CondaDistribution):
            yield from _settings(("distributions", name, "condarc"), distribution)


def _named_in_specs(loc: Loc, specs: Sequence[str]) -> Iterator[tuple[Loc, str]]:
    for i, spec in enumerate(specs):
        channel, separator, _ = spec.partition("::")
        if separator:
            yield (*loc, i), channel


def _settings(loc: Loc, distribution: CondaDistribution) -> Iterator[tuple[Loc, str]]:
    """Find what a setting could make a channel of, an alias of one included."""
    for key, value in distribution.condarc.items():
        if not names_channels(key):
            continue
        if isinstance(value, str):
            yield (*loc, key), value
        elif isinstance(value, dict):
            yield from (((*loc, key, name), text) for name, text in value.items())
        else:
            yield from (((*loc, key, i), text) for i, text in enumerate(value))
