"""A Python that uv downloads: the real uv, from a loopback server, with a stand-in for the archive.

The stand-in keeps the layout of the real archives, `python/bin` and `python/lib`; its program starts the host's
Python. The real archives are on hosts that not every machine reaches: that test is marked `network`.
"""

import hashlib
import http.server
import json
import platform
import sys
import tarfile
import threading
from functools import partial

import pytest

from end_to_end.small import site_text
from lmodforge.apply.interpreters import host_interpreter
from lmodforge.errors import StepFailed

VERSION = platform.python_version()
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as http_server:
        threading.Thread(target=http_server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{http_server.server_port}"
        http_server.shutdown()


def offer(folder, url, **changes):
    """Put an archive and the list that names it there."""
    python = folder / "python"
    (python / "bin").mkdir(parents=True)
    (python / f"lib/python{MINOR}").mkdir(parents=True)
    data = python / f"lib/python{MINOR}/_sysconfigdata__linux_{platform.machine()}-linux-gnu.py"
    data.write_text("# system configuration generated and used by the sysconfig module\nbuild_time_vars = {}\n")
    program = python / f"bin/python{MINOR}"
    program.write_text(f'#!/bin/sh\nexec {host_interpreter().path} "$@"\n')
    program.chmod(0o755)
    with tarfile.open(folder / "python.tar.gz", "w:gz") as archive:
        archive.add(python, "python")
    major, minor, patch = VERSION.split(".")
    entry = {
        "name": "cpython",
        "arch": {"family": platform.machine(), "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": int(major),
        "minor": int(minor),
        "patch": int(patch),
        "prerelease": "",
        "variant": None,
        "url": f"{url}/python.tar.gz",
        "build": "20260101",
        "sha256": hashlib.sha256((folder / "python.tar.gz").read_bytes()).hexdigest(),
    }
    key = f"cpython-{VERSION}-linux-{platform.machine()}-gnu"
    (folder / "pythons.json").write_text(json.dumps({key: entry | changes}))


def with_uv_python(small, **keys):
    site = site_text(tiny=["six"])
    site["distributions"]["standard"] |= {"interpreter": "uv", "version": VERSION, **keys}
    small.write(site)


def test_uv_downloads_the_interpreter_into_the_prefix(small, server):
    folder, url = server
    offer(folder, url)
    with_uv_python(small, downloads=f"{url}/pythons.json")
    small.deploy()
    (interpreter,) = (small.prefix / "python").glob(f"cpython-{VERSION}-*/bin/python{MINOR}")
    assert not interpreter.stat().st_mode & 0o222
    assert (small.prefix / "envs/tiny/bin/python").exists()
    assert small.deploy().plan.is_empty


def test_an_archive_with_another_hash_is_refused(small, server):
    folder, url = server
    offer(folder, url, sha256="0" * 64)
    with_uv_python(small, downloads=f"{url}/pythons.json")
    with pytest.raises(StepFailed, match=r"(?i)hash mismatch"):
        small.deploy()
    assert small.current is None


@pytest.mark.network
def test_uv_downloads_a_real_interpreter(small):
    with_uv_python(small)
    small.deploy()
    assert (small.prefix / "envs/tiny/bin/python").exists()
