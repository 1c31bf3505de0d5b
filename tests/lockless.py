"""A file system on which nothing can be locked, as Lustre that is mounted without `flock`, or NFS without lock daemon.

bindfs shows a directory elsewhere, by FUSE, and asks the directory's own file system for every lock. Here bindfs itself
may not lock: a seccomp filter answers ENOLCK to it. So whoever locks a file of the mount hears ENOLCK, from the kernel.

    python tests/lockless.py PROGRAM ARGUMENTS...       a program that may not lock
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import platform
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_FLOCK, _FCNTL = {"x86_64": (73, 72), "aarch64": (32, 25)}.get(platform.machine(), (0, 0))
_COMMANDS = (fcntl.F_SETLK, fcntl.F_SETLKW, 37, 38)  # the last two: F_OFD_SETLK, F_OFD_SETLKW
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.ENOLCK
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
PATIENCE = 30.0


@contextlib.contextmanager
def lockless(folder: Path) -> Iterator[Path]:
    """Mount an empty directory without locks, which its users reach below `folder`."""
    assert os.geteuid() == 0, "these tests mount a file system: run them as root"
    stored, mount = folder / "stored", folder / "lockless"
    stored.mkdir()
    mount.mkdir()
    # To hand locks on, bindfs needs several threads: one waits for each lock.
    bindfs = ["bindfs", "-f", "--multithreaded", "--enable-lock-forwarding", str(stored), str(mount)]
    daemon = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", sys.executable, __file__, *bindfs])
    try:
        deadline = time.monotonic() + PATIENCE
        while not mount.is_mount():
            assert daemon.poll() is None, "bindfs ended"
            assert time.monotonic() < deadline, "waited for bindfs"
            time.sleep(0.02)
        yield mount
    finally:
        daemon.terminate()  # it takes the mount away
        daemon.wait(PATIENCE)
        if mount.is_mount():
            subprocess.run(["umount", "--lazy", mount], check=True)


def _filter() -> bytes:
    """Refuse flock, and fcntl where it locks; allow everything else."""
    number, command = 0, 24  # where a filter finds the system call, and its second argument
    refuse = 4 + len(_COMMANDS)
    steps = [
        (_LOAD, 0, 0, number),
        (_IF_EQUAL, refuse - 2, 0, _FLOCK),
        (_IF_EQUAL, 0, refuse - 2, _FCNTL),
        (_LOAD, 0, 0, command),
        *((_IF_EQUAL, refuse - at - 1, 0, each) for at, each in enumerate(_COMMANDS, 4)),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    # The last comparison that fails falls through: it must not reach the refusal.
    steps[refuse - 1] = (_IF_EQUAL, 0, 1, _COMMANDS[-1])
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def may_not_lock() -> None:
    """Deny this process, and whatever it starts, all locks on files."""

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))

    steps = _filter()
    program = Program(len(steps) // 8, steps)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    assert prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
    assert prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0, os.strerror(ctypes.get_errno())


if __name__ == "__main__":
    assert _FLOCK, f"the numbers of system calls of {platform.machine()} are not known here"
    may_not_lock()
    os.execvp(sys.argv[1], sys.argv[1:])
