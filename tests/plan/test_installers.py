"""Where each installer lies, what it is called, and whose hash counts."""

import pytest

from lmodforge.config.distributions import (
    AnacondaDistribution,
    MicromambaDistribution,
    MinicondaDistribution,
    MiniforgeDistribution,
)
from lmodforge.errors import SiteError
from lmodforge.plan.actions import Download
from lmodforge.plan.installers import download_of
from lmodforge.plan.known import KNOWN_INSTALLERS

HASH = "a" * 64
EVERYWHERE = dict.fromkeys(("linux-x86_64", "linux-aarch64", "linux-ppc64le"), HASH)
RELEASES = "https://github.com/mamba-org/micromamba-releases/releases/download"


def made(kind, version, **keys):
    keys = {"module": "python/base", "sha256": EVERYWHERE} | keys
    return kind.model_validate({"kind": kind.model_fields["kind"].annotation.__args__[0], "version": version, **keys})


@pytest.mark.parametrize(
    ("kind", "version", "platform", "url"),
    [
        (
            MiniforgeDistribution,
            "25.3.0-3",
            "linux-aarch64",
            "https://github.com/conda-forge/miniforge/releases/download/25.3.0-3/Miniforge3-25.3.0-3-Linux-aarch64.sh",
        ),
        (
            MinicondaDistribution,
            "py312_24.9.2-0",
            "linux-x86_64",
            "https://repo.anaconda.com/miniconda/Miniconda3-py312_24.9.2-0-Linux-x86_64.sh",
        ),
        (
            AnacondaDistribution,
            "2022.05",
            "linux-ppc64le",
            "https://repo.anaconda.com/archive/Anaconda3-2022.05-Linux-ppc64le.sh",
        ),
        (MicromambaDistribution, "2.8.1-0", "linux-x86_64", f"{RELEASES}/2.8.1-0/micromamba-linux-64"),
        (MicromambaDistribution, "2.8.1-0", "linux-ppc64le", f"{RELEASES}/2.8.1-0/micromamba-linux-ppc64le"),
    ],
)
def test_makers_keep_their_installers_here(kind, version, platform, url):
    assert download_of("base", made(kind, version), platform) == Download(url, url.rpartition("/")[2], HASH)


@pytest.mark.parametrize(
    ("source", "url", "name"),
    [
        (
            {"mirror": "https://mirror.example.org/miniforge/"},
            "https://mirror.example.org/miniforge/Miniforge3-25.3.0-3-Linux-x86_64.sh",
            "Miniforge3-25.3.0-3-Linux-x86_64.sh",
        ),
        ({"url": "https://example.org/get/it?as=sh"}, "https://example.org/get/it?as=sh", "it.sh"),
        ({"file": "/installers/it.sh"}, "file:///installers/it.sh", "it.sh"),
    ],
)
def test_a_site_can_name_another_place(source, url, name):
    assert download_of("base", made(MiniforgeDistribution, "25.3.0-3", installer=source), "linux-x86_64") == Download(
        url, name, HASH
    )


def test_a_known_hash_counts_unless_the_site_states_another():
    known = KNOWN_INSTALLERS["miniforge", "25.3.0-3", "linux-x86_64"]
    assert download_of("base", made(MiniforgeDistribution, "25.3.0-3", sha256={}), "linux-x86_64").sha256 == known
    assert download_of("base", made(MiniforgeDistribution, "25.3.0-3"), "linux-x86_64").sha256 == HASH


def test_known_hashes_are_hashes_of_platforms_that_there_are():
    assert {(len(known), platform) for (_, _, platform), known in KNOWN_INSTALLERS.items()} == {
        (64, platform) for platform in EVERYWHERE
    }
    assert len(set(KNOWN_INSTALLERS.values())) == len(KNOWN_INSTALLERS)


def test_a_platform_without_installers_is_refused():
    with pytest.raises(SiteError, match="there is no installer for linux-riscv64"):
        download_of("base", made(MiniforgeDistribution, "25.3.0-3"), "linux-riscv64")
