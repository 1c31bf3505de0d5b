"""A prefix that somebody else installed: looked at, never run, never changed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lmodforge import __version__
from lmodforge.apply.observe import Observer
from lmodforge.apply.workshop import Workshop
from lmodforge.config.licences import names_channels
from lmodforge.plan.actions import AdoptPrefix
from lmodforge.receipts.models import DistributionReceipt, PackageEntry

_DIST_INFO = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)\.dist-info")
_INSTALLED = re.compile(r"(?P<channel>\S+?)(/(noarch|(linux|osx|win)-\w+))?::")
_CONDA_META = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)-[^-]+\.json")


def packages_in(prefix: str, observer: Observer) -> tuple[tuple[str, str], ...]:
    """Return name and version of what a prefix holds, read from the names of its metadata."""
    found = dict(_named(observer.names(f"{prefix}/conda-meta"), _CONDA_META))
    for library in observer.names(f"{prefix}/lib"):
        if re.fullmatch(r"python\d\.\d+", library):
            packages = observer.names(f"{prefix}/lib/{library}/site-packages")
            found = dict(_named(packages, _DIST_INFO)) | found
    return tuple(sorted(found.items()))


def channels_in(prefix: str, observer: Observer) -> tuple[str, ...]:
    """Return the conda channels that a prefix was filled from, and those that its settings name."""
    found = _history_channels((observer.read(f"{prefix}/conda-meta/history") or b"").decode(errors="replace"))
    names = (".condarc", "condarc", *(f"condarc.d/{name}" for name in observer.names(f"{prefix}/condarc.d")))
    for name in names:
        found |= _settings_channels(observer.read(f"{prefix}/{name}") or b"")
    return tuple(sorted(found))


def _history_channels(history: str) -> set[str]:
    """Follow what was installed and removed, a line of `+channel/platform::package` or `-...` each."""
    there: set[str] = set()
    for line in history.splitlines():
        if line.startswith("+"):
            there.add(line[1:])
        elif line.startswith("-"):
            there.discard(line[1:])
    return {match["channel"] for match in map(_INSTALLED.match, there) if match}


def _settings_channels(text: bytes) -> set[str]:
    import yaml  # noqa: PLC0415 - only prefixes of conda have settings

    try:
        settings = yaml.safe_load(text)
    except yaml.YAMLError:
        return set()
    values = settings.items() if isinstance(settings, dict) else ()
    return {text for key, value in values if names_channels(str(key)) for text in _texts(value)}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _named(names: tuple[str, ...], pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    matches = filter(None, map(pattern.fullmatch, names))
    return [(match["name"].replace("_", "-").lower(), match["version"]) for match in matches]


def adopt_prefix(action: AdoptPrefix, workshop: Workshop) -> DistributionReceipt:
    """Write down what is there."""
    return DistributionReceipt(
        lmodforge=__version__,
        made_at=workshop.now().isoformat(timespec="seconds"),
        name=action.name,
        type=action.type,
        path=action.prefix,
        version=action.version,
        packages=tuple(PackageEntry(name=name, version=version) for name, version in action.packages),
    )
