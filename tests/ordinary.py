"""An ordinary user, `nobody`, who can read what the tests are made of, also where that lies below root's home.

In a mount namespace of their own, each directory that only root may enter is exchanged for one that shows what is
needed of it, and nothing else. Whatever is to see the same, such as Slurm, enters that namespace by `inside`.
"""

import contextlib
import os
import pwd
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import lmodforge

USER = pwd.getpwnam("nobody")


@dataclass(frozen=True)
class Ordinary:
    """The user; `folder` is theirs."""

    folder: Path
    inside: tuple[str, ...]
    """What leads into the namespace."""

    def run(self, *argv: object, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a program as the user."""
        become = ["setpriv", f"--reuid={USER.pw_uid}", f"--regid={USER.pw_gid}", "--clear-groups", "env", "-i"]
        given = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.folder), "USER": USER.pw_name, **environment}
        known = [f"{name}={value}" for name, value in given.items()]
        command = [*self.inside, *become, *known, *map(str, argv)]
        return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    def lmodforge(self, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "lmodforge", *words, **environment)


@contextlib.contextmanager
def ordinary(folder: Path) -> Iterator[Ordinary]:
    """Make the user, with a directory below `folder`, all of which can be seen."""
    assert os.geteuid() == 0, "these tests act as another user: run them as root"
    folder.chmod(0o755)
    own = folder / "own"
    own.mkdir()
    os.chown(own, USER.pw_uid, USER.pw_gid)
    checkout, package = Path(__file__).parent.parent, Path(lmodforge.__file__).parent
    needed = [Path(sys.prefix), Path(sys.base_prefix), checkout, package, folder]
    with tempfile.TemporaryDirectory() as shown:
        Path(shown).chmod(0o755)
        script = [*_mounts([path.absolute() for path in needed], Path(shown)), "echo ready", "exec sleep infinity"]
        argv = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "sh", "-ec", "\n".join(script)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True) as keeper:
            try:
                assert keeper.stdout.readline() == "ready\n"
                yield Ordinary(own, ("nsenter", f"--mount=/proc/{keeper.pid}/ns/mnt", "--"))
            finally:
                keeper.kill()


def _mounts(needed: Sequence[Path], shown: Path) -> Iterator[str]:
    """Return the commands that exchange directories."""
    gates = {}
    for path in needed:
        gate = next((above for above in reversed(path.parents) if not above.stat().st_mode & 0o001), None)
        if gate:
            gates.setdefault(gate, []).append(path)
    for number, (gate, paths) in enumerate(gates.items()):
        front = shown / str(number)
        for path in paths:
            place = front / path.relative_to(gate)
            place.mkdir(parents=True, exist_ok=True)
            yield shlex.join(["mount", "--bind", str(path), str(place)])
    for number, gate in enumerate(gates):
        yield shlex.join(["mount", "--rbind", str(shown / str(number)), str(gate)])
