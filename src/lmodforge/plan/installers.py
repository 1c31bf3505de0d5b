"""Which file makes a base prefix, where its makers keep it, and its hash: without one nothing is downloaded. Pure."""

from __future__ import annotations

import posixpath

from lmodforge.config.distributions import CondaDistribution
from lmodforge.errors import SiteError
from lmodforge.plan.actions import Download
from lmodforge.plan.known import KNOWN_INSTALLERS
from lmodforge.plan.locks import SUBDIRS

_MACHINES = {
    "linux-x86_64": "Linux-x86_64",
    "linux-aarch64": "Linux-aarch64",
    "linux-ppc64le": "Linux-ppc64le",
    "macos-x86_64": "MacOSX-x86_64",
    "macos-arm64": "MacOSX-arm64",
}
_FILES = {
    "miniforge": ("https://github.com/conda-forge/miniforge/releases/download/{version}", "Miniforge3-{version}"),
    "miniconda": ("https://repo.anaconda.com/miniconda", "Miniconda3-{version}"),
    "anaconda": ("https://repo.anaconda.com/archive", "Anaconda3-{version}"),
    "micromamba": ("https://github.com/mamba-org/micromamba-releases/releases/download/{version}", "micromamba"),
}


def download_of(name: str, distribution: CondaDistribution, platform: str) -> Download:
    """Return the installer of a distribution; raises SiteError when its hash is not known."""
    if platform not in _MACHINES:
        raise SiteError(
            f"distribution {name}: there is no installer for {platform}", f"only for {', '.join(_MACHINES)}"
        )
    url = _url(distribution, platform)
    stated = {str(key): value for key, value in distribution.sha256.items()}
    known = KNOWN_INSTALLERS.get((distribution.kind, distribution.version, platform))
    sha256 = stated.get(platform) or known
    if not sha256:
        raise SiteError(
            f"distribution {name}: no sha256 is known of {posixpath.basename(url)}",
            f"take it from its makers and write `sha256: {{{platform}: ...}}`: nothing runs without one",
        )
    return Download(url, _file_name(distribution, url), sha256)


def _file_name(distribution: CondaDistribution, url: str) -> str:
    """Return what a download is called: an installer refuses to run under a name that does not end so."""
    name = posixpath.basename(url).partition("?")[0]
    return name if name.endswith(".sh") or distribution.kind == "micromamba" else f"{name}.sh"


def _url(distribution: CondaDistribution, platform: str) -> str:
    source, (folder, stem) = distribution.installer, _FILES[distribution.kind]
    if source.file:
        return f"file://{source.file}"
    if source.url:
        return source.url
    single = distribution.kind == "micromamba"
    file = f"{stem}-{SUBDIRS[platform]}" if single else f"{stem}-{_MACHINES[platform]}.sh"
    return f"{(source.mirror or folder).rstrip('/')}/{file}".replace("{version}", distribution.version)
