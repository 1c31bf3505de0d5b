"""A plain Python: a virtual environment as a prefix of its own, with pip, and `bin/activate` for environments."""

from __future__ import annotations

import importlib.resources
import re

from lmodforge import __version__
from lmodforge.apply.engines.licences import entries
from lmodforge.apply.engines.uv import Uv
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import StepFailed
from lmodforge.plan.actions import InstallPython
from lmodforge.plan.locks import locked_packages
from lmodforge.receipts.models import DistributionReceipt, InterpreterEntry

_OTHER_ACTIVATION = re.compile(r"activate(\..*|_this\.py)|deactivate\.bat|pydoc\.bat")
"""uv's scripts activate the prefix itself; here it is the module that does so."""


def install_python(action: InstallPython, workshop: Workshop, uv: Uv) -> DistributionReceipt:
    """Make the prefix of a plain Python; `envs` and `releases` in it stay writable for us."""
    subject, prefix, system = f"distribution {action.name}", action.prefix, workshop.system
    python = action.interpreter.path or _download(action, workshop, uv)
    uv.create(subject, prefix, python, prompt=action.name)
    uv.install(subject, prefix, action.key)
    for name in system.names(f"{prefix}/bin"):
        if _OTHER_ACTIVATION.fullmatch(name):
            system.remove(f"{prefix}/bin/{name}")
    system.write(f"{prefix}/bin/activate", activate_script(prefix).encode())
    for name in ("envs", "releases"):
        system.make_directory(f"{prefix}/{name}")
    return DistributionReceipt(
        lmodforge=__version__,
        made_at=workshop.now().isoformat(timespec="seconds"),
        name=action.name,
        type=action.type,
        path=prefix,
        version=action.version,
        interpreter=InterpreterEntry(path=python, version=action.version, signature=action.interpreter.signature),
        packages=entries(locked_packages(action.lock), prefix, system),
    )


def activate_script(prefix: str) -> str:
    """Return `bin/activate` of a prefix. Paths of a site hold nothing that a shell reads (config.naming)."""
    text = importlib.resources.files(__package__).joinpath("activate.sh").read_text()
    return text.replace("@ENVS@", f"{prefix}/envs")


def _download(action: InstallPython, workshop: Workshop, uv: Uv) -> str:
    """Let uv download the interpreter; uv knows the hash of each that it offers."""
    where = f"{action.prefix}/python"
    workshop.progress.state(f"distribution {action.name}", "downloading")
    uv.download_python(f"distribution {action.name}", action, where)
    minor = ".".join(action.version.split(".")[:2])
    for name in workshop.system.names(where):
        candidate = f"{where}/{name}/bin/python{minor}"
        if workshop.system.target(f"{where}/{name}") is None and workshop.system.stat(candidate):
            return candidate
    raise StepFailed(f"distribution {action.name}: uv reported success, but no Python {action.version} is in {where}")
