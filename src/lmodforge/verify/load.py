"""Load modules in real Lmod: each must load, give what it promises, and leave nothing behind when it is unloaded."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from lmodforge.finding import Failure
from lmodforge.verify.follow import SYSTEM_PATH
from lmodforge.verify.judge import Promise, judge_pair
from lmodforge.verify.place import Place
from lmodforge.verify.shells import SHELLS
from lmodforge.verify.trees import not_shown
from lmodforge.verify.trials import Bench, Ran, Trial, run_trials

_NOTHING: Mapping[str, str] = MappingProxyType({})
_ABSENT = 'for lf_path; do [ -d "$lf_path" ] || printf "%s\\n" "$lf_path"; done'


def load_test(
    place: Place,
    modulepath: str,
    modules: Sequence[str],
    *,
    promises: Mapping[str, Promise] | None = None,
    environment: Mapping[str, str] = _NOTHING,
    shell: str = "bash",
    jobs: int = 2,
) -> list[Failure]:
    """Load and unload every module by its full name, `jobs` shells at a time; return what is wrong, in their order.

    `environment` is what a user has set before the load, such as a toggle. Scratch files go below its TMPDIR.
    """
    if not modules:
        return []
    bench = Bench(place, SHELLS[shell], modulepath, environment)
    pairs = Pairs(promises or {})
    failures = run_trials([(bench, [pairs.trial(module) for module in modules])], jobs)
    broken = {failure.module for failure in failures}
    failures += pairs.missing(place)
    failures += not_shown(place, bench, [module for module in modules if module not in broken])
    return sorted(failures, key=lambda failure: modules.index(failure.module))


@dataclass
class Pairs:
    """Trials of a load and an unload; the directories that they add are looked at once, when all are done."""

    promises: Mapping[str, Promise]
    _added: dict[tuple[str, str], Ran] = field(default_factory=dict)

    def trial(self, module: str, settings: str = "") -> Trial:
        """Make the trial of one module."""

        def judge(ran: Ran) -> Iterator[Failure]:
            if ran.stages:
                before = ran.before.environment.get("PATH", "").split(":")
                for directory in ran.stages[0].environment.get("PATH", "").split(":"):
                    if directory.startswith("/") and directory not in before:
                        self._added[module, directory] = ran
            return judge_pair(ran, module, self.promises.get(module, Promise()), settings)

        return Trial((("load", module), ("unload", module)), judge)

    def missing(self, place: Place) -> list[Failure]:
        """Say which directories of PATH are not there."""
        absent = not_there(place, {directory for _, directory in self._added})
        return [_missing(ran, module, path) for (module, path), ran in self._added.items() if path in absent]


def not_there(place: Place, directories: set[str]) -> set[str]:
    """Ask the place which of these are no directories."""
    if not directories:
        return set()
    argv = ["/bin/sh", "-c", _ABSENT, "lmodforge-verify", *sorted(directories)]
    done = place.run(argv, env={"PATH": SYSTEM_PATH, "LC_ALL": "C"}, timeout=60)
    return set(done.stdout.splitlines())


def _missing(ran: Ran, module: str, path: str) -> Failure:
    repeat = ran.bench.by_hand(f"module load {shlex.quote(module)}; ls {shlex.quote(path)}")
    expected = f"the directory `{path}`, which it adds to PATH"
    return Failure(module, ran.bench.shell.name, "path", expected, "nothing is there", repeat)
