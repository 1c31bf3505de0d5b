"""From receipts to the catalogue: what is counted, what is named how, and what must not show."""

import json

import jsonschema
import pytest

from docs.catalogues import small
from lmodforge.apply.engines.licences import licence_of
from lmodforge.config.lifecycle import LifeCycle
from lmodforge.config.models import SiteConfig
from lmodforge.receipts.models import DistributionReceipt, GenerationReceipt, PackageEntry, ReleaseReceipt
from lmodforge.report.docs.documents import document_files, modules_document, packages_document
from lmodforge.report.docs.downloads import environment_yml
from lmodforge.report.docs.gather import cluster_of
from lmodforge.report.docs.versions import compare, newest_first

SITE = SiteConfig.model_validate(
    {
        "name": "one",
        "paths": {"software": "/software", "modulefiles": "/modulefiles"},
        "distributions": {
            "base": {"kind": "miniforge", "version": "25.3.0-3", "module": "python/mf", "environments": ("sci",)}
        },
        "environments": {"sci": {"version": "2", "conda": ("conda-forge::NumPy >=2", "python"), "pypi": ("Six[x]>1",)}},
    }
)
FORGE, OWN = "https://conda.anaconda.org/conda-forge", "https://conda.example.org/t/secret-token/lab"
BASE = DistributionReceipt(
    lmodforge="0", made_at="2026-01-01T00:00:00+00:00", name="base", type="miniforge", path="/p", version="25.3.0-3"
)


def release(version, day, digest, **changed):
    values = {
        "lmodforge": "0",
        "made_at": f"2026-01-{day:02d}T00:00:00+00:00",
        "name": "sci",
        "version": version,
        "distribution": "base",
        "path": f"/p/releases/sci-{digest}",
        "digest": digest,
        "engine": "conda",
        "python": "/p/bin/python",
        "lock": "",
        "checked": "",
        "size": 1,
        "files": 1,
        "packages": (
            PackageEntry(name="python", version="3.12.1", channel=FORGE, licence="PSF-2.0"),
            PackageEntry(name="numpy", version="2.1.0", channel=FORGE, licence="BSD-3-Clause"),
            PackageEntry(name="six", version="1.17.0", licence="MIT"),
            PackageEntry(name="ours", version="1", channel=OWN),
        ),
    }
    return ReleaseReceipt.model_validate(values | changed)


def gathered(*releases, modules, site=SITE):
    generation = GenerationReceipt(
        lmodforge="0",
        made_at="2026-02-01T00:00:00+00:00",
        site="one",
        number=3,
        files={},
        links={},
        scripts={},
        modules={"python/mf": "/p", **modules},
    )
    return cluster_of(site, generation, {receipt.path: receipt for receipt in (BASE, *releases)})


def test_releases_stand_in_the_order_of_time_and_the_newest_leads():
    old, again, new = release("1", 3, "aa"), release("1", 5, "bb"), release("2", 9, "cc")
    cluster = gathered(new, old, again, modules={"sci/2": new.path})
    (sci,) = cluster.environments
    assert [(each.version, each.name, each.module) for each in sci.releases] == [
        ("1", "/p/releases/sci-aa", ""),  # the name of the version leads to the next one
        ("1", "sci-1", ""),
        ("2", "sci-2", "sci/2"),
    ]
    assert (sci.newest.version, sci.before.path, len(sci.older)) == ("2", "/p/releases/sci-bb", 2)
    assert sci.wanted == ("numpy", "python", "six")


def test_an_environment_without_a_module_is_not_shown():
    assert gathered(release("1", 3, "aa"), modules={}).environments == ()


def test_what_is_deployed_counts_and_not_what_the_site_file_asks_for_next():
    """The site file asks for version 2 and for six, which are not deployed yet."""
    old = release("1", 3, "aa", packages=[{"name": "python", "version": "3.12.1"}, {"name": "numpy", "version": "2"}])
    (sci,) = gathered(old, modules={"sci/1": old.path}).environments
    assert (sci.newest.version, sci.newest.module, sci.wanted) == ("1", "sci/1", ("numpy", "python"))


def living(**lifecycle):
    new = release("2", 9, "cc")
    written = SITE.environments["sci"].model_copy(update={"lifecycle": LifeCycle(**lifecycle)})
    site = SITE.model_copy(update={"environments": {"sci": written}})
    return gathered(new, modules={"sci/2": new.path}, site=site).environments


def test_an_environment_that_goes_away_says_so():
    (sci,) = living(deprecated="2026-03-01", advice="Load ml.")
    assert (sci.goes, sci.retired, sci.removed, sci.advice) == (True, "2026-03-01", "", "Load ml.")


def test_a_hidden_environment_is_not_shown():
    assert living(hidden=True) == ()


def test_a_token_in_the_url_of_a_channel_shows_nowhere():
    new = release("2", 9, "cc")
    cluster = gathered(new, modules={"sci/2": new.path})
    (sci,) = cluster.environments
    assert [(p.name, p.channel) for p in sci.newest.packages] == [
        ("numpy", "conda-forge"),
        ("ours", "lab"),
        ("python", "conda-forge"),
        ("six", "PyPI"),
    ]
    assert environment_yml(sci, sci.newest) == (
        "# sci 2, made on 2026-01-09\n"
        'name: "sci"\n'
        "channels:\n  - conda-forge\n  - https://conda.example.org/lab\n"
        "dependencies:\n  - numpy=2.1.0\n  - ours=1\n  - python=3.12.1\n"
        "  - pip\n  - pip:\n      - six==1.17.0\n"
    )


def test_documents_are_as_their_schemas_say():
    files = {name: json.loads(content) for name, content in document_files(small()).items()}
    for name in ("modules", "packages"):
        jsonschema.Draft202012Validator.check_schema(files[f"{name}.schema.json"])
        jsonschema.validate(files[f"{name}.json"], files[f"{name}.schema.json"])
        broken = {**files[f"{name}.json"], "version": 2}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, files[f"{name}.schema.json"])


def test_each_key_of_the_documents_that_says_little_is_explained():
    schema = json.loads(document_files(small())["modules.schema.json"])
    keys = schema["$defs"]["ModuleEntry"]["properties"]
    assert keys["environment"]["description"] == "What follows `source activate`."
    assert keys["size"]["description"] == "Bytes on disk."


def test_packages_and_modules_name_each_other():
    catalogue = small()
    modules = {
        (cluster["name"], module["name"]): module
        for cluster in modules_document(catalogue)["clusters"]
        for module in cluster["modules"]
    }
    held = [
        (cluster, module)
        for package in packages_document(catalogue)["packages"]
        for version in package["versions"]
        for cluster, names in version["modules"].items()
        for module in names
    ]
    assert {key: held.count(key) for key in set(held)} == {
        key: module.get("packages", 1) for key, module in modules.items()
    }


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: other\n\nbody", "MIT OR Apache-2.0"),
        ("Classifier: License :: OSI Approved :: MIT License\nLicense: see LICENSE\n", "MIT"),
        ("Classifier: License :: OSI Approved\nLicense: BSD\n", "BSD"),
        ("License: " + "All of the text of a licence, which is long. " * 3 + "\n", ""),
        ("License: UNKNOWN\n", ""),
        ("Name: x\n\nLicense: MIT\n", ""),
    ],
)
def test_a_licence_is_what_the_package_states(metadata, licence):
    assert licence_of(metadata) == licence


def test_versions_are_numbers():
    assert newest_first(["1.9", "1.10", "1.10rc1", "2024a", "1.10.1"]) == ["2024a", "1.10.1", "1.10", "1.10rc1", "1.9"]
    assert [compare("1.10", "1.9"), compare("1.9", "1.10"), compare("1.0", "1.0")] == [1, -1, 0]
