"""Environments from conda channels by rattler: solved to a lock, installed from nothing but that lock.

The deploy's lock and a path of its own for each release see to it that no prefix is ever written by two; the package
cache is rattler's, which locks what it changes there and looks at every file before it is used again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from lmodforge.apply.distributions.existing import packages_in
from lmodforge.apply.engines import Built
from lmodforge.apply.engines.conda_activation import capture
from lmodforge.apply.engines.conda_failures import explained
from lmodforge.apply.engines.conda_finish import Finisher
from lmodforge.apply.engines.licences import entries
from lmodforge.apply.engines.uv import Uv
from lmodforge.apply.observe import Observer
from lmodforge.apply.workshop import Workshop
from lmodforge.config.channels import channel_urls
from lmodforge.config.platforms import host_platform
from lmodforge.errors import StepFailed, Where
from lmodforge.plan.actions import BuildRelease
from lmodforge.plan.conda import conda_packages, conda_urls
from lmodforge.plan.locks import SUBDIRS, LockRequest, locked_packages
from lmodforge.receipts.models import PackageEntry

Places = Callable[[str, str], Where | None]
"""Subject of a request and spec -> where a person wrote it."""

_PROGRAM = ("-I", "-m", "lmodforge.apply.rattler")


@dataclass(frozen=True)
class Conda:
    """rattler as the site uses it: no configuration of anybody's, a cache of our own."""

    workshop: Workshop
    uv: Uv
    cached: bool = True
    places: Places = lambda subject, spec: None  # noqa: ARG005 - nothing is known of a site made by a program

    def resolve(self, requests: Sequence[LockRequest]) -> list[str | StepFailed]:
        """Return locks in the form that pixi reads; what a channel holds is read once for all of them."""
        questions = [
            {
                "channels": request.channels,
                "platform": request.platform,
                "virtual_packages": request.virtual_packages,
                "specs": request.requirements,
            }
            for request in requests
        ]
        job = {"do": "solve", "questions": questions, "cache": f"{self._cache}/repodata" if self.cached else ""}
        subject = requests[0].subject if len(requests) == 1 else "conda channels"
        try:
            answers = self._ask(subject, job)["answers"]
        except StepFailed as failure:
            return [failure for _ in requests]
        return [self._resolved(request, answer) for request, answer in zip(requests, answers, strict=True)]

    def _resolved(self, request: LockRequest, answer: dict[str, Any]) -> str | StepFailed:
        if failures := answer.get("failures"):
            return StepFailed.together([self._failure(request.subject, failure) for failure in failures])
        return str(answer["lock"])

    def build(self, release: BuildRelease) -> Built:
        """Install, do what rattler leaves undone, add what comes from PyPI, then see what activation does."""
        subject, finisher = release.subject, Finisher(self.workshop, release)
        packages = self.install(subject, release.path, release.key, release.specs)
        lacks = finisher.complete(packages)
        if release.pypi_key:
            self._refuse_twice(subject, release)
            self.uv.install_into(subject, release.path, release.pypi_key)
        finisher.mark(packages)
        self.workshop.progress.state(subject, "capturing activation")
        activation = capture(release, self.workshop)
        return Built(
            packages=(*_conda_entries(packages), *self._pypi_entries(release)),
            operations=activation.operations,
            lacks=(*lacks, *activation.lacks),
        )

    def install(self, subject: str, path: str, key: str, specs: tuple[str, ...]) -> list[dict[str, Any]]:
        """Install what a stored lock holds, and nothing else; return what is known of each package."""
        job = {
            "do": "install",
            "lock": self.workshop.layout.lock(key),
            "platform": SUBDIRS[host_platform()],
            "prefix": path,
            "specs": specs,
            "cache": f"{self._cache}/packages",
            "places": self._places(key),
        }
        said = partial(self.workshop.progress.state, subject)
        packages: list[dict[str, Any]] = self._ask(subject, job, said)["packages"]
        return packages

    def _pypi_entries(self, release: BuildRelease) -> tuple[PackageEntry, ...]:
        if not release.pypi_key:
            return ()
        return entries(locked_packages(release.pypi_lock), release.path, self.workshop.system)

    def fetch(self, subject: str, files: Sequence[Mapping[str, str]]) -> None:
        """Fetch packages (`url`, `path`, `sha256`) as deploys do: by the site's mirrors, with its tokens."""
        self._ask(subject, {"do": "fetch", "files": files}, partial(self.workshop.progress.state, subject))

    def read(self, subject: str, locks: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
        """Return what channels say of the packages of locks (`path`, `platform`): `url` and `record`."""
        packages: list[dict[str, Any]] = self._ask(subject, {"do": "read", "locks": locks})["packages"]
        return packages

    def _places(self, key: str) -> dict[str, str]:
        """Return where packages are taken from instead; nothing: each from its channel."""
        if self.workshop.mirror is None:
            return {}
        lock = (self.workshop.system.read(self.workshop.layout.lock(key)) or b"").decode()
        return self.workshop.mirror.places(conda_urls(lock))

    def _refuse_twice(self, subject: str, release: BuildRelease) -> None:
        """Refuse what conda has installed under another name: uv would take it away again."""
        there = dict(packages_in(release.path, Observer(self.workshop.system)))
        conda = {name for name, _ in conda_packages(release.lock)}
        twice = [name for name, _ in locked_packages(release.pypi_lock) if name in there.keys() - conda]
        if twice:
            raise StepFailed(
                f"{subject}: {', '.join(twice)} would come from PyPI, and has come from a channel under another name",
                "leave it to conda: drop from `pypi` what needs it, or from `conda` what brings it",
            )

    @property
    def _cache(self) -> str:
        return f"{self.workshop.cache}/conda"

    def _ask(self, subject: str, job: dict[str, Any], on_line: Callable[[str], None] | None = None) -> dict[str, Any]:
        settings = self.workshop.site.conda
        network: dict[str, Any] = {"mirrors": {}, "tokens": {}, "links": settings.links}
        if self.workshop.mirror is None:  # and else the files of the tokens need not be there
            network["mirrors"] = {url: to for channel, to in settings.mirrors.items() for url in channel_urls(channel)}
            network["tokens"] = settings.tokens
        argv, stdin = (sys.executable, *_PROGRAM), json.dumps(job | {"network": network})
        done = self.workshop.run(subject, argv, stdin=stdin, on_line=on_line)
        answer: dict[str, Any] = json.loads(done.stdout)
        if failures := answer.get("failures"):
            raise StepFailed.together([self._failure(subject, failure) for failure in failures])
        return answer

    def _failure(self, subject: str, failure: dict[str, Any]) -> StepFailed:
        if "spec" not in failure:
            message, hint = explained(failure["message"])
            return StepFailed(f"{subject}: {message}", hint)
        first, *others = failure.get("specs") or [failure["spec"]]
        places = [f"`{other}` stands at {self.places(subject, other)}" for other in others]
        hint = failure.get("hint") or ", ".join(places) or None
        return StepFailed(f"{subject}: {failure['message']}", hint, self.places(subject, first))


def _conda_entries(packages: list[dict[str, Any]]) -> list[PackageEntry]:
    return sorted(
        (
            PackageEntry(
                name=found["name"], version=found["version"], channel=found["channel"], licence=found["licence"]
            )
            for found in packages
        ),
        key=lambda package: package.name,
    )
