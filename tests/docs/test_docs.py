"""`invoke docs` as people call it."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from docs.deployed import written
from end_to_end.small import Small
from lmodforge.commands.receipts import read_deployment
from lmodforge.report.docs.gather import cluster_of

pytestmark = pytest.mark.xdist_group("docs")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    small = Small(tmp_path_factory.mktemp("deployed"))
    small.write(written())
    small.deploy()
    return small


def docs(small, *options, cwd):
    argv = [sys.executable, "-m", "lmodforge", "docs", "--site", small.file, "--root", small.root, *options]
    return subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)


def test_the_catalogue_of_a_site_that_is_deployed(small):
    opened = small.open()
    deployment = read_deployment(opened)
    cluster = cluster_of(opened.config, deployment.generation, deployment.installed)
    base, tool = cluster.distributions[0], cluster.tools[0]
    assert [(env.name, env.newest.module, env.wanted) for env in base.environments] == [
        ("tiny", "tiny/2", ("cowsay", "six")),
        ("web", "web/1", ("idna",)),
    ]
    tiny = base.environments[0].newest
    assert [(p.name, p.version, p.channel, p.licence) for p in tiny.packages if p.name == "six"] == [
        ("six", "1.17.0", "PyPI", "MIT")
    ]
    assert tiny.python == base.python == base.version
    assert tiny.size == sum(path.lstat().st_size for path in files(tiny.path))
    counted = [path for path in files(base.prefix) if "releases" not in path.parts]
    assert (base.files, base.size) == (len(counted), sum(path.lstat().st_size for path in counted))
    assert (tool.module, tool.version, cluster.generation) == ("uv/0.13.8", "0.13.8", 1)


def files(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file() and not path.is_symlink()]


def test_pages_are_built_and_built_again(small, tmp_path):
    first = docs(small, cwd=tmp_path)
    assert (first.returncode, first.stdout, first.stderr) == (0, "15 pages: build/docs/html/index.html\n", "")
    built = tmp_path / "build/docs"
    assert sorted(path.name for path in built.iterdir()) == ["html", "markdown", "mkdocs.yml"]
    (built / "markdown/stale.md").write_text("# Of a site that has gone\n")
    before = {path: path.read_bytes() for path in files(built / "html")}
    again = docs(small, "--json", cwd=tmp_path)
    document = json.loads(again.stdout)
    assert (document["document"], document["version"], document["sites"]) == ("docs", 1, ["small"])
    assert len(document["pages"]) == 15
    assert {path: path.read_bytes() for path in files(built / "html")} == before
    assert not (built / "markdown/stale.md").exists()


def test_only_markdown(small, tmp_path):
    done = docs(small, "--markdown-only", "--out", "here", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "15 pages: here/markdown\n")
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == ["markdown", "mkdocs.yml"]


def test_a_directory_with_something_else_is_left_alone(small, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work/thesis.tex").touch()
    done = docs(small, "--out", "work", cwd=tmp_path)
    told = f"{tmp_path}/work holds something else: thesis.tex\n  hint: name a directory that is not there yet\n"
    assert (done.returncode, done.stderr, [path.name for path in (tmp_path / "work").iterdir()]) == (
        1,
        told,
        ["thesis.tex"],
    )


def test_a_site_that_is_not_deployed_has_no_pages(small, tmp_path):
    again = Small(tmp_path)
    again.write(written())
    again.root = tmp_path / "nowhere"
    done = docs(again, cwd=tmp_path)
    told = f"site small is not deployed at {tmp_path}/nowhere/modulefiles\n  hint: invoke deploy\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


def test_a_site_is_named_once(small, tmp_path):
    done = docs(small, "--site", small.file, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        1,
        "site small is named twice\n  hint: each cluster has a name of its own\n",
    )


def test_a_template_that_cannot_be_read_is_named_with_its_line(small, tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/uv.md.j2").write_text("# uv\n\n{% if %}\n")
    again = Small(tmp_path)
    again.write(written() | {"templates": [str(tmp_path)]})
    again.root = small.root
    done = docs(again, "--markdown-only", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{tmp_path}/docs/uv.md.j2:3:1: ")


def test_a_template_that_asks_for_what_is_not_there_is_named(small, tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/uv.md.j2").write_text("# uv\n\n{{ nothing.of.this }}\n")
    again = Small(tmp_path)
    again.write(written() | {"templates": [str(tmp_path)]})
    again.root = small.root
    done = docs(again, "--markdown-only", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        f"{tmp_path}/docs/uv.md.j2:3:1: 'nothing' is undefined\n  hint: a template of the site's own?\n",
    )


def test_pages_are_served_until_somebody_ends_it(small, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    argv = [sys.executable, "-m", "lmodforge", "docs", "--site", small.file, "--root", small.root, "--serve"]
    with subprocess.Popen([*argv, "--port", str(port)], cwd=tmp_path, stdout=-1, stderr=-1, text=True) as serving:
        page = patiently(f"http://127.0.0.1:{port}/index.html")
        taken = docs(small, "--serve", "--port", str(port), "--out", "other", cwd=tmp_path)
        serving.send_signal(2)
        said = serving.communicate(timeout=20)
    assert b"<h1" in page
    assert (serving.returncode, said) == (
        0,
        ("15 pages: build/docs/html/index.html\n", f"http://127.0.0.1:{port}/index.html (^C ends it)\n"),
    )
    assert taken.returncode == 1
    assert f"port {port} cannot be served: Address already in use\n  hint: choose another --port\n" in taken.stderr


def patiently(address):
    """Wait for a server that is about to start."""
    for _ in range(300):
        with suppress(OSError), urllib.request.urlopen(address) as answer:
            return answer.read()
        time.sleep(0.1)
    raise AssertionError(address)
