from pathlib import Path

from lmodforge.config.models import SiteConfig
from lmodforge.config.reference import site_reference


def test_the_reference_in_docs_is_current(golden):
    golden(Path(__file__).parents[2] / "docs" / "site-file.md", site_reference())


def test_every_key_is_described():
    rows = [line for line in site_reference().splitlines() if line.startswith(("| `", "| **`"))]
    assert [row for row in rows if row.endswith("|  |")] == []
    assert len(rows) > len(SiteConfig.model_fields)
