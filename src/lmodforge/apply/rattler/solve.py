"""Solve a set of specs to a lock; where that fails, find out which of them are to blame."""

from __future__ import annotations

import asyncio
import difflib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from rattler import Channel, Gateway, GenericVirtualPackage, MatchSpec, PackageName, RepoDataRecord, Version, solve
from rattler.exceptions import GatewayError, InvalidMatchSpecError, SolverError
from rattler.lock import LockChannel, LockFile, LockPlatform
from rattler.package.build_string import BuildString

from lmodforge.apply.rattler.network import Network, Refused

PATIENCE = timedelta(minutes=10)
"""For one solve."""
_SHOWN = 6


@dataclass(frozen=True)
class _Question:
    """A set of specs, and where to look."""

    gateway: Gateway
    channels: tuple[str, ...]
    platform: str
    virtual_packages: tuple[GenericVirtualPackage, ...]
    specs: tuple[str, ...]

    @property
    def platforms(self) -> list[Any]:
        return [self.platform, "noarch"]

    async def solve(self, specs: Sequence[str]) -> list[RepoDataRecord]:
        """Return the packages; raises SolverError."""
        return await solve(
            sources=[Channel(url) for url in self.channels],
            specs=[MatchSpec(spec) for spec in specs],
            gateway=self.gateway,
            platforms=self.platforms,
            virtual_packages=self.virtual_packages,
            timeout=PATIENCE,
        )

    async def fails(self, specs: Sequence[str]) -> str:
        """Return the solver's reason why these cannot be; empty when they can."""
        try:
            await self.solve(specs)
        except SolverError as error:
            return str(error).partition("because of: ")[2].strip() or str(error)
        return ""

    async def versions(self, spec: str) -> list[str]:
        """Return the versions that match a spec, newest first."""
        sources, wanted = [Channel(url) for url in self.channels], [MatchSpec(spec)]
        found = await self.gateway.query(sources, self.platforms, wanted, recursive=False)
        versions = {record.version for records in found for record in records}
        return [str(version) for version in sorted(versions, reverse=True)]

    async def names(self) -> list[str]:
        """Return the names of all packages."""
        found = await self.gateway.names([Channel(url) for url in self.channels], self.platforms)
        return [name.normalized for name in found]


async def solve_to_locks(job: dict[str, Any], network: Network) -> dict[str, Any]:
    """Answer each question with a lock in the form of pixi's, or with what is wrong; channels are read once."""
    with tempfile.TemporaryDirectory() as scratch:  # a plan for a site that is not there yet leaves nothing behind
        gateway = Gateway(cache_dir=Path(job["cache"] or scratch), client=network.client)
        questions = [_question(gateway, question) for question in job["questions"]]
        return {"answers": await asyncio.gather(*map(_answer, questions))}


async def _answer(question: _Question) -> dict[str, Any]:
    try:
        _check(question.specs)
        return {"lock": _lock(question, await question.solve(question.specs))}
    except SolverError as error:
        return {"failures": await _blame(question, str(error))}
    except Refused as refused:
        return {"failures": list(refused.failures)}
    except GatewayError as error:
        return {"failures": [{"message": str(error)}]}


def _question(gateway: Gateway, asked: dict[str, Any]) -> _Question:
    return _Question(
        gateway=gateway,
        channels=tuple(asked["channels"]),
        platform=asked["platform"],
        virtual_packages=tuple(_virtual(name, version) for name, version in asked["virtual_packages"]),
        specs=tuple(asked["specs"]),
    )


def _virtual(name: str, version: str) -> GenericVirtualPackage:
    if name == "__archspec":  # conda keeps the name of the microarchitecture in the build string
        return GenericVirtualPackage(PackageName(name), Version("1"), BuildString(version))
    return GenericVirtualPackage(PackageName(name), Version(version), BuildString("0"))


def _check(specs: Sequence[str]) -> None:
    failures = [
        {"spec": spec, "message": f"`{spec}` is not a conda package: {why}"} for spec in specs if (why := _wrong(spec))
    ]
    if failures:
        raise Refused(*failures)


def _wrong(spec: str) -> str:
    try:
        MatchSpec(spec)
    except InvalidMatchSpecError as error:
        return str(error)
    return ""


def _lock(question: _Question, records: Sequence[RepoDataRecord]) -> str:
    platform = LockPlatform(question.platform)
    lock = LockFile([platform])
    lock.set_channels("default", [LockChannel(url) for url in question.channels])
    for record in records:
        lock.add_conda_package("default", platform, record)
    # The library writes to paths only: this one is a file in memory.
    path = Path(f"/proc/self/fd/{os.memfd_create('lock')}")
    lock.to_path(path)
    return path.read_text(encoding="utf-8")


async def _blame(question: _Question, report: str) -> list[dict[str, Any]]:
    """Say which specs cannot be had at all; or else which few of them cannot be had together."""
    alone = [(spec, why) for spec in question.specs if (why := await question.fails([spec]))]
    if alone:
        return [await _why_not(question, spec, why) for spec, why in alone]
    together = await _smallest(question)
    why = await question.fails(together) or report
    listed = ", ".join(f"`{spec}`" for spec in together)
    return [{"spec": together[0], "specs": together, "message": _with_report(f"{listed} exclude each other", why)}]


async def _smallest(question: _Question) -> list[str]:
    """Drop what is not to blame, one spec after the other: without any of the rest it would work."""
    kept = list(question.specs)
    for spec in question.specs:
        others = [other for other in kept if other != spec]
        if others and await question.fails(others):
            kept = others
    return kept


async def _why_not(question: _Question, spec: str, why: str) -> dict[str, Any]:
    where = ", ".join(question.channels)
    name = MatchSpec(spec).name.as_package_name()
    plain = name.normalized if name else spec
    known = await question.versions(plain)
    if not known:
        near = difflib.get_close_matches(plain, await question.names(), n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"no package of that name is in {where}"
        message = f"there is no package `{plain}` for {question.platform}"
        return {"spec": spec, "message": message, "hint": hint}
    if not await question.versions(spec):
        shown = ", ".join(known[:_SHOWN]) + (", ..." if len(known) > _SHOWN else "")
        return {"spec": spec, "message": f"nothing matches `{spec}` in {where}", "hint": f"there is {plain} {shown}"}
    return {"spec": spec, "message": _with_report(f"`{spec}` cannot be installed", why)}


def _with_report(message: str, report: str) -> str:
    return "\n".join([message, *(f"    {line}" for line in report.splitlines() if line.strip())])
