"""Conda channels as people write them: a name or a URL, never with a token in it."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from lmodforge.config.base import Model
from lmodforge.config.naming import AbsolutePath, Name, Text, form, mistake

ALIAS = "https://conda.anaconda.org"
"""Where a channel that is only named is found."""
DEFAULTS = ("https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r")
"""What conda calls `defaults`."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_URL = re.compile(r"(https?|file)://[^\s\"'\\]+")
_SECRET = re.compile(r"://[^/]*@|/t/[^/]+/")
_VIRTUAL = re.compile(r"__[a-z0-9_]+")
_SPEC = re.compile(r"(?:[^\s:\"'\\]+::)?[A-Za-z0-9_][A-Za-z0-9._-]*(?:[ =<>!~\[][A-Za-z0-9 =<>!~,|*._+:'\"/()\[\]-]*)?")
_HOST = re.compile(r"(\*\.)?[A-Za-z0-9.-]+")


def channel_urls(channel: str) -> tuple[str, ...]:
    """Return where a channel lies; `defaults` is two."""
    if channel == "defaults":
        return DEFAULTS
    return (channel if "://" in channel else f"{ALIAS}/{channel}",)


def _channel(text: str) -> str:
    if _SECRET.search(text):
        raise mistake(
            "the channel holds a user name or a token, which would show in logs and locks",
            "leave it out, and name a file that holds it under `conda.tokens`",
        )
    if not (_NAME.fullmatch(text) or _URL.fullmatch(text)):
        raise mistake(f"`{text}` is not a channel", "a name such as `conda-forge`, or a URL")
    return text.rstrip("/")


def _mirror(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise mistake(f"`{text}` is no mirror", "http:// or https://; a directory is a channel: `file:///...`")
    return _channel(text)


def _virtual_package(text: str) -> str:
    if not _VIRTUAL.fullmatch(text):
        raise mistake(f"`{text}` is not a virtual package", "such as `__cuda` or `__glibc`")
    return text


def _match_spec(text: str) -> str:
    if not _SPEC.fullmatch(text):
        raise mistake(f"`{text}` is not a conda package", "a name and, if need be, versions: `numpy >=2,<3`")
    return text


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise mistake(f"`{text}` is not a host", "such as `conda.example.org`, without `https://` and port")
    return text


Channel = Annotated[str, AfterValidator(_channel), form("channel", r"^[A-Za-z0-9]\S*$")]
Mirror = Annotated[str, AfterValidator(_mirror), form("URL", "^https?://")]
VirtualPackage = Annotated[str, AfterValidator(_virtual_package), form("virtual package", f"^{_VIRTUAL.pattern}$")]
MatchSpec = Annotated[Text, AfterValidator(_match_spec), form("MatchSpec", r"^[A-Za-z0-9_]")]
Host = Annotated[str, AfterValidator(_host), form("host", f"^{_HOST.pattern}$")]


class CondaSettings(Model):
    """How conda packages are fetched and installed."""

    mirrors: Annotated[
        dict[Channel, tuple[Mirror, ...]],
        Field(default_factory=dict, description="Where a channel is fetched from instead, best first, by the channel."),
    ]
    tokens: Annotated[
        dict[Host, AbsolutePath],
        Field(
            default_factory=dict,
            description="A file with the token of a host, by the host: a bearer token, or what pixi and mamba keep "
            'for a host, such as `{"CondaToken": "..."}`. It shows nowhere.',
        ),
    ]
    virtual_packages: Annotated[
        dict[VirtualPackage, Text],
        Field(
            default_factory=dict,
            description="What the nodes have, whatever this host has: `__cuda: 12.6`, `__glibc: 2.28`.",
        ),
    ]
    links: Annotated[
        Literal["hard", "copy"],
        Field(description="`hard` links to the package cache save space; with `copy` no file is in two places."),
    ] = "hard"
    post_link: Annotated[
        tuple[Name, ...], Field(description="Packages whose post-link scripts may run on this host, as you.")
    ] = ()
