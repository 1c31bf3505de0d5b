"""Bring the files of a mirror: what an earlier run left, else what the mirror before has, else from where it lies.

A file gets its name once its hash is right; what does not come keeps nothing else from coming.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from lmodforge.apply.distributions.installer import receive
from lmodforge.apply.engines.conda import Conda
from lmodforge.apply.engines.uv import Uv
from lmodforge.apply.mirror.contents import WantedPython
from lmodforge.apply.mirror.offline import Mirror
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import SiteError, StepFailed
from lmodforge.plan.actions import Download
from lmodforge.plan.mirror import CHANNELS, Wanted, python_path
from lmodforge.receipts.mirror import PythonEntry

_AT_ONCE = 8
"""Files on their way."""

_FILES, _PACKAGES = "wheels and installers", "conda packages"


@dataclass(frozen=True)
class Fetcher:
    """Fills a directory."""

    workshop: Workshop
    conda: Conda
    uv: Uv
    folder: str
    before: Mirror | None
    """The mirror that is there."""
    fetched: set[str] = field(default_factory=set)
    """Paths of what was not there already."""

    def files(self, wanted: Iterable[Wanted]) -> None:
        """Bring files; raises StepFailed that names all that did not come."""
        missing = [each for each in wanted if not self._there(each.path, each.sha256)]
        packages = [each for each in missing if _is_package(each)]
        failures = self._side_by_side([each for each in missing if not _is_package(each)])
        failures += self._by_rattler(packages)
        for each in missing:
            if self.workshop.system.stat(f"{self.folder}/{each.path}"):
                self._keep(each.path)
        if failures:
            once = {str(failure): failure for failure in failures}  # such as a full disk
            raise StepFailed.together([*once.values()])

    def python(self, wanted: WantedPython) -> PythonEntry:
        """Let uv find and check a Python for a platform; one that was checked before is known by its URL."""
        listed = self.uv.find_python(wanted.subject, wanted.version, wanted.platform, wanted.downloads)
        about = {
            "path": python_path(listed["url"]),
            "url": listed["url"],
            "key": listed["key"],
            "asked": wanted.version,
            "downloads": wanted.downloads,
            "platform": wanted.platform,
        }
        known = self.before.manifest if self.before else None
        for entry in known.pythons if known else ():
            same = about.items() <= entry.model_dump().items()
            if known and same and self._there(entry.path, known.files[entry.path].sha256):
                return entry
        return PythonEntry(**about, build=self._fetch_python(wanted, about["key"], about["path"]))

    def _there(self, path: str, sha256: str) -> bool:
        """Say whether a file is in its place, and put it there from the mirror before."""
        system, place = self.workshop.system, f"{self.folder}/{path}"
        if system.sha256(place) == sha256:
            return True
        system.remove(place)
        system.make_directory(posixpath.dirname(place))
        earlier = f"{self.before.folder}/{path}" if self.before and self.before.folder else ""
        if not earlier or system.sha256(earlier) != sha256:
            return False
        system.share(earlier, place)
        return True

    def _side_by_side(self, missing: Sequence[Wanted]) -> list[SiteError]:
        done = 0

        def fetch(wanted: Wanted) -> SiteError | None:
            nonlocal done
            failure = _attempt(lambda: self._download(wanted), self.folder)
            done += 1
            self.workshop.progress.state(_FILES, f"{done} of {len(missing)}")
            return failure

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            failures = [failure for failure in pool.map(fetch, missing) if failure]
        self._tell(_FILES, missing, failures)
        return failures

    def _download(self, wanted: Wanted) -> None:
        system, place = self.workshop.system, f"{self.folder}/{wanted.path}"
        quiet = Workshop(system, self.workshop.site)  # hundreds of files at once are counted, not followed
        receive(Download(wanted.url, posixpath.basename(place), wanted.sha256), f"{place}.part", wanted.subject, quiet)
        found = system.sha256(f"{place}.part")
        if found != wanted.sha256:
            system.remove(f"{place}.part")
            message = f"{wanted.subject}: {wanted.url} has sha256 {found}, expected was {wanted.sha256}"
            raise StepFailed(message, "it is not kept; find out which one is right")
        system.rename(f"{place}.part", place)

    def _by_rattler(self, missing: Sequence[Wanted]) -> list[SiteError]:
        """Let rattler fetch packages: it knows the mirrors and tokens of channels."""
        files = [
            {"url": wanted.url, "path": f"{self.folder}/{wanted.path}", "sha256": wanted.sha256} for wanted in missing
        ]
        failure = _attempt(lambda: self.conda.fetch(_PACKAGES, files), self.folder) if missing else None
        failures = [failure] if failure else []
        self._tell(_PACKAGES, missing, failures)
        return failures

    def _tell(self, subject: str, missing: Sequence[Wanted], failures: Sequence[SiteError]) -> None:
        if failures:
            self.workshop.progress.failed(subject, "some did not come")
        elif missing:
            self.workshop.progress.done(subject, f"{len(missing)} fetched")

    def _fetch_python(self, wanted: WantedPython, key: str, path: str) -> str:
        """Put an archive in its place; return its build."""
        system, place = self.workshop.system, f"{self.folder}/{path}"
        archive, build = self.uv.fetch_python(wanted.subject, key, wanted.downloads, f"{self.folder}/.uv")
        system.remove(place)
        system.make_directory(posixpath.dirname(place))
        system.rename(archive, place)
        self._keep(path)
        return build

    def _keep(self, path: str) -> None:
        """Nobody writes a file of a mirror."""
        self.fetched.add(path)
        self.workshop.system.freeze(f"{self.folder}/{path}", group=None, for_all=True)


def _is_package(wanted: Wanted) -> bool:
    return wanted.path.startswith(f"{CHANNELS}/")


def _attempt(step: Callable[[], None], folder: str) -> SiteError | None:
    try:
        step()
    except OSError as error:
        return StepFailed(f"{folder}: {error.strerror}", "mend that, then run it again: what came is kept")
    except SiteError as error:
        again = "run it again: what came is kept"
        hints = {"deploy again: it carries on from there": again, None: again}  # as a deploy would say
        return StepFailed.together(
            [StepFailed(each.message, hints.get(each.hint, each.hint)) for each in error.mistakes]
        )
    return None
