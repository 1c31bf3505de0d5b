"""This host with some of its directories exchanged for those of a test."""

from pathlib import Path

from lmodforge.apply.system import RealSystem


class Elsewhere(RealSystem):
    """Looks for what is below `moved` under `root`; everything else is this host's."""

    def __init__(self, root: Path, *moved: str) -> None:
        super().__init__()
        self.root = root
        self.moved = moved or ("/etc", "/opt", "/usr/share/lmod", "/apps")

    def _here(self, path: str | Path) -> str:
        below = any(str(path) == top or str(path).startswith(f"{top}/") for top in self.moved)
        return f"{self.root}{path}" if below else str(path)

    def run(self, argv, **how):
        return super().run([self._here(argv[0]), *argv[1:]], **how)

    def read(self, path):
        return super().read(self._here(path))

    def stat(self, path):
        return super().stat(self._here(path))

    def target(self, path):
        return super().target(self._here(path))

    def names(self, path):
        return super().names(self._here(path))
