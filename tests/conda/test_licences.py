"""Anaconda's channels get in only when a person has accepted their terms, by whatever name they come."""

import pytest

from conda.small import Small
from config.sites import load
from installer import CONDA_FORGE, DEFAULTS, write_installer
from lmodforge.config.licences import is_anacondas
from lmodforge.errors import InvalidSite
from lmodforge.plan.actions import Change, InstallConda
from lmodforge.plan.facts import Facts
from lmodforge.plan.licences import refused

RECORD = "or record in `anaconda_terms` who found that the site may use it, when, and why"
TERMS = {"who": "Jane Doe", "when": "2026-11-20", "why": "education licence 1234"}
SITE = """\
name: alpha
paths: {software: /sw, modulefiles: /mf}
channels: [conda-forge, defaults]
conda:
  mirrors: {conda-forge: ["https://mirror.example.org/conda-forge", "https://repo.anaconda.cloud/conda-forge"]}
distributions:
  miniconda: {kind: miniconda, version: py312_24.9.2-0, module: python/miniconda}
  base:
    kind: miniforge
    version: 25.3.0-3
    module: python/miniforge
    environments: [sci]
    condarc:
      channel_alias: https://repo.anaconda.com/pkgs
      custom_channels: {mine: "https://conda.example.org", theirs: "https://repo.continuum.io/pkgs"}
      mirrored_channels: [pkgs/main]
      denylist_channels: [defaults]
environments:
  sci: {version: "1", conda: [numpy, "anaconda::scipy"], channels: [conda-forge, "https://conda.anaconda.org/main"]}
"""


@pytest.mark.parametrize(
    "channel",
    [
        "defaults",
        "main",
        "anaconda",
        "pkgs/msys2",
        "r",
        "anaconda/label/dev",
        "https://repo.anaconda.com/pkgs/main",
        "https://repo.anaconda.com/pkgs/main/linux-64/numpy-2.0-0.conda",
        "HTTPS://REPO.ANACONDA.COM/pkgs/main",
        "https://repo.anaconda.com:443/pkgs/r",
        "https://user:word@repo.anaconda.com/pkgs/r",
        "https://conda.anaconda.org/t/to-ken/main/noarch",
        "https://repo.continuum.io/pkgs/free",
        "https://anaconda.org/anaconda",
    ],
)
def test_a_channel_of_anacondas_is_known_in_any_spelling(channel):
    assert is_anacondas(channel)


@pytest.mark.parametrize(
    "channel",
    [
        "conda-forge",
        "bioconda",
        "main-lab",
        "https://conda.anaconda.org/conda-forge/linux-64/anaconda-client-1.12.0-0.conda",
        "https://mirror.example.org/repo.anaconda.com/pkgs/main",
        "file:///software/channel",
    ],
)
def test_other_channels_are_free(channel):
    assert not is_anacondas(channel)


def test_every_place_of_a_site_file_that_leads_to_them_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidSite) as refusal:
        load(tmp_path, SITE)
    lines = [line.removeprefix(f"{tmp_path}/") for line in str(refusal.value).splitlines()]
    assert [line for line in lines if "hint:" not in line] == [
        "site.yaml:3:25: `defaults` is under Anaconda's terms of service",
        "site.yaml:5:69: `https://repo.anaconda.cloud/conda-forge` is under Anaconda's terms of service",
        "site.yaml:14:22: `https://repo.anaconda.com/pkgs` is under Anaconda's terms of service",
        "site.yaml:15:68: `https://repo.continuum.io/pkgs` is under Anaconda's terms of service",
        "site.yaml:16:27: `pkgs/main` is under Anaconda's terms of service",
        "site.yaml:19:38: `anaconda` is under Anaconda's terms of service",
        "site.yaml:19:82: `https://conda.anaconda.org/main` is under Anaconda's terms of service",
    ]
    assert {line for line in lines if "hint:" in line} == {
        f"  hint: take `conda-forge`, {RECORD}",
    }


@pytest.mark.parametrize("kind", ["miniconda", "anaconda"])
def test_what_their_installers_bring_takes_a_person_who_answers_for_it(kind):
    base = InstallConda("base", "/sw/base", "2024.10-1", kind, {})
    reason = f"what `{kind}` installs is under Anaconda's terms of service"
    assert list(refused([base], [], Facts())) == [
        Change("!", "distribution", "base", reason, hint=f"take `miniforge`, {RECORD}")
    ]


def test_a_person_who_answers_for_it_opens_the_way(tmp_path):
    terms = 'anaconda_terms: {who: Jane Doe, when: 2026-11-20, why: "education licence 1234"}\n'
    assert load(tmp_path, SITE + terms).anaconda_terms.who == "Jane Doe"


@pytest.mark.parametrize("missing", ["who", "when", "why"])
def test_an_acceptance_has_a_person_a_day_and_a_reason(tmp_path, missing):
    terms = ", ".join(f'{key}: "{value}"' for key, value in TERMS.items() if key != missing)
    with pytest.raises(InvalidSite) as refusal:
        load(tmp_path, f"{SITE}anaconda_terms: {{{terms}}}\n")
    assert [m.message for m in refusal.value.mistakes] == [f"key `{missing}` is missing in `anaconda_terms`"]


def adopted(tmp_path, *, history="", condarc=""):
    """A site that adopts a prefix of somebody else's."""
    small = Small(tmp_path)
    prefix = tmp_path / "theirs"
    (prefix / "conda-meta").mkdir(parents=True)
    (prefix / "bin").mkdir()
    (prefix / "conda-meta/history").write_text(history)
    (prefix / ".condarc").write_text(condarc)
    small.site["distributions"] = {
        "theirs": {"kind": "existing", "version": "1", "module": "python/theirs", "prefix": str(prefix)}
    }
    return small


@pytest.mark.parametrize(
    ("history", "condarc", "found"),
    [
        ("+defaults/linux-64::numpy-2.0-0\n", "", "defaults"),
        (f"+{DEFAULTS}/linux-64::numpy-2.0-0\n", "", DEFAULTS),
        ("", "channels: [conda-forge, defaults]\n", "defaults"),
        ("", "channels: [x]\nchannel_alias: https://repo.anaconda.com/pkgs\n", "https://repo.anaconda.com/pkgs"),
    ],
)
def test_a_prefix_that_is_adopted_is_asked_too(tmp_path, history, condarc, found):
    small = adopted(tmp_path, history=history, condarc=condarc)
    plan = small.plan()
    assert "  !  distribution  theirs " in plan
    assert f"under Anaconda's terms of service: {found}\n" in plan
    small.site["anaconda_terms"] = TERMS
    assert small.deploy().settled


def test_a_package_that_was_removed_from_an_adopted_prefix_counts_no_more(tmp_path):
    history = (
        f"+defaults/linux-64::numpy-2.0-0\n-defaults/linux-64::numpy-2.0-0\n+{CONDA_FORGE}/linux-64::numpy-2.1-0\n"
    )
    small = adopted(tmp_path, history=history, condarc="channels: [conda-forge]\n")
    assert small.deploy().settled


def test_a_locked_package_is_known_by_where_it_resolved_to():
    lock = (
        "version: 6\npackages:\n"
        f"- conda: {CONDA_FORGE}/noarch/pip-25.0-0.conda\n"
        f"- conda: {DEFAULTS}/linux-64/numpy-2.0-0.conda\n"
        f"- conda: {DEFAULTS}/linux-64/scipy-1.0-0.conda\n"
    )
    base = InstallConda("base", "/sw/base", "25.3.0", "miniforge", {}, key="conda-1", lock=lock)
    assert list(refused([base], [], Facts())) == [
        Change(
            "!",
            "distribution",
            "base",
            f"under Anaconda's terms of service: {DEFAULTS}/linux-64/numpy-2.0-0.conda and 1 more",
            hint=f"take another channel, {RECORD}",
        )
    ]


def test_the_stand_in_of_a_miniconda_says_where_it_comes_from(tmp_path):
    write_installer(tmp_path / "it.sh", channel=DEFAULTS)
    assert "  - defaults\n" in (tmp_path / "it.sh").read_text()
