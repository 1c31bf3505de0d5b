"""Fetch archives of packages, each checked against its hash, and read what locks say of them."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from rattler.package_streaming import download_to_path

from lmodforge.apply.rattler.install import locked_records, sha256_of
from lmodforge.apply.rattler.network import Network, Refused

_AT_ONCE = 8
_ATTEMPTS = 3
"""To receive a file that breaks off."""


def read_locks(job: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with what the repodata of a channel says of each package of some locks."""
    found = {}
    for lock in job["locks"]:
        for record in locked_records(Path(lock["path"]), lock["platform"]):
            found[record.url] = record.to_json()
    return {"packages": [{"url": url, "record": record} for url, record in sorted(found.items())]}


async def fetch_packages(job: Mapping[str, Any], network: Network) -> dict[str, Any]:
    """Fetch every file; one that failed keeps no other from coming."""
    turns, done, total = asyncio.Semaphore(_AT_ONCE), 0, len(job["files"])

    async def fetch(file: Mapping[str, str]) -> dict[str, str] | None:
        nonlocal done
        async with turns:
            why = await _fetch(file, network)
        done += 1
        print(f"{done} of {total}", file=sys.stderr, flush=True)
        return {"message": why} if why else None

    answers = await asyncio.gather(*map(fetch, job["files"]))
    failures = [answer for answer in answers if answer]
    if failures:
        raise Refused(*failures)
    return {}


async def _fetch(file: Mapping[str, str], network: Network) -> str:
    """Return why it did not come; empty when it did."""
    path = Path(file["path"])
    part = path.with_name(f"{path.name}.part")
    why = ""
    for _ in range(_ATTEMPTS):
        try:
            await _receive(file["url"], part, network)
        except OSError as error:
            return f"{path}: {error.strerror or error}"
        except Exception as error:
            why = str(error)
            continue
        found = (await asyncio.to_thread(sha256_of, part)).hex()
        if found == file["sha256"]:
            part.rename(path)
            return ""
        part.unlink()
        return f"{file['url']} has sha256 {found}, the lock says {file['sha256']}"
    return why


async def _receive(url: str, part: Path, network: Network) -> None:
    parts = urlsplit(url)
    if parts.scheme == "file":
        shutil.copyfile(unquote(parts.path), part)
    else:
        await download_to_path(network.client, url, part)
