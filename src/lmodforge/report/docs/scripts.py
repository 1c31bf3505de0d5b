"""The scripts with which jobs use an environment."""

from __future__ import annotations

from dataclasses import dataclass

from lmodforge.report.docs.catalogue import Environment
from lmodforge.report.docs.view import View


@dataclass(frozen=True)
class Script:
    """One file for the batch system."""

    kind: str
    file: str
    text: str
    title: str
    summary: str
    command: str = ""


def scripts_for(view: View, environment: Environment) -> tuple[Script, ...]:
    """Return the scripts for one environment, in the order of their use."""
    return ()
