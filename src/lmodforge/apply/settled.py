"""Nothing to do, known without planning: same inputs and same world as when a plan last came out empty."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import lmodforge
from lmodforge.apply.observe import differences
from lmodforge.apply.system import System
from lmodforge.plan.digest import digest
from lmodforge.plan.layout import Layout

if TYPE_CHECKING:
    from lmodforge.plan.actions import Plan


def inputs_digest(document: str, root: str | None, templates: str) -> str:
    """Sum up what a plan depends on besides the world: the site file, the templates, and lmodforge itself."""
    return digest([document, root, templates, lmodforge.__version__, _own_files()])


def _own_files() -> list[tuple[str, int, int]]:
    # Sizes and times, not contents: this runs before anything else, and a developer's edit must count.
    package = Path(lmodforge.__file__).parent
    looks = ((path, path.stat()) for path in sorted(package.rglob("*.py")))
    return [(str(path.relative_to(package)), found.st_size, found.st_mtime_ns) for path, found in looks]


def is_settled(system: System, layout: Layout, inputs: str) -> bool:
    """Say whether the last empty plan was made from these inputs, and nothing that it looked at has changed."""
    content = system.read(layout.settled)
    try:
        stamp = json.loads(content or b"{}")
    except ValueError:
        return False
    return stamp.get("inputs") == inputs and not differences(system, stamp["world"])


def settle(system: System, layout: Layout, plan: Plan) -> None:
    """Remember an empty plan."""
    stamp = {"inputs": plan.inputs, "world": dict(plan.world)}
    system.write(layout.settled, json.dumps(stamp, indent=0, sort_keys=True).encode())
