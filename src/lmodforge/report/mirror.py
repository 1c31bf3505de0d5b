"""What a mirror holds, and how it is used."""

from __future__ import annotations

from collections import Counter
from typing import Any

from lmodforge.apply.mirror.make import Made
from lmodforge.plan.mirror import CHANNELS, INDEX, INSTALLERS, PYTHONS
from lmodforge.report.style import counted, size

_NOUNS = {CHANNELS: "conda package", INDEX: "wheel", INSTALLERS: "installer", PYTHONS: "Python"}
_PAGES = ("repodata.json", "index.html")


def made_text(out: str, made: Made) -> str:
    """Write what it holds, what came new, and what is typed on the other host."""
    held = ", ".join(counted(count, _NOUNS[folder]) for folder, count in _counts(made).items())
    amount = size(sum(entry.size for entry in made.manifest.files.values()))
    platforms, fetched = ", ".join(made.manifest.platforms), counted(made.fetched, "file")
    return "\n".join(
        [
            f"{out}: {held or 'nothing'}, {amount}, for {platforms}; {fetched} fetched.",
            f"sha256 of its manifest: {made.digest}",
            "",
            "Where there is no network:",
            "",
            f"    invoke deploy --site {made.manifest.site} --offline {out}",
        ]
    )


def made_json(out: str, made: Made) -> dict[str, Any]:
    """Return the `mirror` document, version 1."""
    return {
        "document": "mirror",
        "version": 1,
        "site": made.manifest.site,
        "out": out,
        "platforms": list(made.manifest.platforms),
        "files": len(made.manifest.files),
        "size": sum(entry.size for entry in made.manifest.files.values()),
        "fetched": made.fetched,
        "manifest": made.digest,
    }


def _counts(made: Made) -> dict[str, int]:
    paths = (path for path in made.manifest.files if not path.endswith(_PAGES))
    counts = Counter(path.partition("/")[0] for path in paths)
    return {folder: counts[folder] for folder in _NOUNS if counts[folder]}
