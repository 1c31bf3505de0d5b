"""A deploy with nothing to do, against importing the libraries that it is made of."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import Row, command, in_milliseconds, take_turns
from site_files import demo_like, deployed

LIMIT = 2.0


def run() -> list[Row]:
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        opened = demo_like(folder)
        deployed(opened)
        ours = [sys.executable, "-m", "lmodforge", "deploy", "--site", str(opened.path), "--root", str(opened.root)]
        theirs = [sys.executable, "-c", "import pydantic, yaml, jinja2"]
        pair = take_turns(command(ours, folder), command(theirs, folder))
    return [
        Row(
            name="nothing to do: deploy of the demo site",
            figure=pair.ratio,
            unit="x the imports",
            limit=LIMIT,
            how=f"whole processes, median of runs in turns: {in_milliseconds(pair)}",
            bound_by="imports: Invoke takes most of it; pydantic and jinja2 are not loaded",
        )
    ]
