"""A plan in a file: what was reviewed is what is carried out, or nothing is."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from lmodforge.apply.observe import differences
from lmodforge.commands.site import OpenSite
from lmodforge.errors import SiteError, WorldChanged
from lmodforge.plan.actions import Plan

_SHOWN = 5


def encode_plan(plan: Plan) -> bytes:
    """Write a plan as JSON, with everything that it needs: locks and modulefiles too."""
    return TypeAdapter(Plan).dump_json(plan, indent=1) + b"\n"


def decode_plan(path: str) -> Plan:
    """Read a saved plan; raises SiteError when it is not one."""
    try:
        return TypeAdapter(Plan).validate_json(Path(path).read_bytes())
    except OSError as error:
        raise SiteError(f"cannot read {path}: {error.strerror}") from None
    except ValidationError:
        raise SiteError(f"{path} is not a plan of this lmodforge", f"write one: invoke plan --out {path}") from None


def refuse_changed(opened: OpenSite, plan: Plan) -> None:
    """Raise when the plan is not about the world, or the site file, as they are now."""
    if plan.inputs != opened.inputs:
        raise WorldChanged(
            "the site file, a template or lmodforge itself has changed since the plan was made", "make a new plan"
        )
    changed = differences(opened.system, plan.world)
    if changed:
        more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        raise WorldChanged(
            f"the world has changed since the plan was made: {', '.join(changed[:_SHOWN])}{more}", "make a new plan"
        )
