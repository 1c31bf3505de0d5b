"""What is under Anaconda's terms is found by where it comes from: their installers, and what resolved to them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lmodforge.config.licences import is_anacondas
from lmodforge.plan.actions import AdoptPrefix, BuildRelease, Change, Install, InstallConda
from lmodforge.plan.conda import conda_urls
from lmodforge.plan.facts import Facts

_THEIRS = ("miniconda", "anaconda")
_HINT = "take another channel, or record in `anaconda_terms` who found that the site may use it, when, and why"


def refused(installs: Iterable[Install], releases: Iterable[BuildRelease], facts: Facts) -> Iterator[Change]:
    """Return a conflict for everything that is under Anaconda's terms."""
    for install in installs:
        if isinstance(install, AdoptPrefix):
            yield from _conflict("distribution", install.name, facts.channels.get(install.prefix, ()))
        elif isinstance(install, InstallConda) and install.type in _THEIRS:
            reason = f"what `{install.type}` installs is under Anaconda's terms of service"
            yield Change(
                "!", "distribution", install.name, reason, hint=_HINT.replace("another channel", "`miniforge`")
            )
        elif isinstance(install, InstallConda) and install.lock:
            yield from _conflict("distribution", install.name, conda_urls(install.lock))
    for release in releases:
        if release.engine == "conda":
            yield from _conflict("environment", release.environment, conda_urls(release.lock))


def _conflict(what: str, name: str, sources: Iterable[str]) -> Iterator[Change]:
    theirs = [source for source in sources if is_anacondas(source)]
    if theirs:
        more = f" and {len(theirs) - 1} more" if len(theirs) > 1 else ""
        reason = f"under Anaconda's terms of service: {theirs[0]}{more}"
        yield Change("!", what, name, reason, hint=_HINT)
