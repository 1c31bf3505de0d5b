"""Find the Python that a distribution stands on; a program is run only when its version cannot be known otherwise."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from lmodforge.apply.observe import Observer
from lmodforge.apply.surroundings import clean_environment
from lmodforge.apply.system import System
from lmodforge.config.distributions import PythonDistribution
from lmodforge.errors import SiteError
from lmodforge.plan.facts import Facts, Interpreter
from lmodforge.receipts.models import DistributionReceipt, Installed

_ASK = "import platform; print(platform.python_version())"


def host_interpreter() -> Interpreter:
    """Return the Python that runs lmodforge, without its virtual environment."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    return Interpreter(str(Path(base).resolve()), platform.python_version())


def host_glibc() -> str:
    """Return the version of the C library; what most of the hosts have where there is none."""
    return platform.libc_ver()[1] or Facts.glibc


def find_interpreter(
    name: str, distribution: PythonDistribution, observer: Observer, system: System, installed: Mapping[str, Installed]
) -> Interpreter:
    """Return the interpreter of a distribution; a version that the site file names must be its own."""
    wanted = distribution.version
    if distribution.interpreter == "uv":
        return Interpreter("", wanted or "")
    tried = []
    for path in _candidates(distribution):
        found = _identify(path, observer, system, installed)
        if found and (wanted is None or found.version == wanted or found.version.startswith(f"{wanted}.")):
            return found
        tried.append(f"{path}: {found.version if found else 'not there'}")
    raise SiteError(
        f"distribution {name}: no Python {wanted or ''} found (looked at {', '.join(tried)})".replace("  ", " "),
        "install it, name its path as `interpreter`, or let uv download it with `interpreter: uv`",
    )


def _candidates(distribution: PythonDistribution) -> Iterator[str]:
    if distribution.interpreter != "host":
        yield distribution.interpreter
        return
    yield host_interpreter().path
    if distribution.version:
        minor = ".".join(distribution.version.split(".")[:2])
        yield f"/usr/bin/python{minor}"
        yield f"/usr/local/bin/python{minor}"


def _identify(path: str, observer: Observer, system: System, installed: Mapping[str, Installed]) -> Interpreter | None:
    signature = observer.program(path)
    if signature == "absent":
        return None
    host = host_interpreter()
    if path == host.path:
        return Interpreter(path, host.version, signature)
    for receipt in installed.values():
        made = receipt.interpreter if isinstance(receipt, DistributionReceipt) else None
        if made and made.path == path and made.signature == signature:
            return Interpreter(path, made.version, signature)
    answer = system.run((path, "-I", "-c", _ASK), env=clean_environment("/"), timeout=30)
    return Interpreter(path, answer.stdout.strip(), signature) if answer.code == 0 else None
