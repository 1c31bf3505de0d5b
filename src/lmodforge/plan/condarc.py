"""What is written into a base prefix with conda: settings for its users, and the two marks that keep it as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from lmodforge.config.channels import channel_urls
from lmodforge.config.distributions import CondaDistribution
from lmodforge.config.models import SiteConfig

_PLAIN = re.compile(r"[A-Za-z0-9/][A-Za-z0-9._/+@-]*(:[A-Za-z0-9._/+@-]+)*")
Value = str | Sequence[str] | Mapping[str, str | Sequence[str]]

_QUIET: dict[str, Value] = {
    "channel_priority": "strict",
    "auto_update_conda": "false",
    "notify_outdated_conda": "false",
    "number_channel_notices": "0",  # or each command waits for a host that a node may not reach
}

CONDARC = ".condarc"
FROZEN = "conda-meta/frozen"


def base_files(site: SiteConfig, distribution: CondaDistribution) -> dict[str, str]:
    """Return the text of each file by its path below the prefix."""
    files = {CONDARC: condarc(site, distribution)}
    if distribution.kind != "micromamba":  # it has no base environment that could be changed
        files[FROZEN] = json.dumps({"message": advice(site)}) + "\n"
    return files


def condarc(site: SiteConfig, distribution: CondaDistribution) -> str:
    """Write the settings. None is final: users' own `envs_dirs`, `pkgs_dirs` and channels go before these."""
    settings: dict[str, Value] = {"channels": site.channels}
    if "defaults" not in site.channels:  # what a user's old `channels: [defaults]` leads to; conda wants URLs here
        settings["default_channels"] = [_best(site, channel) for channel in site.channels]
    settings |= _mirrors(site) | _QUIET | distribution.condarc
    lines = [line for key, value in settings.items() for line in _lines(key, value)]
    return "\n".join(["# Written by lmodforge. To change it, change the site file and deploy.", *lines, ""])


def _best(site: SiteConfig, channel: str) -> str:
    """Return where a channel is fetched from first."""
    return next(iter(site.conda.mirrors.get(channel, ())), channel_urls(channel)[0])


def _mirrors(site: SiteConfig) -> dict[str, Value]:
    """Lead conda to the best mirror of a channel, and mamba to all; conda knows no mirror that is called otherwise."""
    names = {name: mirrors for name, mirrors in site.conda.mirrors.items() if "://" not in name and mirrors}
    custom = {name: best.removesuffix(f"/{name}") for name, (best, *_) in names.items() if best.endswith(f"/{name}")}
    found: dict[str, Value] = {"custom_channels": custom} if custom else {}
    return found | ({"mirrored_channels": names} if names else {})


def advice(site: SiteConfig) -> str:
    """Tell users what to do instead of changing a base."""
    return (
        f"This base environment belongs to everybody on {site.title or site.name} and stays as it is. "
        "Make an environment of your own: conda create -n NAME python, then: source activate NAME"
    )


def _lines(key: str, value: Value) -> list[str]:
    if isinstance(value, str):
        return [f"{key}: {_scalar(value)}"]
    if isinstance(value, Mapping):
        return [f"{key}:", *(f"  {line}" for name, below in value.items() for line in _lines(_scalar(name), below))]
    return [f"{key}:", *(f"  - {_scalar(text)}" for text in value)] if value else [f"{key}: []"]


def _scalar(text: str) -> str:
    """Write one value of YAML; a JSON string is one too."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text)
