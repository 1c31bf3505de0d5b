"""Sites with a batch system, and what their jobs work in."""

import shlex
from dataclasses import replace
from pathlib import Path

import yaml

from config.sites import load
from lmodforge.kits.subject import Subject

SCI = Subject(
    name="sci",
    version="2026.11",
    modules=("sci/2026.11",),
    prefix="/software/python/miniforge-25.3.0/releases/sci-3f2a9c1d",
    engine="conda",
    packages=frozenset({"jupyterlab", "numpy", "python"}),
    size=2_400_000_000,
)
R = replace(
    SCI,
    name="stats",
    modules=("python/miniforge-25.3.0", "stats/2026.11"),
    prefix="/software/python/miniforge-25.3.0/releases/stats-77aa00ff",
    packages=frozenset({"r-base"}),
    size=None,
)
BASE = Subject(
    name="python-anaconda-2022.05",
    version="2022.05",
    modules=("python/anaconda-2022.05",),
    prefix="/software/anaconda-2022.05",
    packages=frozenset({"conda", "jupyter-server", "python"}),
    activate="source activate",
)
MICROMAMBA = replace(BASE, name="micromamba", packages=frozenset(), activate="micromamba activate")

SLURM = {
    "kind": "slurm",
    "account": "pi-{pi}",
    "options": ["--qos=normal"],
    "partitions": {
        "main": {"default": "true", "time": "36:00:00", "cores": "48", "memory": "192 GB"},
        "gpu": {"summary": "for training", "time": "1-00:00:00", "gpus": "4"},
        "short": {"time": "00:30:00", "memory": "2.5 GB", "gpus": "1"},
    },
}
PBS = {
    "kind": "pbs",
    "account": "my project",
    "options": ["-m abe", "-W block=true"],
    "queues": {"short": {"default": "true", "summary": "for tests", "time": "00:30:00", "memory": "2.5 GB"}},
}
HTCONDOR = {
    "kind": "htcondor",
    "disk": "4 GB",
    "transfers": {
        "home": {"up_to": "1 GB", "how": "Keep {file} in your home directory.", "input": "{file}"},
        "OSDF": {
            "up_to": "30 GB",
            "how": "Put {file} into /staging/{user}.",
            "input": "osdf:///example/staging/{user}/{file}",
            "url": "https://example.org/osdf",
        },
        "staging": {"how": "Put {file} into /staging/{user}.", "requirements": "(HasStaging == true)"},
    },
}
ODD = "two  words 'single' \"double\" $HOME `id` $(id) \\ # ! ; & é"
_QUEUE = {"main": {"default": "true", "summary": f"{ODD}\nexit 1"}}
ODD_SLURM = {"kind": "slurm", "account": ODD, "options": [shlex.quote(f"--comment={ODD}")], "partitions": _QUEUE}
ODD_PBS = {"kind": "pbs", "account": ODD, "options": [shlex.quote(f"-Wcomment={ODD}")], "queues": _QUEUE}
ODD_HTCONDOR = {
    "kind": "htcondor",
    "transfers": {"home": {"how": f"{ODD}\nexit 1 \\", "input": f"{ODD}\nqueue 9", "url": ODD}},
}


def site_with(folder: Path, scheduler: dict | None, **more):
    """Load a site file with this batch system."""
    site = {"name": "bend", "title": "The Bend", "paths": {"software": "/software", "modulefiles": "/modulefiles"}}
    site |= {"login": ["login1.bend.example.org", "login2.bend.example.org"], "scheduler": scheduler, **more}
    return load(folder, yaml.safe_dump(site, sort_keys=False))
