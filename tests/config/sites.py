"""Small site files for tests."""

from pathlib import Path

from lmodforge.config.document import read_document
from lmodforge.config.load import load_site

SMALL = """\
name: alpha
paths: {software: /sw, modulefiles: /mf}
distributions:
  standard: {kind: python, module: "python/{version}", version: 3.10, environments: [sci]}
environments:
  sci: {version: 2026.10, pypi: [numpy]}
"""


def write(folder: Path, **files: str) -> Path:
    """Write files NAME.yaml and return the last."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / f"{name}.yaml"


def read(folder: Path, text: str, **bases: str):
    """Read the document of a site file."""
    return read_document(write(folder, **bases, site=text))


def load(folder: Path, text: str, root: str | None = None, **bases: str):
    """Load a site file."""
    return load_site(read(folder, text, **bases), root, cwd=folder)
