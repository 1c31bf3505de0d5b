"""Run programs, each with its own session, so that it ends with everything it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Completed:
    """What a program left: its exit code (128 + N when signal N ended it, 124 after a timeout) and its output."""

    code: int
    stdout: str
    stderr: str


class Programs:
    """The programs that are running now."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | None = None,
        stdin: str = "",
        timeout: float | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a program; see `System.run`."""
        pipe = subprocess.PIPE
        try:
            child = subprocess.Popen(
                list(argv),
                env=dict(env),
                cwd=cwd,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            return Completed(127, "", f"{argv[0]}: {error.strerror}")
        self._running.add(child)
        try:
            with child:
                return _attend(child, stdin, timeout, on_line)
        finally:
            self._running.discard(child)

    def end_programs(self) -> None:
        """End them; each has a session of its own and did not hear the ^C."""
        for child in tuple(self._running):
            _end(child)

    def end_marked(self, variable: str, value: str) -> None:
        """Look through /proc; a program that we may not end is none of ours."""
        mark = f"\0{variable}={value}\0".encode()
        for name in os.listdir("/proc"):
            if name.isdecimal() and int(name) != os.getpid():
                with contextlib.suppress(OSError):
                    _end_if_marked(int(name), mark)


def _end_if_marked(pid: int, mark: bytes) -> None:
    """End a program and wait until it has no environment any more; ten seconds are enough for any disk."""
    environment = Path(f"/proc/{pid}/environ")
    for attempt in range(1000):
        if mark not in b"\0" + environment.read_bytes():
            return
        if not attempt:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _attend(
    child: subprocess.Popen[str], stdin: str, timeout: float | None, on_line: Callable[[str], None] | None
) -> Completed:
    if on_line is None:
        try:
            stdout, stderr = child.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            _end(child)
            stdout, stderr = child.communicate()
            return Completed(124, stdout, f"{stderr}\nended after {timeout:g} s")
        except BaseException:
            _end(child)
            raise
        return Completed(_code(child.returncode), stdout, stderr)
    return _attend_lines(child, stdin, timeout, on_line)


def _attend_lines(
    child: subprocess.Popen[str], stdin: str, timeout: float | None, on_line: Callable[[str], None]
) -> Completed:
    assert child.stdin is not None and child.stdout is not None and child.stderr is not None  # noqa: S101, PT018 - all are pipes
    stdout: list[str] = []
    reader = threading.Thread(target=lambda pipe: stdout.append(pipe.read()), args=(child.stdout,), daemon=True)
    killer = threading.Timer(timeout, _end, [child]) if timeout else None
    reader.start()
    if killer:
        killer.start()
    try:
        with contextlib.suppress(BrokenPipeError):  # it may end without having read it
            child.stdin.write(stdin)
            child.stdin.close()
        lines = []
        for line in child.stderr:
            lines.append(line)
            on_line(line.rstrip("\n"))
        code = child.wait()
        reader.join()
    except BaseException:
        _end(child)
        raise
    finally:
        if killer:
            killer.cancel()
    return Completed(_code(code), "".join(stdout), "".join(lines))


def _end(child: subprocess.Popen[str]) -> None:
    """End a program with all that it started: one of them could hold our pipes open for as long as it lives."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _code(returncode: int) -> int:
    return returncode if returncode >= 0 else 128 - returncode
