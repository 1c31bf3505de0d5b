"""Anaconda's own channels are free of charge for some only: using them takes a person who says that the site may."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from lmodforge.config.base import Model
from lmodforge.config.channels import channel_urls
from lmodforge.config.lifecycle import Date
from lmodforge.config.naming import Text, mistake

_HOSTS = re.compile(
    r"(repo\.anaconda\.com|repo\.continuum\.io|repo\.anaconda\.cloud|conda\.anaconda\.com)(:\d+)?(/.*)?"
)
_PUBLIC = re.compile(r"(?:conda\.)?anaconda\.org/([^/]+)(/.*)?")
_OF_THEIR_OWN = frozenset({"pkgs", "anaconda", "main", "r", "msys2", "pro", "free", "archive", "mro"})
_TOKEN = re.compile(r"(://[^/]+)/t/[^/]+(?=/)")


def _said(text: str) -> str:
    if not text:
        raise mistake("nothing is said here", "somebody will ask: write a name, and a reason")
    return text


Said = Annotated[Text, AfterValidator(_said)]


class AnacondaTerms(Model):
    """Who found that this site may use Anaconda's own channels, when, and why."""

    who: Annotated[Said, Field(description="The person who answers for it.")]
    when: Annotated[Date, Field(description="The day, such as 2026-11-20.")]
    why: Annotated[Said, Field(description="The licence, or the reason why none is needed.")]


def is_anacondas(channel: str) -> bool:
    """Say whether a channel, by name or URL, or a package, by its URL, is under Anaconda's terms of service."""
    return any(map(_is_under_terms, channel_urls(channel)))


def _is_under_terms(url: str) -> bool:
    place = re.sub(r"^[^:]*://([^/]*@)?", "", without_token(url).lower())
    public = _PUBLIC.fullmatch(place)
    return bool(_HOSTS.fullmatch(place)) or (public is not None and public.group(1) in _OF_THEIR_OWN)


def names_channels(setting: str) -> bool:
    """Say whether a setting of conda's leads to channels; lists of what is allowed or denied do not."""
    return "channel" in setting and not setting.startswith(("allowlist", "whitelist", "denylist"))


def without_token(url: str) -> str:
    """Take the token out of a channel's URL: it must not show anywhere."""
    return _TOKEN.sub(r"\1", url)


def channel_of(package_url: str) -> str:
    """Return the channel that a package came from: its URL without platform and file."""
    return without_token(package_url).rpartition("/")[0].rpartition("/")[0]
