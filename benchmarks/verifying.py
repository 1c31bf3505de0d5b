"""Verifying 1,000 modules, beside the same Lmod calls made by the smallest script for each shell; needs lmod."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

from measure import Row
from modules import PACKAGES, environment_module, modules, scratch, write

from lmodforge.apply.system import Completed, RealSystem
from lmodforge.verify.expect import Expected, Inside
from lmodforge.verify.judge import Promise
from lmodforge.verify.lmod import Lmod, find_lmod
from lmodforge.verify.place import ThisHost
from lmodforge.verify.scenarios import Toggles
from lmodforge.verify.shells import SHELLS
from lmodforge.verify.site import Subject, verify

MODULES = 1_000
JOBS = 2
PART = 84  # two parts for each shell; in turns with the bare calls: whatever else the machine does falls on both


def run() -> list[Row]:
    lmod = find_lmod(RealSystem())
    if lmod is None:
        raise SystemExit("this benchmark loads modules: install lmod")
    with scratch() as root:
        subjects = parts(root)
        spent = {shell: Spent() for shell in SHELLS}
        for at, subject in enumerate(subjects):
            shell = list(SHELLS)[at % len(SHELLS)]
            spent[shell] += compared(lmod, subject, shell)
    return rows(spent)


@dataclass(frozen=True)
class Spent:
    """Seconds of the clock and of the processors: ours, and of the bare calls."""

    ours: float = 0
    bare: float = 0
    ours_busy: float = 0
    bare_busy: float = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def rows(spent: Mapping[str, Spent]) -> list[Row]:
    total = sum(spent.values(), Spent())
    shells = ", ".join(f"{shell} {one.ours_busy / one.bare_busy:.2f}" for shell, one in spent.items())
    what = f"{MODULES:,} modules, a sixth in each shell, {JOBS} at a time"
    pace = f"{MODULES / total.ours:.1f} modules a second"
    return [
        row("processor time", total.ours_busy, total.bare_busy, what, f"by shell: {shells}"),
        row("the clock", total.ours, total.bare, "the same", pace),
    ]


def row(name: str, ours: float, bare: float, what: str, more: str) -> Row:
    return Row(
        name=f"verify: {name}",
        figure=ours / bare,
        unit="x its Lmod calls alone",
        limit=1.3,
        how=f"{what}: {ours:.1f} s, {bare:.1f} s; {more}",
        bound_by="Lmod: it reads the tree at every call",
    )


def compared(lmod: Lmod, subject: Subject, shell: str) -> Spent:
    """Verify, then make the same calls again."""
    place = Recorder(RealSystem(), lmod)
    found: list[object] = []
    ours, ours_busy = timed(lambda: found.extend(verify(place, subject, [shell], JOBS).failures))
    if found:
        raise SystemExit(f"the modules of this benchmark are fine, but verify says\n{found[0]}")
    with ThreadPoolExecutor(JOBS) as pool:
        bare, bare_busy = timed(lambda: list(pool.map(bare_call, place.calls)))
    return Spent(ours, bare, ours_busy, bare_busy)


def timed(action: Callable[[], object]) -> tuple[float, float]:
    start, busy = time.perf_counter(), processor_time()
    action()
    return time.perf_counter() - start, processor_time() - busy


def processor_time() -> float:
    """Seconds of this process and of those that it has waited for."""
    return sum(used.ru_utime + used.ru_stime for used in map(getrusage, (RUSAGE_SELF, RUSAGE_CHILDREN)))


@dataclass(frozen=True)
class Recorder(ThisHost):
    """This host, and what was run on it."""

    calls: list[tuple[Sequence[str], Mapping[str, str], str]] = field(default_factory=list)

    def run(
        self, argv: Sequence[str], *, env: Mapping[str, str], stdin: str = "", timeout: float | None = None
    ) -> Completed:
        self.calls.append((argv, env, stdin))
        return super().run(argv, env=env, stdin=stdin, timeout=timeout)


def bare_call(call: tuple[Sequence[str], Mapping[str, str], str]) -> None:
    """Make a call as it was; of a script only Lmod's start and the `module` commands."""
    argv, env, script = call
    if script:
        start, *rest = script.splitlines()
        script = "\n".join([start, *(line for line in rest if line.startswith("module "))])
        shell = argv[argv.index("lmodforge-verify") + 1 :]
        argv, env = [*shell, "-s"] if shell[0] != "fish" else shell, {**env, "HOME": "/nonexistent", "TMPDIR": "/tmp"}
    quiet = subprocess.DEVNULL
    subprocess.run(argv, env=dict(env), input=script.encode(), stdout=quiet, stderr=quiet, check=False)


# ---- what is verified -----------------------------------------------------------------------------------------------


def parts(root: Path) -> list[Subject]:
    """Write the tree, and divide what is expected of it."""
    tree = root / "tree"
    environments = [environment_module(root, f"env-{number:04}", PACKAGES[:20]) for number in range(MODULES)]
    write(tree, [*modules(root), *environments])
    texts = {str(path.relative_to(tree)): path.read_text() for path in sorted(tree.rglob("*.lua"))}
    expected = []
    for module in environments:
        (Path(module.prefix) / "bin").mkdir(parents=True)
        expected.append(expectation(module.look.full_name, module.prefix))
    return [
        Subject(
            str(tree),
            texts,
            tuple(expected[start : start + PART]),
            OneState(),
            {},
        )
        for start in range(0, MODULES, PART)
    ]


def expectation(name: str, prefix: str) -> Expected:
    environment = {"CONDA_PREFIX": prefix, **{f"CAPTURED_{number}": f"{prefix}/share/{number}" for number in range(4)}}
    return Expected(
        name=name,
        file=f"{name}.lua",
        opener="",
        prefix=prefix,
        family="",
        promise=Promise(environment, (f"{prefix}/bin",)),
        caches=(),
        packages=tuple(f"{package.name}/{package.version}" for package in PACKAGES[:20]),
        inside=Inside(),
    )


class OneState(Toggles):
    """These modules have no toggle: one state is what there is to try."""

    def states(self) -> Iterator[tuple[str, dict[str, str]]]:
        yield from list(super().states())[-1:]


if __name__ == "__main__":
    from run import main

    sys.exit(main(["verifying"]))
