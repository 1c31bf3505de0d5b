"""The `lmodforge` program: the same tasks as `invoke` in a checkout."""

from __future__ import annotations

from invoke.program import Program

from lmodforge import __version__
from lmodforge.tasks import namespace


def main() -> None:
    """Run a task by its name."""
    Program(name="lmodforge", binary="lmodforge", namespace=namespace, version=__version__).run()
