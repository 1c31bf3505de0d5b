"""Catalogues that nobody deployed: large ones for figures, a small one with a little of everything."""

import datetime
import random

from lmodforge.config.models import SiteConfig
from lmodforge.kits.archive import Archive
from lmodforge.receipts.models import (
    DistributionReceipt,
    GenerationReceipt,
    PackageEntry,
    ReleaseReceipt,
    ToolReceipt,
)
from lmodforge.report.docs.catalogue import Catalogue, Cluster, Distribution, Environment, Package, Release, Tool
from lmodforge.report.docs.gather import cluster_of, requested

LICENCES = ("BSD-3-Clause", "MIT", "Apache-2.0", "PSF-2.0", "GPL-3.0-or-later", "LGPL-2.1-or-later")
BASE = "python/miniforge-25.3.0"
DAY = datetime.datetime(2026, 11, 20, 22, tzinfo=datetime.timezone.utc)


def synthetic(environments=1000, packages=300, clusters=1, releases=1) -> Catalogue:
    """So many environments of so many packages each; the same numbers give the same catalogue."""
    chance = random.Random(1)
    names = [f"{chance.choice(['lib', 'py', 'r-', 'bio', 'geo', ''])}{_word(chance)}" for _ in range(packages * 10)]
    known = sorted({Package(name, _version(chance), "conda-forge", chance.choice(LICENCES)) for name in names})
    return Catalogue(
        tuple(
            _cluster(
                f"cluster{number}",
                known,
                tuple(
                    _environment(chance, f"cluster{number}", number, chance.sample(known, packages - 1), releases)
                    for number in range(environments // clusters)
                ),
            )
            for number in range(clusters)
        )
    )


def _cluster(name, known, envs) -> Cluster:
    base = BASE
    site = SiteConfig.model_validate(
        {
            "name": name,
            "title": name.title(),
            "paths": {"software": "/software", "modulefiles": "/modulefiles"},
            "distributions": {
                "miniforge": {
                    "kind": "miniforge",
                    "version": "25.3.0-3",
                    "module": base,
                    "environments": tuple(env.name for env in envs),
                }
            },
            "environments": {
                env.name: {"version": env.newest.version, "conda": ("python",), "summary": env.summary} for env in envs
            },
        }
    )
    distribution = Distribution(
        name, "miniforge", "miniforge", base, "25.3.0-3", "3.12.9", f"/software/{base}", _day(0),
        540_000_000, 21_000, tuple(known[:80]), envs, default=True, licence="BSD-3-Clause",
    )  # fmt: skip
    return Cluster(site, 7, _day(0), len(envs) + 1, (distribution,), ())


def _environment(chance, site, number, chosen, releases) -> Environment:
    name, base = f"env{number:04d}", BASE
    made = tuple(_release(chance, name, age, chosen) for age in reversed(range(releases)))
    summary = f"Everything for the work of group {number}."
    return Environment(site, name, base, "miniforge", made, made[-1], summary, wanted=tuple(p.name for p in chosen[:6]))


def _release(chance, name, age, chosen) -> Release:
    version, packages = f"2026.{11 - age:02d}", (*chosen, Package("python", "3.12.9", "conda-forge", "PSF-2.0"))
    path = f"/software/{BASE}/releases/{name}-{chance.getrandbits(32):08x}"
    size = chance.randrange(300, 9_000) * 1_000_000
    return Release(
        version, _day(age), path, "conda", "3.12.9", size, size // 40_000, tuple(sorted(packages)),
        f"{name}/{version}" if age < 2 else "", f"{name}-{version}", "version: 6\n",
    )  # fmt: skip


def _day(age) -> str:
    return (DAY - datetime.timedelta(days=30 * age)).isoformat()


def _word(chance) -> str:
    return "".join(chance.choice("bcdfghklmnprstvz") + chance.choice("aeiou") for _ in range(chance.randrange(2, 5)))


def _version(chance) -> str:
    return ".".join(str(chance.randrange(20)) for _ in range(3))


def small() -> Catalogue:
    """Two clusters: conda and uv, several releases, a retired distribution."""
    return Catalogue((_midway(), _beagle()))


def _midway() -> Cluster:
    site = SiteConfig.model_validate(
        {
            "name": "midway3",
            "title": "Midway3",
            "url": "https://hpc.example.org/midway3",
            "support": "help@hpc.example.org",
            "login": ("midway3.example.org",),
            "paths": {"software": "/software", "modulefiles": "/modulefiles"},
            "project": {"root": "/project", "layout": "{pi}/{user}", "pi": {"env": ("RCC_PI",), "group": "pi-*"}},
            "scratch": {"root": "/scratch/midway3"},
            "storage": {
                "home": {"path": "/home/{user}", "quota": "30 GB", "files": 300000, "check": "quota -s"},
                "project": {"path": "/project/{pi}", "quota": "1 TB", "per": "group", "backup": "daily snapshots"},
                "scratch": {"path": "/scratch/midway3/{user}", "quota": "100 GB", "purged": "30 days after last use"},
            },
            "scheduler": {
                "kind": "slurm",
                "account": "pi-{pi}",
                "partitions": {
                    "caslake": {"default": True, "time": "36:00:00", "cores": 48, "memory": "192 GB"},
                    "gpu": {"summary": "four GPUs a node", "gpus": 4},
                },
            },
            "distributions": {
                "miniforge": {
                    "kind": "miniforge", "version": "25.3.0-3", "module": "python/miniforge-25.3.0", "default": True,
                    "environments": ("sci", "geo"), "summary": "Scientific computing with conda and mamba",
                },
                "anaconda": {
                    "kind": "existing", "version": "2022.05", "module": "python/anaconda-2022.05",
                    "prefix": "/software/anaconda-2022.05", "summary": "For courses that need it",
                    "lifecycle": {"deprecated": "2026-12-31", "advice": "Load python/miniforge-25.3.0."},
                },
            },
            "tools": {"uv": {"version": "0.13.8", "summary": "Python packages, fast"}},
            "environments": {
                "sci": {"version": "2026.11", "conda": ("numpy", "pandas"), "summary": "Data analysis"},
                "geo": {"version": "2026.11", "conda": ("gdal",), "summary": "Maps and rasters"},
            },
        }
    )  # fmt: skip
    base, forge = "python/miniforge-25.3.0", "conda-forge"
    bsd = "BSD-3-Clause"
    old = (Package("numpy", "2.0.1", forge, bsd), Package("pandas", "2.2.3", forge, bsd),
           Package("toolz", "0.12.0", forge, bsd), Package("python", "3.12.7", forge, "PSF-2.0"))  # fmt: skip
    new = (Package("numpy", "2.1.3", forge, bsd), Package("pandas", "2.2.3", forge, bsd),
           Package("polars", "1.14.0", "PyPI", "MIT"), Package("python", "3.12.9", forge, "PSF-2.0"))  # fmt: skip
    maps = (Package("gdal", "3.10.0", forge, "MIT"), Package("numpy", "2.1.3", forge, bsd),
            Package("python", "3.12.9", forge, "PSF-2.0"), Package("rasterio", "1.4.2", forge, bsd))  # fmt: skip
    prefix = f"/software/{base}/releases"
    first = Release("2026.05", "2026-05-04T08:00:00+00:00", f"{prefix}/sci-0a1b2c3d", "conda", "3.12.7",
                    2_100_000_000, 61_000, old, "", "sci-2026.05", "version: 6\n")  # fmt: skip
    second = Release("2026.11", "2026-11-20T22:00:00+00:00", f"{prefix}/sci-3f2a9c1d", "conda", "3.12.9",
                     2_400_000_000, 64_500, new, "sci/2026.11", "sci-2026.11", "version: 6\n",
                     archives=_archives("sci-2026.11", f"{prefix}/sci-3f2a9c1d"))  # fmt: skip
    only = Release("2026.11", "2026-11-20T22:01:00+00:00", f"{prefix}/geo-77aa00ff", "conda", "3.12.9",
                   3_900_000_000, 88_000, maps, "geo/2026.11", "geo-2026.11", "version: 6\n")  # fmt: skip
    envs = (
        Environment("midway3", "sci", base, "miniforge", (first, second), second, "Data analysis",
                    ("statistics",), default=True, imports=("numpy", "pandas"), wanted=("numpy", "pandas")),
        Environment("midway3", "geo", base, "miniforge", (only,), only, "Maps and rasters",
                    ("GIS",), default=True, imports=("osgeo.gdal",), wanted=("gdal",)),
    )  # fmt: skip
    distributions = (
        Distribution("midway3", "miniforge", "miniforge", base, "25.3.0-3", "3.12.9", f"/software/{base}",
                     "2026-11-20T21:50:00+00:00", 540_000_000, 21_000,
                     (Package("conda", "25.3.0", forge, bsd), Package("mamba", "2.0.8", forge, bsd)),
                     envs, True, "Scientific computing with conda and mamba", licence="BSD-3-Clause"),
        Distribution("midway3", "anaconda", "existing", "python/anaconda-2022.05", "2022.05", "3.9.12",
                     "/software/anaconda-2022.05", "2026-11-20T21:50:00+00:00",
                     packages=(Package("numpy", "1.21.5"),), summary="For courses that need it",
                     retired="2026-12-31", advice="Load python/miniforge-25.3.0."),
    )  # fmt: skip
    tools = (Tool("midway3", "uv", "0.13.8", "uv/0.13.8", "2026-11-20T21:49:00+00:00", True, "Python packages, fast"),)
    return Cluster(site, 7, "2026-11-20T22:05:00+00:00", 5, distributions, tools)


def _archives(name, release) -> tuple[Archive, ...]:
    """As `tar.zst`, and as `squashfs` for the place of the release."""
    folder, file = "/software/archives", release.rpartition("/")[2]
    return tuple(
        Archive(
            f"{file}.{kind}",
            kind,
            size,
            place,
            f"{folder}/releases/{file}.{kind}",
            digit * 64,
            f"{folder}/{name}.{kind}",
        )
        for kind, size, place, digit in (
            ("tar.zst", 610_000_000, "", "a"),
            ("squashfs", 740_000_000, release, "b"),
        )
    )


def _beagle() -> Cluster:
    site = SiteConfig.model_validate(
        {
            "name": "beagle",
            "title": "Beagle",
            "paths": {"software": "/apps", "modulefiles": "/apps/modulefiles"},
            "caches": {"uv": {"default": "persistent"}},
            "scratch": {"root": "/lustre"},
            "scheduler": {"kind": "htcondor"},
            "distributions": {
                "plain": {"kind": "python", "module": "python/3.11.9", "default": True, "environments": ("ml",)}
            },
            "environments": {"ml": {"version": "1", "pypi": ("scikit-learn",), "summary": "Machine learning"}},
        }
    )
    packages = (Package("numpy", "2.1.3", "PyPI", "BSD-3-Clause"), Package("scikit-learn", "1.5.2", "PyPI"))
    release = Release("1", "2026-10-01T10:00:00+00:00", "/apps/python/3.11.9/releases/ml-11223344", "uv", "3.11.9",
                      410_000_000, 9_800, packages, "ml/1", "ml-1", 'lock-version = "1.0"\n')  # fmt: skip
    ml = Environment("beagle", "ml", "python/3.11.9", "plain", (release,), release, "Machine learning",
                     imports=("sklearn",), wanted=("scikit-learn",))  # fmt: skip
    plain = Distribution("beagle", "plain", "python", "python/3.11.9", "3.11.9", "3.11.9", "/apps/python/3.11.9",
                         "2026-10-01T09:58:00+00:00", 24_000_000, 1_050, (Package("pip", "24.3.1", "PyPI", "MIT"),),
                         (ml,), True, licence="PSF-2.0")  # fmt: skip
    return Cluster(site, 2, "2026-10-01T10:01:00+00:00", 2, (plain,), ())


def as_if_deployed(site: SiteConfig) -> Cluster:
    """What a deploy of a site file would leave, had it the packages that are asked for by name and no others."""
    bases = [_base_receipt(site, name) for name in site.distributions]
    releases = [
        _release_receipt(site, base, name) for base in bases for name in site.distributions[base.name].environments
    ]
    tools = [
        ToolReceipt(
            lmodforge="0", made_at=_day(0), name=name, version=tool.version, path=f"/tools/{name}", lock="", hashes={}
        )
        for name, tool in site.tools.items()
    ]
    modules = {site.distributions[base.name].module.replace("{version}", base.version): base.path for base in bases}
    modules |= {
        (site.environments[one.name].module or f"{one.name}/{{version}}").replace("{version}", one.version): one.path
        for one in releases
    }
    modules |= {f"{tool.name}/{tool.version}": tool.path for tool in tools}
    generation = GenerationReceipt(
        lmodforge="0", made_at=_day(0), site=site.name, number=1, files={}, links={}, scripts={}, modules=modules
    )
    return cluster_of(site, generation, {one.path: one for one in (*bases, *releases, *tools)})


def _base_receipt(site, name) -> DistributionReceipt:
    written = site.distributions[name]
    return DistributionReceipt(
        lmodforge="0",
        made_at=_day(0),
        name=name,
        type=written.kind,
        path=written.prefix or f"{site.paths.software}/{name}",
        version=written.version or "3.11.9",
    )


def _release_receipt(site, base, name) -> ReleaseReceipt:
    environment = site.environments[name]
    wanted = [PackageEntry(name=name, version="1.0") for name in requested(environment, "")]
    return ReleaseReceipt(
        lmodforge="0",
        made_at=_day(0),
        name=name,
        version=environment.version,
        distribution=base.name,
        path=f"{base.path}/releases/{name}-01234567",
        digest="01234567",
        engine="uv" if base.type == "python" else "conda",
        python=f"{base.path}/bin/python",
        lock="",
        packages=tuple(wanted),
        checked="",
        size=10**9,
        files=40_000,
    )
