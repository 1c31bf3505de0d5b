"""A System that breaks: the disk is full from step k on, or for the one step k."""

import errno
import threading

from lmodforge.apply.system import RealSystem

CHANGES = (
    *("make_directory", "write", "append", "link", "rename", "remove", "freeze", "run"),
    *("download", "keep_directory", "share", "pack", "unpack"),
)


class Failing(RealSystem):
    """Fails the k-th thing that changes the world, as a full disk would; `steps` names what was asked for."""

    def __init__(self, k=0):
        super().__init__()
        self.k, self.steps, self._lock = k, [], threading.Lock()


def _counted(name):
    real = getattr(RealSystem, name)

    def step(self, *args, **kwargs):
        with self._lock:
            self.steps.append(f"{name} {args[0]}")
            number = len(self.steps)
        if number == self.k:
            raise OSError(errno.ENOSPC, "No space left on device", str(args[0]))
        return real(self, *args, **kwargs)

    return step


for _name in CHANGES:
    setattr(Failing, _name, _counted(_name))
