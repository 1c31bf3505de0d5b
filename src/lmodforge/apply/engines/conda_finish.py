"""What rattler leaves undone in a new environment, and the marks that keep it as it is."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lmodforge.apply.marks import keep_pip_out
from lmodforge.apply.workshop import Workshop
from lmodforge.config.channels import ALIAS
from lmodforge.plan.actions import BuildRelease

_COMPILE = """\
import compileall, functools, os, sys
paths = sys.stdin.read().splitlines()
compile_one = functools.partial(compileall.compile_file, quiet=2)
try:
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(int(os.environ.get("PYTHON_CPU_COUNT", 0)) or None) as pool:
        list(pool.map(compile_one, paths, chunksize=32))
except (ImportError, OSError):  # no semaphores here, as in some containers
    list(map(compile_one, paths))
"""
_TAG = "CACHEDIR.TAG"
"""A tag of a cache would make backups pass the environment by."""


@dataclass(frozen=True)
class Finisher:
    """Works on one release."""

    workshop: Workshop
    release: BuildRelease

    def complete(self, packages: Sequence[dict[str, Any]]) -> list[str]:
        """Run the post-link scripts that the site allows and write bytecode; return what was not done."""
        self.workshop.system.remove(f"{self.release.path}/{_TAG}")
        self.workshop.system.make_directory(f"{self.release.path}/bin")  # the module puts it on PATH
        refused = self._post_link(packages)
        self._compile([path for package in packages for path in package["uncompiled"]])
        return refused

    def mark(self, packages: Sequence[dict[str, Any]]) -> None:
        """Write what tells conda, pip and uv whose environment this is, and what it was made of."""
        system, path = self.workshop.system, self.release.path
        system.write(f"{path}/conda-meta/history", self._history(packages).encode())
        message = json.dumps({"message": self._advice()})
        system.write(f"{path}/conda-meta/frozen", f"{message}\n".encode())
        if self.release.variables:
            state = json.dumps({"env_vars": dict(self.release.variables)})
            system.write(f"{path}/conda-meta/state", f"{state}\n".encode())
        keep_pip_out(path, self._advice(), system)

    def _advice(self) -> str:
        """Tell users what to do instead of changing the environment (CEP 22, PEP 668)."""
        site = self.workshop.site
        return (
            f"{self.release.environment} {self.release.version} belongs to everybody on {site.title or site.name} and "
            "stays as it is. Make an environment of your own: conda create -n NAME python, then: source activate NAME"
        )

    def _history(self, packages: Sequence[dict[str, Any]]) -> str:
        """Write what `conda list --revisions` and `conda env export --from-history` read."""
        names = (f"{each['channel'].removeprefix(f'{ALIAS}/')}/{each['subdir']}::{_dist(each)}" for each in packages)
        specs = ", ".join(repr(spec) for spec in self.release.specs)
        return "\n".join(
            [
                f"==> {self.workshop.now():%Y-%m-%d %H:%M:%S} <==",
                "# cmd: lmodforge deploy",
                *sorted(f"+{name}" for name in names),
                f"# update specs: [{specs}]",
                "",
            ]
        )

    def _compile(self, paths: Sequence[str]) -> None:
        python = f"{self.release.path}/bin/python"
        if not paths or not self.workshop.system.stat(python):
            return
        self.workshop.progress.state(self._subject, "compiling")
        listed = "".join(f"{self.release.path}/{path}\n" for path in paths)
        self.workshop.run(self._subject, (python, "-I", "-c", _COMPILE), stdin=listed)

    def _post_link(self, packages: Sequence[dict[str, Any]]) -> list[str]:
        refused = []
        for package in packages:
            if package["post_link"] and package["name"] in self.workshop.site.conda.post_link:
                self._run_post_link(package)
            elif package["post_link"]:
                refused.append(
                    f"the post-link script of {package['name']} was not run; `conda.post_link` allows it by name"
                )
        return refused

    def _run_post_link(self, package: dict[str, Any]) -> None:
        """Run a script with what conda gives it; a shell reads it whatever its first line says, as conda does."""
        path = self.release.path
        variables = {
            "PREFIX": path,
            "ROOT_PREFIX": self.release.prefix,
            "PKG_NAME": package["name"],
            "PKG_VERSION": package["version"],
            "PKG_BUILDNUM": str(package["build_number"]),
            "PATH": f"{path}/bin:/usr/local/bin:/usr/bin:/bin",
        }
        self.workshop.progress.state(self._subject, f"post-link script of {package['name']}")
        script = posixpath.join(path, f"bin/.{package['name']}-post-link.sh")
        self.workshop.run(self._subject, ("/bin/bash", script), variables=variables)

    @property
    def _subject(self) -> str:
        return self.release.subject


def _dist(package: dict[str, Any]) -> str:
    return f"{package['name']}-{package['version']}-{package['build']}"
