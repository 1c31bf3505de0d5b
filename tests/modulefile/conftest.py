"""The site that these tests share."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # its helpers: standin, site_on_disk, scenarios

from site_on_disk import make_site, write_tree


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A site with two generations of modules; other users may read it."""
    root = tmp_path_factory.mktemp("site")
    for directory in (root, root.parent, root.parent.parent):
        os.chmod(directory, 0o755)
    site = make_site(root)
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    write_tree(root / "generations/0001", site.modules())
    write_tree(root / "generations/0002", site.changed())
    return site
