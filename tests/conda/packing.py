"""A site whose environments are packed, and jobs on machines that have no such site."""

import json
import shutil
import subprocess
from pathlib import Path

from channel import MINOR, PLACEHOLDER, LocalChannel
from conda.small import Centre
from end_to_end.small import site_text
from lmodforge.config.archives import FORMATS

# A binary with a path at the end of a string, and two in one, as libraries have them.
BINARY = b"\0\1" + PLACEHOLDER.encode() + b"/share\0\377" + f"{PLACEHOLDER}/a:{PLACEHOLDER}/b".encode() + b"\0\0end"
SCRIPT = """\
import json, os, subprocess, sys, jinja2, markupsafe._speedups
shown = {name: os.environ.get(name) for name in ("CONDA_PREFIX", "DATA", "HERE", "SAID")}
shown |= {"argv": sys.argv, "prefix": sys.prefix, "jinja2": jinja2.__file__}
shown["cached"] = os.path.exists(jinja2.__cached__)
shown["binary"] = open(os.path.join(sys.prefix, "lib/paths.bin"), "rb").read().decode("latin-1")
for command in (["where"], ["wheel", "version"], ["cowsay", "-t", "moo"]):
    shown[command[0]] = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[0]
json.dump(shown, open("shown.json", "w"))
"""
TRANSFERS = {
    "home": {"up_to": "0.001 MB", "how": "Keep it at home.", "input": "{file}"},
    "OSDF": {
        "up_to": "1 GB",
        "how": "Put it into /staging.",
        "input": "osdf:///staging/{file}",
        "url": "https://o.org",
    },
}


def packable(folder: Path, packages: LocalChannel) -> Centre:
    """Deploy a site with an environment of each engine, and one without Python."""
    centre = Centre(folder, packages)
    where = {"bin/where": f"#!/bin/sh\necho {PLACEHOLDER}/etc\n", "lib/paths.bin": BINARY, "share/empty/.keep": ""}
    activate = {"etc/conda/activate.d/said.sh": f"export SAID={PLACEHOLDER}\n"}
    centre.channel.add("paths", "1.0", where | activate)
    centre.channel.index()
    centre.sci |= {
        "conda": ["jinja2", "wheel", "paths"],
        "pypi": ["cowsay"],
        "variables": {"DATA": "a $HOME 'b'", "HERE": "{prefix}/share"},
        "archives": [*FORMATS],
    }
    tiny = site_text(tiny=["six"])
    centre.site["distributions"]["standard"] = tiny["distributions"]["standard"]
    centre.site["environments"] |= tiny["environments"] | {"bare": {"version": "1", "conda": ["paths"]}}
    centre.small.base["environments"] = ["sci", "bare"]
    centre.site["scheduler"] = {"kind": "htcondor", "transfers": TRANSFERS}
    with centre.server:
        centre.deploy()
    return centre


def run_in_a_job(site: Centre, out: Path, scratch: Path, *words: str) -> dict:
    """Do as HTCondor does: an empty directory with the files that were named, on a machine that has no site."""
    scratch.mkdir()
    for file in out.iterdir():
        shutil.copy2(file, scratch)
    (scratch / "my_script.py").write_text(SCRIPT)
    user = ["--unshare-user", "--uid", "1000", "--gid", "1000"]  # no root, who may write what is read-only
    hidden = ["bwrap", *user, "--bind", "/", "/", "--dev", "/dev", "--tmpfs", site.small.folder]
    environment = ["env", "-i", "PATH=/usr/bin:/bin", f"_CONDOR_SCRATCH_DIR={scratch}"]
    argv = [*hidden, "--bind", scratch, scratch, "--chdir", scratch, *environment, "./sci.sh", "my_script.py", *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return json.loads((scratch / "shown.json").read_text())


def expected(prefix: Path, *words: str) -> dict:
    length = len(PLACEHOLDER) - len(str(prefix))
    return {
        "CONDA_PREFIX": str(prefix),
        "DATA": "a $HOME 'b'",
        "HERE": f"{prefix}/share",
        "SAID": str(prefix),
        "argv": ["my_script.py", *words],
        "prefix": str(prefix),
        "jinja2": f"{prefix}/lib/python{MINOR}/site-packages/jinja2/__init__.py",
        "cached": True,
        "binary": f"\0\1{prefix}/share{chr(0) * (1 + length)}\377{prefix}/a:{prefix}/b{chr(0) * (2 + 2 * length)}end",
        "where": f"{prefix}/etc",
        "wheel": "wheel",
        "cowsay": "___",
    }
