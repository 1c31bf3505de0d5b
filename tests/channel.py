"""A conda channel made here: small real packages, from PyPI wheels and by hand, and a server that can misbehave."""

import hashlib
import io
import json
import platform
import re
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterable, Mapping
from configparser import ConfigParser
from email.parser import HeaderParser
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typing_extensions import Self

PYTHON = platform.python_version()
MINOR = ".".join(PYTHON.split(".")[:2])
ABI = f"cp{MINOR.replace('.', '')}"
SUBDIR = {"x86_64": "linux-64"}.get(platform.machine(), f"linux-{platform.machine()}")
PLACEHOLDER = "/opt/placeholder" + "_placeholder" * 19

WHEELS = ("attrs", "idna", "jinja2", "markupsafe", "packaging", "pip", "pyyaml", "six", "wheel")
"""Real packages: pure and compiled ones, with and without commands and dependencies."""


class LocalChannel:
    """A channel's directory: packages are added, then `index` writes what clients read first."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.records: dict[str, dict[str, dict]] = {SUBDIR: {}, "noarch": {}}

    def add(
        self,
        name: str,
        version: str = "1.0",
        files: Mapping[str, str | bytes] | None = None,
        *,
        depends: Iterable[str] = (),
        constrains: Iterable[str] = (),
        build: str = "0",
        noarch: str | None = "generic",
        links: Mapping[str, str] | None = None,
        entry_points: Iterable[str] = (),
        licence: str = "MIT",
        **index: object,
    ) -> Path:
        """Write a package; `files` by path below the prefix, executable below bin; returns its archive."""
        subdir = "noarch" if noarch else SUBDIR
        record = {
            "arch": None if noarch else platform.machine(),
            "build": build,
            "build_number": 0,
            "constrains": list(constrains),
            "depends": list(depends),
            "license": licence,
            "name": name,
            "platform": None if noarch else "linux",
            "subdir": subdir,
            "timestamp": 1700000000000,
            "version": version,
            **({"noarch": noarch} if noarch else {}),
            **index,
        }
        contents = {path: text.encode() if isinstance(text, str) else text for path, text in (files or {}).items()}
        archive = self.directory / subdir / f"{name}-{version}-{build}.tar.bz2"
        archive.parent.mkdir(parents=True, exist_ok=True)
        archive.write_bytes(_archive(record, contents, dict(links or {}), list(entry_points)))
        self.records[subdir][archive.name] = record
        return archive

    def index(self) -> None:
        """Write the repodata of every subdir."""
        for subdir, records in self.records.items():
            packages = {name: record | _hashes(self.directory / subdir / name) for name, record in records.items()}
            text = json.dumps({"info": {"subdir": subdir}, "packages": packages, "packages.conda": {}})
            (self.directory / subdir).mkdir(parents=True, exist_ok=True)
            (self.directory / subdir / "repodata.json").write_text(text)

    def add_python(self, version: str = PYTHON) -> None:
        """Add the Python that runs the tests, by reference, with what conda-forge has around it.

        Another `version` is only what it is called: the solver's Python 3.12 then is whatever runs the tests.
        """
        interpreter = Path(sys.base_prefix) / "bin" / f"python{MINOR}"
        site = f"lib/python{MINOR}/site-packages"
        minor = ".".join(version.split(".")[:2])
        abi = f"cp{minor.replace('.', '')}"
        home = f"home = {interpreter.parent}\ninclude-system-site-packages = false\nversion = {PYTHON}\n"
        links = {f"bin/python{MINOR}": str(interpreter), f"bin/python{minor}": str(interpreter)}
        self.add(
            "python",
            version,
            {"pyvenv.cfg": home, f"{site}/README.txt": "what is installed\n"},
            depends=["__glibc >=2.17", "__unix", f"python_abi {minor}.* *_{abi}"],
            build="host_0_cpython",
            noarch=None,
            links=links | {"bin/python3": f"python{MINOR}", "bin/python": "python3"},
            licence="PSF-2.0",
            python_site_packages_path=site,
        )
        self.add("python_abi", minor, build=f"0_{abi}", constrains=[f"python {minor}.* *_cpython"])

    def add_wheel(self, wheel: Path) -> None:
        """Add what a wheel holds, as conda-forge would have it."""
        with zipfile.ZipFile(wheel) as archive:
            info = next(n.split("/")[0] for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n))
            metadata = HeaderParser().parsestr(archive.read(f"{info}/METADATA").decode())
            pure = "Root-Is-Purelib: true" in archive.read(f"{info}/WHEEL").decode()
            below = "site-packages" if pure else f"lib/python{MINOR}/site-packages"
            members = (name for name in archive.namelist() if not name.endswith("/") and ".data/" not in name)
            files = {f"{below}/{name}": archive.read(name) for name in members}
            entry_points = _entry_points(archive, info)
        files[f"{below}/{info}/INSTALLER"] = "conda\n"
        requirements = map(Requirement, metadata.get_all("Requires-Dist") or ())
        needed = [r for r in requirements if not r.marker or r.marker.evaluate({"extra": ""})]
        depends = [f"{canonicalize_name(r.name)} {r.specifier}".strip() for r in needed]
        depends += ["python >=3.8"] if pure else [f"python {MINOR}.*", f"python_abi {MINOR}.* *_{ABI}"]
        self.add(
            canonicalize_name(metadata["Name"]),
            metadata["Version"],
            files,
            depends=depends,
            build="pyhd8ed1ab_0" if pure else f"py{ABI[2:]}_0",
            noarch="python" if pure else None,
            entry_points=entry_points if pure else (),
            licence=metadata["License-Expression"] or metadata["License"] or "unknown",
        )


def _archive(record: dict, files: dict[str, bytes], links: dict[str, str], entry_points: list[str]) -> bytes:
    paths = [_path_entry(path, content) for path, content in files.items()]
    paths += [{"_path": path, "path_type": "softlink", "sha256": _sha256(b""), "size_in_bytes": 0} for path in links]
    about = {
        "info/index.json": json.dumps(record),
        "info/files": "".join(f"{path}\n" for path in (*files, *links)),
        "info/paths.json": json.dumps({"paths": paths, "paths_version": 1}),
        "info/about.json": "{}",
    }
    if record.get("noarch") == "python":
        noarch = {"type": "python", "entry_points": entry_points}
        about["info/link.json"] = json.dumps({"noarch": noarch, "package_metadata_version": 1})
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:bz2", compresslevel=1) as tar:
        for path, text in about.items():
            _member(tar, path, text.encode())
        for path, content in files.items():
            _member(tar, path, content, 0o755 if path.startswith("bin/") else 0o644)
        for path, target in links.items():
            link = tarfile.TarInfo(path)
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
    return buffer.getvalue()


def _path_entry(path: str, content: bytes) -> dict:
    entry = {"_path": path, "path_type": "hardlink", "sha256": _sha256(content), "size_in_bytes": len(content)}
    mode = "binary" if b"\0" in content else "text"
    return entry | ({"prefix_placeholder": PLACEHOLDER, "file_mode": mode} if PLACEHOLDER.encode() in content else {})


def _member(tar: tarfile.TarFile, path: str, content: bytes, mode: int = 0o644) -> None:
    member = tarfile.TarInfo(path)
    member.size, member.mode, member.mtime = len(content), mode, 1700000000
    tar.addfile(member, io.BytesIO(content))


def _entry_points(archive: zipfile.ZipFile, info: str) -> list[str]:
    if f"{info}/entry_points.txt" not in archive.namelist():
        return []
    parser = ConfigParser(delimiters=("=",))
    parser.optionxform = str
    parser.read_string(archive.read(f"{info}/entry_points.txt").decode())
    scripts = parser["console_scripts"] if parser.has_section("console_scripts") else {}
    return [f"{name} = {target.split(' ')[0]}" for name, target in scripts.items()]


def _hashes(archive: Path) -> dict[str, object]:
    content = archive.read_bytes()
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return {"md5": md5, "sha256": _sha256(content), "size": len(content)}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def download_wheels(names: Iterable[str], directory: Path) -> list[Path]:
    """Let pip fetch wheels for the Python that runs the tests."""
    argv = [sys.executable, "-m", "pip", "download", "-qqq", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*argv, "--only-binary", ":all:", "--dest", directory, *names], check=True)
    return sorted(directory.glob("*.whl"))


class Server:
    """Serves directories below `/`, each under its name, on the loopback; `broken` makes it misbehave."""

    def __init__(self, root: Path):
        self.root = root
        self.token = ""
        """Asked for when it is not empty."""
        self.broken: dict[str, bytes] = {}
        """What is sent instead of a file, by the end of its path."""
        self.cut: set[str] = set()
        """Ends of paths of which half is sent."""
        self.held: set[str] = set()
        """Ends of paths whose answer waits until `let_go` is set."""
        self.let_go = threading.Event()
        self.asked: list[str] = []
        self._server = _Quiet(("127.0.0.1", 0), partial(_Handler, self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Quiet(ThreadingHTTPServer):
    """Says nothing of clients that hang up: a solver asks in several ways at once, and takes the first answer."""

    def handle_error(self, *_):
        pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, server: Server, *args):
        self.mine = server
        super().__init__(*args)

    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        self.mine.asked.append(self.path)
        if self.mine.held and self.path.endswith(tuple(self.mine.held)):
            self.mine.let_go.wait(60)
        content = self._content()
        status = 401 if not self._allowed() else 404 if content is None else 200
        content = content if status == 200 and content is not None else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if content.startswith(b"<!DOCTYPE html>"):
            self.send_header("Content-Type", "text/html")
        self.end_headers()
        if body:
            cut = self.path.endswith(tuple(self.mine.cut)) if self.mine.cut else False
            self.wfile.write(content[: len(content) // 2] if cut else content)
            self.close_connection = cut

    def _allowed(self) -> bool:
        return not self.mine.token or self.headers.get("Authorization") == f"Bearer {self.mine.token}"

    def _content(self) -> bytes | None:
        for end, instead in self.mine.broken.items():
            if self.path.endswith(end):
                return instead
        path = self.mine.root / self.path.lstrip("/")
        path = path / "index.html" if path.is_dir() else path  # the pages of a simple index
        return path.read_bytes() if path.is_file() else None

    def log_message(self, *_):
        pass
