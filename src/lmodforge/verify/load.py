"""Load modules in real Lmod: each must load, give what it promises, and leave nothing behind when it is unloaded."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType

from lmodforge.apply.system import Completed, System
from lmodforge.verify.follow import SYSTEM_PATH, is_directory
from lmodforge.verify.lmod import Lmod
from lmodforge.verify.shells import SHELLS, START, Shell, Stage, read_record

# Lmod's bookkeeping, and what any shell changes by itself.
_NOT_THE_MODULES = re.compile(r"_|SHLVL|OLDPWD|LOADEDMODULES|_LMFILES_|_ModuleTable\w*|__LMOD_\w*")
_IN_EVERY_MESSAGE = re.compile(
    r"Lmod has detected the following error: |Unable to load module because of error when evaluating modulefile: "
    r"| Please check the modulefile and especially if there is a line number specified in the above message"
    r"| While processing the following module\(s\): .*"
)
_NOTHING: Mapping[str, str] = MappingProxyType({})
_MOST_IN_ONE_SHELL = 200  # bounds an argument list, and what one hanging module delays
_PATIENCE = 30.0  # seconds for a shell to start, and another one for each module


@dataclass(frozen=True)
class Promise:
    """What a module must give: values of variables, and directories that PATH must hold."""

    environment: Mapping[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()


@dataclass(frozen=True)
class LoadFailure:
    """One thing that a module does wrong, and how to see it again."""

    module: str
    shell: str
    check: str
    expected: str
    found: str
    repeat: str

    def __str__(self) -> str:
        return (
            f"{self.module} [{self.shell}] {self.check}\n"
            f"  expected: {self.expected}\n"
            f"  found:    {self.found}\n"
            f"  repeat:   {self.repeat}"
        )


@dataclass(frozen=True)
class _Bench:
    """Where modules are tried: a shell with this Lmod, this MODULEPATH and nothing else."""

    system: System
    lmod: Lmod
    shell: Shell
    given: Mapping[str, str]

    def run(self, modules: Sequence[str]) -> Completed:
        argv = self.shell.command(self.lmod, modules)
        environment = {"PATH": SYSTEM_PATH, "LC_ALL": "C", **self.given}
        return self.system.run(argv, env=environment, timeout=_PATIENCE + len(modules))

    def fail(self, module: str, check: str, expected: str, found: str, after: str = "") -> LoadFailure:
        verb = "show" if check == "show" else "load"
        commands = f"module {verb} {shlex.quote(module)}{after}"
        lasting = {name: value for name, value in self.given.items() if name != "TMPDIR"}
        repeat = self.shell.by_hand(self.lmod, {"HOME": "/nonexistent", **lasting}, commands)
        return LoadFailure(module, self.shell.name, check, expected, found, repeat)


def load_test(
    system: System,
    lmod: Lmod,
    modulepath: str,
    modules: Sequence[str],
    *,
    promises: Mapping[str, Promise] | None = None,
    environment: Mapping[str, str] = _NOTHING,
    shell: str = "bash",
    jobs: int = 2,
) -> list[LoadFailure]:
    """Load and unload every module by its full name, `jobs` shells at a time; return what is wrong, in their order.

    `environment` is what a user has set before the load, such as a toggle. Scratch files go below its TMPDIR.
    """
    bench = _Bench(system, lmod, SHELLS[shell], {**environment, "MODULEPATH": modulepath})
    size = min(_MOST_IN_ONE_SHELL, -(-len(modules) // jobs) or 1)
    chunks = [modules[start : start + size] for start in range(0, len(modules), size)]
    with ThreadPoolExecutor(jobs) as pool:
        return list(chain.from_iterable(pool.map(lambda chunk: _try(bench, chunk, promises or {}), chunks)))


def _try(bench: _Bench, modules: Sequence[str], promises: Mapping[str, Promise]) -> list[LoadFailure]:
    done = bench.run(modules)
    record = read_record(done.stdout)
    start = record.get(START, {}).get("start")
    if start is None or (done.code and len(modules) == 1):
        return [_no_shell(bench, module, done) for module in modules]
    if done.code:  # one of them hangs, or ends the shell: the halves tell which
        half = len(modules) // 2
        return [*_try(bench, modules[:half], promises), *_try(bench, modules[half:], promises)]
    judged = (_judge(bench, name, record.get(name, {}), start, promises.get(name, Promise())) for name in modules)
    return list(chain.from_iterable(judged))


def _judge(
    bench: _Bench, module: str, stages: Mapping[str, Stage], start: Stage, promise: Promise
) -> Iterator[LoadFailure]:
    load, unload = stages.get("load"), stages.get("unload")
    if load is None:
        yield bench.fail(module, "load", "it loads", "it ended the shell")
        return
    if load.code or module not in load.environment.get("LOADEDMODULES", "").split(":"):
        yield _not_loaded(bench, module, load)
        return
    if "show" in stages:
        yield bench.fail(module, "show", "`module show` exits 0", _in_a_line(stages["show"].said))
    yield from _broken_promises(bench, module, load, promise)
    yield from _missing_directories(bench, module, load, start)
    if unload is None:
        yield bench.fail(module, "unload", "it unloads", "it ended the shell", _UNLOAD.format(shlex.quote(module)))
        return
    yield from _left_behind(bench, module, unload, start)


_UNLOAD = " && module unload {}"


def _no_shell(bench: _Bench, module: str, done: Completed) -> LoadFailure:
    said = _in_a_line(done.stderr) or "it said nothing"
    return bench.fail(module, "start", "the shell starts, and ends by itself", f"exit code {done.code}: {said}")


def _not_loaded(bench: _Bench, module: str, load: Stage) -> LoadFailure:
    said = _in_a_line(load.said) or "Lmod said nothing"
    loaded = load.environment.get("LOADEDMODULES", "")
    if not load.code:
        said = f"exit code 0, but loaded is `{loaded}`"
    elif module in loaded.split(":"):
        said = f"it is loaded, with exit code {load.code} (LmodWarning does that before Lmod 8.7.33): {said}"
    return bench.fail(module, "load", "`module load` exits 0 and the module is loaded", said)


def _broken_promises(bench: _Bench, module: str, load: Stage, promise: Promise) -> Iterator[LoadFailure]:
    for name, value in promise.environment.items():
        found = load.environment.get(name)
        if found != value:
            shown = "it is not set" if found is None else _setting(name, found)
            yield bench.fail(module, "variable", _setting(name, value), shown, f" && printenv {name}")
    on_path = load.environment.get("PATH", "").split(":")
    for directory in promise.path:
        if directory not in on_path:
            yield bench.fail(
                module, "path", f"`{directory}` on PATH", _setting("PATH", ":".join(on_path)), ' && echo "$PATH"'
            )


def _missing_directories(bench: _Bench, module: str, load: Stage, start: Stage) -> Iterator[LoadFailure]:
    before = start.environment.get("PATH", "").split(":")
    for directory in load.environment.get("PATH", "").split(":"):
        if directory not in before and not is_directory(bench.system, directory):
            shown = shlex.quote(directory)
            yield bench.fail(
                module,
                "path",
                f"the directory `{directory}`, which it adds to PATH",
                "nothing is there",
                f"; ls {shown}",
            )


def _left_behind(bench: _Bench, module: str, unload: Stage, start: Stage) -> Iterator[LoadFailure]:
    before, after = start.environment, unload.environment
    said = _in_a_line(unload.said)
    again = _UNLOAD.format(shlex.quote(module))
    if unload.code:
        yield bench.fail(module, "unload", "`module unload` exits 0", f"exit code {unload.code}: {said}", again)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name) and not _NOT_THE_MODULES.fullmatch(name):
            yield bench.fail(module, "unload", _state(name, before), _state(name, after), f"{again}; {_ask(name)}")


def _state(name: str, environment: Mapping[str, str]) -> str:
    return _setting(name, environment[name]) if name in environment else f"no {_noun(name)}"


def _setting(name: str, value: str) -> str:
    return f"{name}={value}" if " " not in name else _noun(name)


def _noun(name: str) -> str:
    return name if " " in name else f"variable {name}"


def _ask(name: str) -> str:
    kind, _, rest = name.rpartition(" ")
    return f"type {shlex.quote(rest)}" if kind else f"printenv {name}"


def _in_a_line(said: str) -> str:
    """Undo Lmod's line breaks, which depend on the width of a terminal, and leave out what is in every message."""
    return _IN_EVERY_MESSAGE.sub("", " ".join(said.split())).strip()
