"""A real Slurm on the loopback, for as long as a test session: its own munge, key and ports, one node per slurmd.

Nothing of it is the host's: it runs as whoever tests, below one directory, and its daemons end with this process.
"""

import contextlib
import os
import re
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from me import ME

T = TypeVar("T")

CONF = """\
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n/slurmd.pid
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1
PropagateResourceLimits=NONE
KillWait=5
MinJobAge=3600
DefMemPerCPU=100
ReturnToService=2
PreemptType=preempt/partition_prio
PreemptMode=CANCEL
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
PartitionName=short Nodes=ALL MaxTime=00:30:00 State=UP
PartitionName=urgent Nodes=ALL PriorityTier=10 State=UP
"""
NODE = "NodeName={name} NodeHostName={host} NodeAddr=127.0.0.1 Port={port} CPUs={cpus} RealMemory=16000 State=UNKNOWN"

PATIENCE = 30.0  # seconds, for what takes one or two when the machine is idle


@dataclass(frozen=True)
class Job:
    """A job as Slurm remembers it: `COMPLETED`, `FAILED`, ...; its exit code; the file with its output."""

    number: str
    state: str
    code: int
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text()


@dataclass
class Slurm:
    """A running Slurm."""

    folder: Path
    nodes: tuple[str, ...]
    cpus: int = 2
    """Of each node."""
    host: str = field(default_factory=lambda: socket.gethostname().partition(".")[0])
    inside: tuple[str, ...] = ()
    """What leads its daemons into a namespace."""
    _daemons: list[subprocess.Popen] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What its commands need to find it."""
        return {"SLURM_CONF": f"{self.folder}/slurm.conf"}

    def run(self, *argv: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
        """Run one of its commands, and return what it prints."""
        done = subprocess.run(
            argv,
            cwd=cwd,
            env={"PATH": os.environ["PATH"], **self.environment, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{argv}: {done.stderr}"
        return done.stdout

    def submit(self, *words: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
        """Run sbatch with these words in a directory, and return the job's number."""
        return self.run("sbatch", "--parsable", *words, cwd=cwd, env=env).strip()

    def job(self, number: str) -> Job:
        """Ask about a job."""
        about = dict(word.partition("=")[::2] for word in self.run("scontrol", "-o", "show", "job", number).split())
        return Job(number, about["JobState"], int(about["ExitCode"].partition(":")[0]), Path(about.get("StdOut", "")))

    def ended(self, number: str, patience: float = PATIENCE) -> Job:
        """Wait until a job has ended; no file system that others share is between us, so its output is there, too."""

        def over() -> Job | None:
            job = self.job(number)
            return None if re.match("PENDING|CONFIGURING|RUNNING|COMPLETING|SUSPENDED", job.state) else job

        return wait_for(over, f"job {number} to end", patience)

    def start(self) -> None:
        """Start munge, the controller and the nodes, in this order; raise with their logs when one does not come up."""
        for name in ("state", "log", *self.nodes):
            (self.folder / name).mkdir()
        self._start_munge()
        (self.folder / "slurm.conf").write_text(self._conf())
        self._daemon("slurmctld", "slurmctld", "-D", "-c")
        for node in self.nodes:
            self._daemon(node, "slurmd", "-D", "-c", "-N", node)
        wait_for(self.is_idle, "every node to be idle", PATIENCE, self._check)

    def restart_controller(self) -> None:
        """End the controller and start it again with the jobs that it had."""
        controller = self._daemons[1]
        controller.terminate()
        controller.wait(PATIENCE)
        self._daemon("slurmctld", "slurmctld", "-D")
        self._daemons[1] = self._daemons.pop()
        wait_for(self.is_idle, "the controller and its nodes", PATIENCE, self._check)

    def stop(self) -> None:
        """Cancel what runs, then end the daemons, all at once: each takes a second or two."""
        if len(self._daemons) > 1 and self._daemons[1].poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired, AssertionError):
                self.run("scancel", "--user", ME)
                wait_for(lambda: not self.run("squeue", "-h"), "the jobs to be gone", PATIENCE)
        for daemon in reversed(self._daemons):
            daemon.terminate()
        for daemon in self._daemons:
            with contextlib.suppress(subprocess.TimeoutExpired):
                daemon.wait(10)
            daemon.kill()  # nothing, where it has ended
            daemon.wait()

    def logs(self) -> str:
        """Return the ends of the daemons' logs."""
        return "\n".join(f"{log.name}:\n{log.read_text()[-2000:]}" for log in sorted((self.folder / "log").iterdir()))

    def _start_munge(self) -> None:
        key = self.folder / "munge.key"
        key.touch(0o600)
        key.write_bytes(secrets.token_bytes(128))
        socket_, files = f"{self.folder}/munge.sock", self.folder
        own = [f"--pid-file={files}/munge.pid", f"--seed-file={files}/munge.seed", f"--log-file={files}/munge.log"]
        self._daemon("munged", "munged", "--foreground", "--force", f"--key-file={key}", f"--socket={socket_}", *own)
        wait_for(lambda: Path(socket_).is_socket(), "munge", PATIENCE, self._check)

    def _conf(self) -> str:
        ports = iter(_free_ports(len(self.nodes) + 1))
        port = next(ports)
        nodes = "\n".join(
            NODE.format(name=name, host=self.host, port=next(ports), cpus=self.cpus) for name in self.nodes
        )
        return CONF.format(host=self.host, port=port, user=ME, folder=self.folder, nodes=nodes)

    def _daemon(self, name: str, *argv: str) -> None:
        # The kernel ends it when we are gone, however that comes about.
        path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
        with (self.folder / "log" / name).open("w") as log:
            daemon = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *self.inside, *argv],
                env={"PATH": path, **self.environment},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._daemons.append(daemon)

    def _check(self) -> None:
        """Raise when a daemon has ended: there is nothing to wait for."""
        ended = [daemon.args for daemon in self._daemons if daemon.poll() is not None]
        assert not ended, f"{ended} ended\n{self.logs()}"

    def is_idle(self) -> bool:
        """Whether every node waits for work."""
        done = subprocess.run(
            ["sinfo", "-h", "-N", "-p", "main", "-t", "idle", "-o", "%N"],
            env={"PATH": os.environ["PATH"], **self.environment},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return sorted(done.stdout.split()) == sorted(self.nodes)


def wait_for(ask: Callable[[], T], what: str, patience: float, check: Callable[[], None] = lambda: None) -> T:
    """Ask until the answer is true."""
    end = time.monotonic() + patience
    while not (answer := ask()):
        check()
        assert time.monotonic() < end, f"waited {patience:g} s for {what}"
        time.sleep(0.05)
    return answer


@contextlib.contextmanager
def running(
    folder: Path, nodes: Sequence[str] = ("n1", "n2"), cpus: int = 2, inside: Sequence[str] = ()
) -> Iterator[Slurm]:
    """Start a Slurm below a directory, and end it; a port that somebody took in between is worth a second try."""
    for attempt in (1, 2):
        slurm = Slurm(folder / f"slurm{attempt}", tuple(nodes), cpus, inside=tuple(inside))
        slurm.folder.mkdir()
        try:
            slurm.start()
        except AssertionError:
            slurm.stop()
            if attempt == 2:
                raise
        else:
            break
    try:
        yield slurm
    finally:
        slurm.stop()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
