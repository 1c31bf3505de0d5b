"""Channels that hold every package of the shipped centres under its real name: small ones, made here, that work.

A package that Python imports is one module; a program is a script that knows its name and version.
"""

from pathlib import Path

import yaml

from channel import SUBDIR, LocalChannel, download_wheels

SITES = Path(__file__).parents[2] / "site-configs"
CENTRES = ("rcc-midway2", "rcc-midway3", "ubelix", "ulhpc", "chtc", "usgs-astro")
ISIS = [
    environment["version"]
    for environment in yaml.safe_load((SITES / "usgs-astro.yaml").read_text())["environments"].values()
]

IMPORTS = {
    "biopython": "Bio",
    "dask-jobqueue": "dask_jobqueue",
    "gdal": "osgeo",
    "ipython": "IPython",
    "netcdf4": "netCDF4",
    "pytorch": "torch",
    "scikit-bio": "skbio",
    "scikit-learn": "sklearn",
}
"""What Python imports, where it is not the package's name."""
PROGRAMS = {
    "gdal": ("gdalinfo",),
    "ipython": ("ipython",),
    "jupyterlab": ("jupyter", "jupyter-lab"),
    "notebook": ("jupyter-notebook",),
    "pip": ("pip",),
    "r-base": ("R", "Rscript"),
    **{name: (name,) for name in ("bcftools", "bedtools", "cutadapt", "fastqc", "multiqc", "samtools")},
}
BIOCONDA = ("bcftools", "bedtools", "cutadapt", "fastqc", "multiqc", "samtools")
NO_PYTHON = ("r-base", "bcftools", "bedtools", "fastqc", "samtools", "r-tidyverse", "r-data.table", "r-plm")


def named() -> set[str]:
    """Names of all packages in the environment files of the shipped sites, but for Python and pip."""
    files = (yaml.safe_load(path.read_text()) for path in sorted((SITES / "environments").glob("*.yaml")))
    specs = {spec.partition("=")[0] for file in files for spec in file["dependencies"]}
    return specs - {"python", "pip"}


def write_channels(folder: Path) -> None:
    """Write conda-forge, bioconda and usgs-astrogeology below a directory."""
    forge, bio = LocalChannel(folder / "conda-forge"), LocalChannel(folder / "bioconda")
    forge.add_python("3.12.12")
    _add(forge, "pip", "99.0")  # what the environments have: the real one is a thousand files
    forge.add_wheel(download_wheels(["pip"], folder.with_name("wheels"))[0])
    for name in sorted(named()):
        _add(bio if name in BIOCONDA else forge, name, "4.4.3" if name == "r-base" else "1.0")
    for name in ("mkdocs", "python-dateutil"):
        _add(forge, name, "1.0")
    _add(forge, "numpy", "2.0")  # a newer one than what the environments could have without it
    astro = LocalChannel(folder / "usgs-astrogeology")
    for version in ISIS:
        name = "isis3" if version.startswith("3") else "isis"
        astro.add(name, version, {"bin/campt": _script("campt", version), "IsisPreferences": f"# {version}\n"})
    for channel in (forge, bio, astro):
        channel.index()
        if not (mac := channel.directory / "osx-64").exists():  # for locks: all that is there for a Mac is noarch
            mac.mkdir()
            (mac / "repodata.json").write_text('{"info": {"subdir": "osx-64"}, "packages": {}, "packages.conda": {}}')
    assert (folder / "conda-forge" / SUBDIR / "repodata.json").is_file()


def _add(channel: LocalChannel, name: str, version: str) -> None:
    files = {f"bin/{program}": _script(program, version) for program in PROGRAMS.get(name, ())}
    if name in NO_PYTHON:
        channel.add(name, version, {**files, f"share/{name}/README": f"{name} {version}\n"})
        return
    module = IMPORTS.get(name, name.replace("-", "_"))
    files[f"site-packages/{module}.py"] = f'__version__ = "{version}"\n'
    files[f"site-packages/{module}-{version}.dist-info/METADATA"] = f"Name: {name}\nVersion: {version}\n"
    channel.add(name, version, files, depends=["python"], noarch="python", build="pyh_0")


def _script(program: str, version: str) -> str:
    return f'#!/bin/sh\necho "{program} {version} $*"\n'
