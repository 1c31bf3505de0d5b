"""The pages of a site that is really deployed, done by a user who has nothing but a login."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from docs.deployed import deploy_twice, written
from me import ME

pytestmark = pytest.mark.xdist_group("docs")


@pytest.fixture(scope="module")
def small():
    """Below /tmp, where other users may look; look only."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield deploy_twice(Path(folder))


def docs(small, *options, site=None):
    argv = [sys.executable, "-m", "lmodforge", "docs", "--site", site or small.file, "--root", small.root, *options]
    return subprocess.run(argv, cwd=small.file.parent, capture_output=True, text=True, check=False)


def test_everything_that_the_pages_say_is_so(small):
    done = docs(small, "--check", "--json")
    site = json.loads(done.stdout)["sites"][0]
    assert (done.returncode, done.stderr, site["failures"]) == (0, "", [])
    reasons = sorted({one["reason"] for one in site["not_run"]})
    assert reasons == [
        "it is a script for the batch system, and names your own files",
        "it is for the startup files of the login nodes",
        "it is for those who may write to the software directory",
        "it is the first line of a script",
        "it is typed on the other system",
        "it moves files of yours",
        "it needs the name of your group",
        "it needs the path of an environment of your group",
        "the batch system takes it, with the name of your account",
    ]
    assert site["place"] == "user nobody"
    assert site["ran"] > 30
    assert site["compared"] > 15
    left = sorted(path.name for path in (small.root / "scratch/nobody").iterdir())
    assert left == ["pip", "uv"]  # caches, as the page about them says


LIES = """\
---
title: "Storage"
clusters: ["small"]
---

``` {.bash data-check="run"}
module load python/plain
echo one
false
echo two
```

``` {.text data-check="shows"}
two
```

``` {.bash data-check="run"}
module load python/9.9
```

``` {.bash data-check="run"}
echo "it is $USER"
```

``` {.text data-check="shows"}
it is root
```

``` {.bash data-check="run"}
source activate tiny
python -c "import six; print(six.__version__)"
```

``` {.text data-check="shows"}
1.16.0
```

``` {.bash data-check="run"}
if true; then echo
```

``` {.bash data-check="run"}
test "$VIRTUAL_ENV" && echo "still there"
```

``` {.text data-check="shows"}
still there
```

``` {.bash}
rm -rf ~
```

``` {.bash data-check="run"}
echo "$HOME"
```

``` {.text data-check="shows"}
/home/nobody
```

``` {.bash data-check="run"}
exit 3
```

``` {.bash data-check="run"}
echo never
```
"""


@pytest.fixture
def liar(small, tmp_path):
    """A site file of the same site whose page about storage is wrong in every way."""
    tmp_path.chmod(0o755)
    (tmp_path / "templates/docs").mkdir(parents=True)
    (tmp_path / "templates/docs/storage.md.j2").write_text(LIES)
    site = small.file.with_name("liar.yaml")
    small_again = type(small)(small.file.parent)
    small_again.file = site
    small_again.write(written() | {"templates": [str(tmp_path / "templates")]})
    yield site
    site.unlink()


def test_every_lie_on_a_page_is_found_and_nothing_else(small, liar):
    done = docs(small, "--check", "--json", site=liar)
    found = json.loads(done.stdout)["sites"][0]["failures"]
    told = [(one["line"], one["command"], one["expected"], one["found"].split("\n")[0]) for one in found]
    assert {one["page"] for one in found} == {"markdown/storage.md"}
    home = Path(found[-2]["found"])
    assert (home.name, home.parent.exists()) == ("home", False)
    assert (done.returncode, told) == (
        1,
        [
            (51, "rm -rf ~", "a tag", "it has no tag that says whether it is run"),
            (9, "false", "exit code 0", "exit code 1"),
            (18, "module load python/9.9", "exit code 0", "exit code 1"),
            (26, 'echo "it is $USER"', "it is root", "it is nobody"),
            (35, 'python -c "import six; print(six.__version__)"', "1.16.0", "1.17.0"),
            (39, "if true; then echo", "exit code 0", "exit code 2"),
            (59, 'echo "$HOME"', "/home/nobody", str(home)),
            (63, "exit 3", "a shell that goes on", "the shell ended with exit code 3"),
        ],
    )


def test_a_lie_reads_like_a_compiler_tells_it(small, liar):
    lines = docs(small, "--check", site=liar).stdout
    assert 'markdown/storage.md:26: echo "it is $USER"\n  expected: it is root\n  found:    it is nobody\n' in lines
    assert ": 8 failures (" in lines.splitlines()[-1]


def test_without_space_what_is_said_about_it_is_not_tried(small):
    """A user for whom there is no scratch space."""
    (small.root / "scratch").chmod(0o700)
    try:
        site = json.loads(docs(small, "--check", "--json").stdout)["sites"][0]
    finally:
        (small.root / "scratch").chmod(0o1777)
    assert "user nobody has no project or scratch space" in {one["reason"] for one in site["not_run"]}
    assert site["failures"] == []


def test_a_user_whom_nobody_knows_is_refused(small):
    done = docs(small, "--check", "--user", "nobody-knows")
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        "this host has no user nobody-knows\n  hint: name one that `getent passwd` knows\n",
    )


def test_as_oneself_with_a_home_that_is_fresh(small):
    """With one's own rights, whatever they are."""
    argv = [sys.executable, "-m", "lmodforge", "docs", "--site", small.file, "--root", small.root, "--check", "--user"]
    done = subprocess.run([*argv, ME], cwd="/", capture_output=True, text=True, check=False)
    assert (done.returncode, f"user {ME}" in done.stdout) == (0, True), done.stdout
    assert not (Path(os.environ["HOME"]) / "mine").exists()


def test_a_site_that_users_cannot_read_is_said_once(small):
    folder = small.root.parent
    folder.chmod(0o700)
    try:
        done = docs(small, "--check")
    finally:
        folder.chmod(0o755)
    profile = small.modulefiles / "init/profile.sh"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"user nobody cannot read {profile}\n"
        "  hint: users could not either: deploy where they can, or name somebody who can with --user\n"
    )
