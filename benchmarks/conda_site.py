"""A site with a conda base and a channel of more than a hundred real packages, below a scratch directory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from channel import LocalChannel, Server
from installer import write_installer
from lmodforge.commands.site import OpenSite, open_site

REAL = ("jupyterlab", "pandas", "sphinx", "pytest", "hypothesis", "rich")
"""With all that they need, more than a hundred packages."""


@contextmanager
def real_channel() -> Iterator[tuple[Path, Server, int]]:
    """Serve a conda-forge that is made of wheels; yield a scratch directory, the server, and the count of packages."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        channel = LocalChannel(folder / "channels/conda-forge")
        channel.add_python()
        argv = [sys.executable, "-m", "pip", "download", "-qqq", "--disable-pip-version-check"]
        wheels = folder / "wheels"
        subprocess.run([*argv, "--only-binary", ":all:", "--dest", wheels, *REAL], check=True)
        for wheel in wheels.glob("*.whl"):
            channel.add_wheel(wheel)
        channel.index()
        with Server(folder / "channels") as server:
            yield folder, server, sum(len(records) for records in channel.records.values())


def conda_site(folder: Path, mirror: str, environments: Mapping[str, Sequence[str]], **more: object) -> OpenSite:
    """Write a site whose environments come from the channel."""
    installer = folder / "Miniforge3-25.3.0-3-Linux-x86_64.sh"
    sha256 = write_installer(installer)
    base = {
        "kind": "miniforge",
        "version": "25.3.0-3",
        "module": "python/miniforge",
        "installer": {"file": str(installer)},
        "sha256": {"linux-x86_64": sha256},
        "environments": list(environments),
    }
    site = {
        "name": "bench",
        "paths": {"software": "/software", "modulefiles": "/modulefiles"},
        "conda": {"mirrors": {"conda-forge": [mirror]}},
        "distributions": {"base": base},
        "environments": {name: {"version": "1", "conda": list(packages)} for name, packages in environments.items()},
        **more,
    }
    file = folder / "bench.yaml"
    file.write_text(yaml.safe_dump(site, sort_keys=False))
    return open_site(str(file), str(folder / "root"))
