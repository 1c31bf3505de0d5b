"""Each folder of `mistakes` holds a site file that is refused and what is said about it."""

from pathlib import Path

import pytest

from lmodforge.config.document import read_document
from lmodforge.config.load import load_site
from lmodforge.errors import InvalidSite

CASES = sorted(path.parent for path in (Path(__file__).parent / "mistakes").glob("*/site.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_site_file_is_refused_with_all_its_mistakes(case, golden, monkeypatch):
    monkeypatch.chdir(case)
    with pytest.raises(InvalidSite) as refusal:
        load_site(read_document(Path("site.yaml")), cwd=Path("/home/someone"))
    golden(case / "expected.txt", f"{refusal.value}\n")
