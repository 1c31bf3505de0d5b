"""Verify holds a conda environment's module to what activation was captured to do."""

import pytest

from conda.small import Centre
from lmodforge.commands.verify import verify_site

ACTIVATE = (
    'export GDAL_DATA="$CONDA_PREFIX/share/gdal"\n'
    'export MANPATH="${MANPATH:+$MANPATH:}/opt/man"\n'
    'export PATH="$CONDA_PREFIX/tools:$PATH"\n'
)


@pytest.fixture(scope="module")
def activated(tmp_path_factory, packages):
    """A centre whose environment is activated by a script; each test puts back what it damages."""
    centre = Centre(tmp_path_factory.mktemp("activated"), packages)
    with centre.server:
        centre.channel.add("activated", files={"tools/tool": "", "etc/conda/activate.d/a.sh": ACTIVATE})
        centre.channel.index()
        centre.sci["conda"] = ["activated"]
        centre.deploy()
    return centre


def found(centre):
    small = centre.small
    failures = verify_site(str(small.file), str(small.root), shells="bash").json["failures"]
    return {(failure["module"], failure["check"], failure["expected"]) for failure in failures}


def test_a_clean_environment_passes(activated):
    assert found(activated) == set()


@pytest.mark.parametrize(
    ("variable", "check", "expected"),
    [
        ("CONDA_PREFIX", "variable", "CONDA_PREFIX={release}"),
        ("CONDA_DEFAULT_ENV", "variable", "CONDA_DEFAULT_ENV=sci"),
        ("GDAL_DATA", "variable", "GDAL_DATA={release}/share/gdal"),
        ("MANPATH", "variable", "`/opt/man` in MANPATH"),
    ],
)
def test_what_activation_sets_and_the_module_does_not_is_named(activated, variable, check, expected):
    (path,) = activated.small.modulefiles.glob("generations/*/sci/1.lua")
    text = path.read_text()
    kept = [line for line in text.splitlines() if f'("{variable}"' not in line]
    assert len(kept) < len(text.splitlines())
    try:
        path.write_text("\n".join(kept))
        assert found(activated) == {("sci/1", check, expected.format(release=activated.release))}
    finally:
        path.write_text(text)


def test_a_package_of_which_the_module_names_another_version_is_found(activated):
    (path,) = activated.small.modulefiles.glob("generations/*/sci/1.lua")
    text = path.read_text()
    try:
        path.write_text(text.replace("activated/1", "activated/2"))
        assert [(module, check) for module, check, _ in found(activated)] == [("sci/1", "spider")]
    finally:
        path.write_text(text)
