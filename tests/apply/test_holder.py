"""One deploy at a time, on all hosts together: the holder is named, and its lock is broken only when it is dead."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lmodforge.apply.holder import hold
from lmodforge.apply.system import RealSystem
from lmodforge.errors import SiteError
from lmodforge.plan.layout import Layout

HOLD = """
import sys, time
from lmodforge.apply.holder import hold
from lmodforge.apply.system import RealSystem
from lmodforge.plan.layout import Layout
with hold(RealSystem(), Layout(sys.argv[1], "/nowhere")):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def layout(tmp_path):
    (tmp_path / ".lmodforge").mkdir()
    return Layout(str(tmp_path), "/nowhere")


@pytest.fixture
def lock(layout):
    return Path(layout.deploy_lock)


def refused(layout):
    with pytest.raises(SiteError) as refusal, hold(RealSystem(), layout):
        pass
    return str(refusal.value)


def holder(layout):
    """Another process that holds the site."""
    running = subprocess.Popen([sys.executable, "-c", HOLD, layout.software], stdout=subprocess.PIPE, text=True)
    assert running.stdout.readline() == "held\n"
    return running


def test_the_holder_is_named_and_its_lock_stays(layout):
    with holder(layout) as running:
        assert refused(layout) == (
            f"process {running.pid} on {socket.gethostname()} is changing this site just now\n"
            f"  hint: wait for it; if that process is certainly gone, remove {layout.deploy_lock}"
        )
        running.terminate()


def test_who_was_killed_holds_nothing_any_more(layout, lock):
    with holder(layout) as running:
        running.kill()
    assert lock.exists()
    with hold(RealSystem(), layout):
        assert lock.read_text().startswith(f"{os.getpid()}\n")
    assert not lock.exists()


def test_of_many_who_find_a_dead_holder_one_goes_on(layout):
    with holder(layout) as dead:
        dead.kill()
    racers = [subprocess.Popen([sys.executable, "-c", HOLD, layout.software], stdout=subprocess.PIPE) for _ in range(4)]
    deadline = time.monotonic() + 20
    while sum(racer.poll() is None for racer in racers) > 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    left = [racer for racer in racers if racer.poll() is None]
    for racer in racers:
        racer.kill()
    held = [racer.communicate()[0] for racer in racers]
    assert len(left) == 1
    assert sorted(held) == [b"", b"", b"", b"held\n"]


def test_a_holder_on_another_host_is_named_however_long_ago(layout, lock):
    lock.write_text("4711\nlogin2.example.org\n1700000000\n")
    os.utime(lock, (0, 0))
    assert refused(layout).startswith("process 4711 on login2.example.org is changing this site just now\n")
    assert lock.exists()


def test_a_lock_that_names_nobody_is_left_to_a_person(layout, lock):
    lock.write_text("")
    assert refused(layout).startswith("somebody is changing this site just now\n")


def test_a_step_that_fails_gives_the_lock_back(layout):
    with pytest.raises(ZeroDivisionError), hold(RealSystem(), layout):
        raise ZeroDivisionError
    with hold(RealSystem(), layout):
        pass
