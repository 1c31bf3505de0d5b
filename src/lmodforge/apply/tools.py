"""A tool: the programs of its wheel in `bin` of a prefix of its own, installed by hash."""

from __future__ import annotations

from lmodforge import __version__
from lmodforge.apply.engines.uv import Uv
from lmodforge.apply.interpreters import host_interpreter
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import StepFailed
from lmodforge.plan.actions import InstallTool
from lmodforge.plan.digest import sha256
from lmodforge.receipts.models import ToolReceipt


def install_tool(action: InstallTool, workshop: Workshop, uv: Uv) -> ToolReceipt:
    """Install the wheel beside `bin`, then keep only its programs: they need nothing else of it."""
    subject, prefix, system = f"tool {action.name}", action.prefix, workshop.system
    wheel = f"{prefix}/wheel"
    workshop.progress.state(subject, "downloading")
    uv.install_beside(subject, wheel, action.key, host_interpreter().path)
    programs = system.names(f"{wheel}/bin")
    if action.name not in programs:
        raise StepFailed(f"{subject}: its wheel holds no program `{action.name}`", "is the version right?")
    system.rename(f"{wheel}/bin", f"{prefix}/bin")
    system.remove(wheel)
    return ToolReceipt(
        lmodforge=__version__,
        made_at=workshop.now().isoformat(timespec="seconds"),
        name=action.name,
        version=action.version,
        path=prefix,
        lock=action.lock,
        hashes={f"bin/{name}": sha256(system.read(f"{prefix}/bin/{name}") or b"") for name in programs},
    )
