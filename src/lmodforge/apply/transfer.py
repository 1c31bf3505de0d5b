"""Receive a file from a server or from this host, from a given byte on where the server can; nothing is written."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from lmodforge.errors import StepFailed

_CHUNK = 1 << 20
_AUTHORITY = "whose certificate is it? a centre's own authority belongs in the file that SSL_CERT_FILE names"
_TIMEOUT = 60
"""Seconds without a byte."""


@dataclass(frozen=True)
class Incoming:
    """What a server sends."""

    url: str
    start: int
    """Bytes that it leaves out, because they are there already."""
    total: int | None
    """Of the whole file; None when the server does not say."""
    chunks: Iterator[bytes]

    def check(self, count: int) -> None:
        """Raise when the connection ended before the file did."""
        if self.total is not None and count != self.total:
            message = f"{self.url}: only {count} of {self.total} bytes came"
            raise StepFailed(message, "deploy again: it carries on from there")


@contextmanager
def transfer(url: str, start: int) -> Iterator[Incoming]:
    """Ask for a file, or for the rest of it; raises StepFailed with the URL and what went wrong."""
    with _explained(url):
        answer = _open(url, start)
    with answer:
        begin = start if getattr(answer, "status", None) == http.client.PARTIAL_CONTENT else 0
        length = getattr(answer, "headers", {}).get("Content-Length")
        yield Incoming(url, begin, begin + int(length) if length else None, _chunks(url, answer))


def _open(url: str, start: int) -> IO[bytes]:
    from urllib.error import HTTPError  # noqa: PLC0415 - only a download needs an HTTP client
    from urllib.request import Request, urlopen  # noqa: PLC0415 - the same

    if start and not url.startswith("file:"):
        try:
            ranged: IO[bytes] = urlopen(Request(url, headers={"Range": f"bytes={start}-"}), timeout=_TIMEOUT)  # noqa: S310 - config.naming lets http, https and file through
        except HTTPError as error:
            if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
            error.close()  # all of it is there, or more than that: begin again
        else:
            return ranged
    whole: IO[bytes] = urlopen(Request(url), timeout=_TIMEOUT)  # noqa: S310 - the same
    return whole


def _chunks(url: str, answer: IO[bytes]) -> Iterator[bytes]:
    while True:
        with _explained(url):
            chunk = answer.read(_CHUNK)
        if not chunk:
            return
        yield chunk


@contextmanager
def _explained(url: str) -> Iterator[None]:
    from ssl import SSLError  # noqa: PLC0415 - the same
    from urllib.error import HTTPError  # noqa: PLC0415 - the same

    try:
        yield
    except HTTPError as error:
        error.close()
        raise StepFailed(f"{url}: the server answers {error.code} {error.reason}", _hint(error.code)) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        hint = _AUTHORITY if isinstance(reason, SSLError) else "is it up? a mirror of it can stand under `installer`"
        raise StepFailed(f"{url}: {reason}", hint) from None


def _hint(code: int) -> str:
    if code in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
        return "it wants credentials: take a mirror without, or a file, under `installer`"
    if code >= http.client.INTERNAL_SERVER_ERROR:
        return "try again later; a mirror of it can stand under `installer`"
    return "is the version right? a mirror of it can stand under `installer`"
