"""The mark by which pip and uv know that a Python is not theirs to change, and what they tell users instead."""

from __future__ import annotations

import re

from lmodforge.apply.system import System

_LIBRARY = re.compile(r"python\d\.\d+t?")


def keep_pip_out(prefix: str, advice: str, system: System) -> None:
    """Mark each Python of a prefix (PEP 668)."""
    for name in system.names(f"{prefix}/lib"):
        library = f"{prefix}/lib/{name}"
        if _LIBRARY.fullmatch(name) and system.target(library) is None:
            system.write(f"{library}/EXTERNALLY-MANAGED", f"[externally-managed]\nError = {advice}\n".encode())
