"""The site that these tests share, where other users may read it (pytest closes its own directories to them)."""

import shutil
import tempfile
from pathlib import Path

import pytest

from site_on_disk import make_site, write_tree


@pytest.fixture(scope="session")
def site():
    """A site with two generations of modules."""
    root = _open_directory()
    site = make_site(root)
    write_tree(root / "generations/0001", site.modules())
    write_tree(root / "generations/0002", site.changed())
    yield site
    shutil.rmtree(root)


@pytest.fixture
def place():
    """A directory that other users may enter."""
    root = _open_directory()
    yield root
    shutil.rmtree(root)


def _open_directory() -> Path:
    root = Path(tempfile.mkdtemp(prefix="lmodforge-test-"))
    root.chmod(0o755)
    return root
