"""The shipped centres, each deployed as it is: only where its packages and installers come from is said beside it."""

import json
from pathlib import Path

import yaml

from centres.packages import write_channels
from channel import Server
from installer import DEFAULTS, write_installer, write_micromamba
from lmodforge.apply.progress import Silent
from lmodforge.commands.deploy import deploy
from lmodforge.commands.site import OpenSite, open_site
from lmodforge.commands.verify import verify_site
from lmodforge.config.distributions import CondaDistribution, ExistingDistribution
from lmodforge.config.licences import is_anacondas
from standin import make_conda

TERMS = {"who": "the tests", "when": "2026-11-21", "why": "a prefix that is thrown away"}
"""What no shipped file says: that is the centre's to answer for."""


class Offer:
    """Channels, a server that mirrors them, and installers: what the world offers to all centres."""

    def __init__(self, folder: Path):
        self.folder = folder
        write_channels(folder / "channels")
        self.server = Server(folder / "channels")
        self.installers: dict[str, tuple[Path, str]] = {}
        for kind, channel in (("miniforge", ""), ("miniconda", DEFAULTS), ("anaconda", DEFAULTS)):
            path = folder / f"{kind}.sh"
            self.installers[kind] = (
                path,
                write_installer(path, standin=True, **({"channel": channel} if channel else {})),
            )
        path = folder / "micromamba"
        self.installers["micromamba"] = (path, write_micromamba(path, standin=True))

    @property
    def mirrors(self) -> dict[str, list[str]]:
        return {path.name: [f"{self.server.url}/{path.name}"] for path in (self.folder / "channels").iterdir()}


class Centre:
    """One of them below a directory."""

    def __init__(self, name: str, offer: Offer, folder: Path):
        self.name, self.offer, self.folder = name, offer, folder
        self.root = folder / name
        self.file = folder / f"{name}.yaml"
        self.additions: dict[str, object] = {
            "extends": f"{name}.yaml",
            "root": str(self.root),  # two of a centre have one documentation, and a directory each
            "conda": {"mirrors": offer.mirrors},
        }
        self.write()
        made = {key: self._source(d.kind) for key, d in self.distributions.items() if isinstance(d, CondaDistribution)}
        self.additions["distributions"] = made
        self.write()
        for distribution in self.distributions.values():
            if isinstance(distribution, ExistingDistribution):
                make_existing(Path(distribution.prefix), distribution.version, distribution.module)

    def _source(self, kind: str) -> dict[str, object]:
        path, sha256 = self.offer.installers[kind]
        return {"installer": {"file": str(path)}, "sha256": {"linux-x86_64": sha256}}

    def write(self) -> None:
        # Its own name would be found beside it first.
        self.file = self.folder / f"_{self.name}-tried.yaml"
        self.file.write_text(yaml.safe_dump(self.additions, sort_keys=False))

    def open(self) -> OpenSite:
        return open_site(str(self.file), str(self.root))

    @property
    def distributions(self):
        return self.open().config.distributions

    @property
    def config(self):
        return self.open().config

    @property
    def modulefiles(self) -> Path:
        return Path(self.config.paths.modulefiles)

    def accept_terms(self) -> None:
        self.additions["anaconda_terms"] = TERMS
        self.write()

    def deploy(self):
        return deploy(self.open(), Silent())

    def verify(self, shells: str = "bash,tcsh"):
        return verify_site(str(self.file), str(self.root), shells=shells)


def make_existing(prefix: Path, version: str, module: str) -> None:
    """Make a prefix as somebody else installed it long ago: plain Python, or an Anaconda."""
    if "anaconda" in module:
        make_conda(prefix, ("base-of-old",))
        package = {
            "name": "conda",
            "version": "4.12.0",
            "channel": DEFAULTS,
            "url": f"{DEFAULTS}/linux-64/conda-4.12.0-0.conda",
        }
        (prefix / "conda-meta/conda-4.12.0-0.json").write_text(json.dumps(package))
        (prefix / "conda-meta/history").write_text(
            f"==> 2022-05-10 00:00:00 <==\n+{DEFAULTS}/linux-64::conda-4.12.0-0\n"
        )
        assert is_anacondas(DEFAULTS)
    python = prefix / "bin/python"
    python.parent.mkdir(parents=True, exist_ok=True)
    for path in (python, python.with_name("python3")):
        path.write_text(f'#!/bin/sh\necho "Python {version}"\n')
        path.chmod(0o755)
