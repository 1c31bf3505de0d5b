"""Loads are recorded: real Lmod writes to a syslog socket of the test's own, `report.usage` counts."""

import contextlib
import json
import socket
import subprocess

import pytest

from end_to_end.small import site_text
from end_to_end.test_program import lmodforge, of
from lmod import lmod
from me import ME


def loads(small, listening, *scripts):
    """Run scripts where /dev/log is the test's socket; return what was sent there."""
    root = str(small.file.parent)
    for script in scripts:
        lines = f". {lmod().init('bash')}\n. {small.modulefiles}/init/profile.sh\n{script}"
        subprocess.run(
            ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--bind", root, root, "--bind", f"{root}/log", "/dev/log",
             "bash", "--noprofile", "--norc", "-c", lines],
            env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LMOD_PACKAGE_PATH": str(small.modulefiles / "init")},
            check=True,
        )  # fmt: skip
    received = []
    with contextlib.suppress(BlockingIOError):  # all is read
        while True:
            received.append(listening.recv(4096).decode().rstrip("\0"))
    return received


@pytest.fixture
def listening(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path / "log"))
        log.setblocking(False)
        yield log


def recording(small, users):
    site = site_text(tiny=["six"])
    site["usage"] = {"users": users}
    small.write(site)
    small.deploy()
    return small


def without_time(record):
    return record[record.index("lmodforge[") :].partition("]: ")[2]


def test_each_load_is_one_record_and_nothing_else_is(small, listening):
    recording(small, "name")
    sent = loads(
        small, listening, "module load tiny; module list; module unload tiny; module avail", "module load python"
    )
    assert [without_time(record) for record in sent] == [
        f"load module=tiny/1 user={ME} site=small",
        f"load module=python/plain user={ME} site=small",
    ]


def test_a_hash_tells_users_apart_without_naming_them(small, listening):
    recording(small, "hash")
    (record,) = loads(small, listening, "module load tiny")
    assert ME not in without_time(record)
    assert len(without_time(record).split("user=")[1].split()[0]) == 16


def test_the_report_counts_loads_and_users(small, tmp_path):
    recording(small, "hash")
    log = tmp_path / "syslog"
    log.write_text(
        "2026-11-20T10:00:00 login1 lmodforge[17]: load module=tiny/1 user=aaaa site=small\n"
        "Nov 20 10:00:01 login1 lmodforge[18]: load module=tiny/1 user=bbbb site=small\n"
        "Nov 20 10:00:02 login1 lmodforge[19]: load module=python/plain user=aaaa site=small\n"
        "Nov 20 10:00:03 login1 lmodforge[20]: load module=tiny/1 user=aaaa site=other\n"
        "Nov 20 10:00:04 login1 sshd[21]: load module=tiny/1 user=aaaa site=small\n"
    )
    done = lmodforge("report.usage", "--log", log, *of(small))
    assert done.stdout == "module        loads  users\ntiny/1        2      2\npython/plain  1      1\n"
    document = json.loads(lmodforge("report.usage", "--json", "--log", log, *of(small)).stdout)
    assert document["modules"][0] == {"module": "tiny/1", "loads": 2, "users": 2}


def test_a_site_that_records_nothing_says_how_to_begin(small):
    small.deploy()
    done = lmodforge("report.usage", *of(small))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("site small records no usage\n  hint: add `usage: {users: hash}`")
