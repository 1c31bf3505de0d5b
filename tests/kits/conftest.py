"""A site whose modules jobs load, and what a user's login has: Lmod, and the site on MODULEPATH."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from lmod import lmod
from lmodforge.modulefile.context import EnvironmentModule, Look
from site_on_disk import write_tree


@dataclass
class User:
    """A user with a home directory, in which jobs are submitted."""

    home: Path
    prefix: Path
    """Of the environment that their modules load."""

    @property
    def environment(self) -> dict[str, str]:
        return {"HOME": str(self.home), "LMOD_PAGER": "none", "LMOD_SYSTEM_DEFAULT_MODULES": ""}


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    """A virtual environment with a Jupyter server, and a module for it, as a site has them; look only."""
    folder = tmp_path_factory.mktemp("servers")
    prefix = folder / "sci-3f2a9c1d"
    subprocess.run(["uv", "venv", "-q", "--no-config", "--python", sys.executable, prefix], check=True)
    install = ["uv", "pip", "install", "-q", "--no-config", "--python", prefix / "bin/python", "jupyter-server"]
    subprocess.run(install, check=True, env={**os.environ, "UV_SYSTEM_CERTS": "true"})
    module = EnvironmentModule(Look("sci/2026.11", "sci", "2026.11", "python", "Science"), str(prefix), "uv", "sci")
    write_tree(folder / "modulefiles", [module])
    return folder


@pytest.fixture
def user(tmp_path, servers):
    """A user whose login shells have the site's modules."""
    user = User(tmp_path / "home", servers / "sci-3f2a9c1d")
    user.home.mkdir()
    profile = f". {lmod().init('bash')}\nexport MODULEPATH={servers}/modulefiles\n"
    (user.home / ".bash_profile").write_text(profile)
    (user.home / ".jupyter").mkdir()
    (user.home / ".jupyter/jupyter_server_config.py").write_text("c.ServerApp.allow_root = True\n")  # CI is root
    return user
