"""Give an image Lmod when it lacks it: an image is made of it once, by its package manager, and kept by its engine."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lmodforge.apply.system import Completed, System
from lmodforge.errors import SiteError
from lmodforge.verify.places.containers import Container
from lmodforge.verify.places.reached import find_lmod_there, way_environment

CONTAINERFILES = Path(__file__).parent / "containerfiles"
# The words of ID and ID_LIKE in os-release, and the file that such an image is built with.
_FAMILIES = {"debian": "debian", "ubuntu": "debian", "rhel": "rhel", "fedora": "rhel", "centos": "rhel"}
_NOT_THERE = 127
_PATIENCE = 1800.0  # seconds to fetch or build an image


@dataclass(frozen=True)
class Images:
    """What an engine knows of images."""

    system: System
    engine: str

    def with_lmod(self, container: Container) -> Container:
        """Return a container that has Lmod: the one given, or one of an image made from its image."""
        identity = self._identity(container.image)
        if find_lmod_there(self.system, container):
            return container
        recipe = self._recipe(container)
        key = hashlib.sha256(f"{identity}\n{recipe.read_text(encoding='utf-8')}".encode()).hexdigest()[:16]
        made = f"localhost/lmodforge-verify:{key}"
        if self._ask("image", "inspect", made).code:
            self._build(container.image, recipe, made)
        return Container(container.engine, made, container.mounts, container.user, container.name)

    def _identity(self, image: str) -> str:
        """Return the digest of an image, which is fetched when it is not there."""
        inspect = ("image", "inspect", "--format", "{{.Id}}", image)
        done = self._ask(*inspect)
        if done.code:
            self._do("fetched", "pull", "--quiet", image)
            done = self._ask(*inspect)
        return done.stdout.strip()

    def _recipe(self, container: Container) -> Path:
        """Choose the Containerfile of the image's family."""
        done = self._ask(*container.command(["cat", "/etc/os-release"])[1:])
        fields = (line.partition("=") for line in done.stdout.splitlines())
        words = [word for name, _, value in fields if name in ("ID", "ID_LIKE") for word in value.strip("\"'").split()]
        family = next((_FAMILIES[word] for word in words if word in _FAMILIES), None)
        if family is None:
            what = " ".join(words) or "it has no /etc/os-release"
            hint = f"put Lmod into an image of your own; lmodforge can do it for {', '.join(_FAMILIES)}"
            raise SiteError(f"{container.image} has no Lmod, and how to install it there is not known ({what})", hint)
        return CONTAINERFILES / f"{family}.Containerfile"

    def _build(self, image: str, recipe: Path, made: str) -> None:
        what = ("--build-arg", f"IMAGE={image}", "--tag", made, "--file", str(recipe), str(CONTAINERFILES))
        self._do(f"made of {image} with Lmod", "build", "--quiet", *what)

    def _do(self, verb: str, *words: str) -> None:
        done = self._ask(*words)
        if done.code:
            said = " ".join((done.stderr or done.stdout).split()[-80:]) or f"exit code {done.code}"
            raise SiteError(f"an image could not be {verb}: {said}", f"try it: {shlex.join([self.engine, *words])}")

    def _ask(self, *words: str) -> Completed:
        return self.system.run([self.engine, *words], env=way_environment(), timeout=_PATIENCE)


def usable_engine(system: System, names: Sequence[str] = ("podman", "docker", "apptainer")) -> str | None:
    """Return the first engine that works here: a client without its daemon does not count."""
    return next((name for name in names if _answer(system, name).code == 0), None)


def why_unusable(system: System, names: Sequence[str]) -> str:
    """Return what the engines say that are there and do not work; empty when none is there."""
    answers = {name: _answer(system, name) for name in names}
    return "; ".join(
        f"{name}: {' '.join(done.stderr.split()[-40:]) or f'exit code {done.code}'}"
        for name, done in answers.items()
        if done.code not in (0, _NOT_THERE)
    )


def _answer(system: System, engine: str) -> Completed:
    return system.run((engine, "version" if engine == "apptainer" else "info"), env=way_environment(), timeout=30)
