"""Starter kits of a deployed site, as files."""

import pytest
import yaml

from lmodforge.commands.kits import write_kits
from lmodforge.errors import SiteError


@pytest.fixture
def with_slurm(deployed, tmp_path):
    """The file of a site that is deployed, with a batch system."""
    file = tmp_path / "small.yaml"
    site = yaml.safe_load(deployed.file.read_text()) | {"scheduler": {"kind": "slurm"}}
    file.write_text(yaml.safe_dump(site, sort_keys=False))
    return str(file)


def test_each_module_that_a_job_can_use_has_its_files(deployed, with_slurm, tmp_path):
    out = tmp_path / "kits"
    assert write_kits(with_slurm, str(deployed.root), str(out)) == f"{out}: 3 files"
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()) == [
        "python/plain/python-plain.sbatch",
        "tiny/1/tiny.sbatch",
        "web/1/web.sbatch",
    ]
    assert "\nmodule load tiny/1\n" in (out / "tiny/1/tiny.sbatch").read_text()
    with pytest.raises(SiteError) as caught:
        write_kits(with_slurm, str(deployed.root), str(out))
    assert str(caught.value) == f"{out} is not empty\n  hint: name a directory that is not there yet"


def test_a_site_without_a_batch_system_is_told_so(deployed, tmp_path):
    with pytest.raises(SiteError) as caught:
        write_kits(str(deployed.file), str(deployed.root), str(tmp_path / "kits"))
    assert str(caught.value) == ("site small has no `scheduler`\n  hint: say in the site file what batch system it has")
