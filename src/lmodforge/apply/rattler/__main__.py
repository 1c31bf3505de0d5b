"""The program that speaks to rattler: a job on stdin, its answer on stdout, one line of progress each on stderr.

It is a program of its own, as uv is: what a crash or ^C ends is this and not the deploy, environments build side
by side on all cores, nothing of the caller's configuration is seen, and no other part of lmodforge imports rattler.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import sys
from typing import Any

from lmodforge.apply.rattler.fetch import fetch_packages, read_locks
from lmodforge.apply.rattler.install import install_locked
from lmodforge.apply.rattler.network import Network, Refused
from lmodforge.apply.rattler.solve import solve_to_locks


def main() -> None:
    """Do one job."""
    _end_with_the_deploy()
    job = json.load(sys.stdin)
    network = Network(job["network"])
    try:
        answer = asyncio.run(_answer(job, network))
    except Refused as refused:
        answer = {"failures": list(refused.failures)}
    except Exception as error:  # rattler's have no base of their own
        answer = {"failures": [{"message": str(error) or type(error).__name__}]}
    print(network.masked(json.dumps(answer)), flush=True)
    # Threads of rattler may be at work still, and a Python that ends in order dies of them.
    os._exit(0)


def _end_with_the_deploy() -> None:
    """Ask Linux to kill this program when the deploy is killed: the next one begins this prefix anew."""
    set_signal_at_death_of_parent = 1
    ctypes.CDLL(None).prctl(set_signal_at_death_of_parent, signal.SIGKILL)


async def _answer(job: dict[str, Any], network: Network) -> dict[str, Any]:
    if job["do"] == "solve":
        return await solve_to_locks(job, network)
    if job["do"] == "fetch":
        return await fetch_packages(job, network)
    if job["do"] == "read":
        return read_locks(job)
    return await install_locked(job, network)


if __name__ == "__main__":
    main()
