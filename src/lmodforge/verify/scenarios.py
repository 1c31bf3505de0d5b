"""What is tried beside a load and an unload: toggles, defaults, replacement, stacks, what is inside."""

from __future__ import annotations

import shlex
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from lmodforge.finding import Failure
from lmodforge.verify.expect import Expected, Inside
from lmodforge.verify.judge import Accuser, in_a_line, left_behind, loaded
from lmodforge.verify.shells import Stage, Step
from lmodforge.verify.trials import Ran, Trial

# A directory below TMPDIR that is not one's own, or that others may enter.
_OPEN = (
    'find "$TMPDIR" -mindepth 1 -maxdepth 1 -type d '
    '\\( ! -uid "$(id -u)" -o -perm /077 \\) -exec ls -ld {} +; ls -d "$TMPDIR"/*/ >/dev/null 2>&1'
)
_IMPORT = """
import importlib, sys
for name in sys.argv[1:]:
    try: importlib.import_module(name)
    except BaseException as error: print(name, type(error).__name__, error, sep="\\t")
"""


@dataclass(frozen=True)
class Toggles:
    """The site's toggles of package caches: their variables, and what holds without them."""

    conda: str = "USE_CONDA_CACHE"
    uv: str = "USE_UV_CACHE"
    conda_kept: bool = False
    uv_kept: bool = False
    no_uv_cache: bool = False
    """A temporary cache of uv's is none at all."""

    def states(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield each setting as people write it, and as variables: both 0, both 1, unset."""
        for value in ("0", "1"):
            given = {self.conda: value, self.uv: value}
            yield " ".join(f"{name}={value}" for name in given), given
        yield "no toggle", {}

    def kept(self, variable: str, environment: Stage) -> bool:
        """Say whether the cache of a variable is kept, as a user has set it."""
        toggle, default = (self.uv, self.uv_kept) if variable == "UV_CACHE_DIR" else (self.conda, self.conda_kept)
        return {"0": False, "1": True}.get(environment.environment.get(toggle, ""), default)


def toggled(trial: Trial, module: Expected, settings: str, toggles: Toggles) -> Trial:
    """Add to a trial that the toggles are heeded."""

    def judge(ran: Ran) -> Iterator[Failure]:
        yield from trial.judge(ran)
        if ran.stages and not ran.stages[0].code:
            yield from _unheeded(Accuser(ran, module.name, settings), ran.stages[0], module, toggles)

    return Trial(trial.steps, judge, trial.patience)


def _unheeded(accuser: Accuser, load: Stage, module: Expected, toggles: Toggles) -> Iterator[Failure]:
    scratch = load.environment.get("TMPDIR", "/nonexistent")
    for variable in module.caches:
        kept, value = toggles.kept(variable, load), load.environment.get(variable, "")
        none = not kept and variable == "UV_CACHE_DIR" and toggles.no_uv_cache
        if none and load.environment.get("UV_NO_CACHE") != "1":
            yield accuser.fail("toggle", "UV_NO_CACHE=1", "it is not", " && printenv UV_NO_CACHE")
        elif not none and kept == value.startswith(f"{scratch}/"):
            expected = f"{variable} is {'no' if kept else 'a'} temporary directory"
            found = f"{variable}={value.replace(scratch, '$TMPDIR')}" if value else f"{variable} is not set"
            yield accuser.fail("toggle", expected, found, f" && printenv {variable}")


def private_caches(module: Expected, settings: str) -> Trial:
    """Look at the directories that a load made for temporary caches."""

    def judge(ran: Ran) -> Iterator[Failure]:
        if len(ran.stages) < 2 or not ran.stages[1].printed.strip():
            return
        mode = ran.stages[1].printed.split()
        expected = "temporary caches are the user's own, mode 0700 (drwx------)"
        found = f"{mode[0]} {mode[2]}"
        yield Accuser(ran, module.name, settings).fail("cache", expected, found, "; ls -la ${TMPDIR:-/tmp}")

    return Trial((("load", module.name), ("probe", _OPEN), ("unload", module.name)), judge)


def refusal(module: str) -> Trial:
    """Try that a module whose day of removal has come cannot be loaded."""

    def judge(ran: Ran) -> Iterator[Failure]:
        if ran.stages and module in loaded(ran.stages[0]):
            yield Accuser(ran, module).fail("removed", "it can no longer be loaded", "it is loaded")

    return Trial((("load", module), ("unload", module)), judge)


def refusal_here(module: Expected) -> Trial:
    """Try that a module refuses a node of none of the types that it is for."""

    def judge(ran: Ran) -> Iterator[Failure]:
        if ran.stages and module.name in loaded(ran.stages[0]):
            expected = f"it refuses: this node is not of type {' or '.join(module.elsewhere)}"
            yield Accuser(ran, module.name).fail("node", expected, "it is loaded")

    return Trial((("load", module.name), ("unload", module.name)), judge)


def defaults(modules: Sequence[Expected]) -> Iterator[Trial]:
    """Try each short name that has a default, and each other name."""
    for module in modules:
        names = [(module.name.rpartition("/")[0], "default")] if module.default else []
        for name, check in (*names, *((alias, "alias") for alias in module.aliases)):
            yield _leads_to(name, module.name, check)


def _leads_to(name: str, module: str, check: str) -> Trial:
    def judge(ran: Ran) -> Iterator[Failure]:
        stage = ran.stages[0] if ran.stages else ran.before
        if module not in loaded(stage):
            found = ", ".join(loaded(stage)) or in_a_line(stage.said) or "nothing is loaded"
            failure = Accuser(ran, name).fail(check, f"`module load {name}` loads {module}", found, "; module list")
            yield replace(failure, module=module)

    return Trial((("load", name), ("unload", name)), judge)


def families(modules: Sequence[Expected]) -> Iterator[Trial]:
    """Try that each module of a family replaces another one, and is replaced by one."""
    for family in dict.fromkeys(module.family for module in modules if module.family):
        names = [module.name for module in modules if module.family == family]
        if len(names) > 1:
            yield from (_replaces(family, first, second) for first, second in pairwise([*names, names[0]]))


def _replaces(family: str, first: str, second: str) -> Trial:
    variable = f"LMOD_FAMILY_{family.upper()}"
    then = f" && module load {shlex.quote(second)}"

    def judge(ran: Ran) -> Iterator[Failure]:
        accuser = Accuser(ran, first)
        if len(ran.stages) < 2 or ran.stages[0].code:
            return
        before, after = ran.stages[0].environment.get(variable), ran.stages[1]
        if before != first.rpartition("/")[0]:
            found = f"{variable}={before}" if before else f"{variable} is not set"
            yield accuser.fail("family", f"it belongs to family {family}", found, f" && printenv {variable}")
        elif after.environment.get(variable) != second.rpartition("/")[0]:
            return  # told when it is the first of two
        elif after.code or second not in loaded(after) or first in loaded(after):
            found = ", ".join(loaded(after)) or in_a_line(after.said)
            yield replace(accuser.fail("family", f"it replaces {first}", found, f"{then}; module list"), module=second)
        elif len(ran.stages) == 3:
            yield from _renamed(left_behind(accuser, ran.stages[2], ran.before), "family", f"{then} && module purge")

    return Trial((("load", first), ("load", second), ("unload", second)), judge)


def _renamed(failures: Iterator[Failure], check: str, after: str) -> Iterator[Failure]:
    for one in failures:
        yield Failure(
            one.module, one.shell, check, f"{one.expected} (after{after.replace(' &&', '')})", one.found, one.repeat
        )


def stacks(modules: Sequence[Expected], bases: Container[str]) -> Iterator[Trial]:
    """Try each environment on top of the distribution that it was built for."""
    for module in modules:
        if module.distribution in bases:
            yield _stands_on(module.name, module.distribution)


def _stands_on(module: str, base: str) -> Trial:
    steps: tuple[Step, ...] = (("load", base), ("load", module), ("unload", module), ("unload", base))

    def judge(ran: Ran) -> Iterator[Failure]:
        accuser = Accuser(ran, base)
        then = f" && module load {shlex.quote(module)}"
        both = ran.stages[1] if len(ran.stages) > 1 else Stage(1, "", "", {})
        if both.code or not {base, module} <= {*loaded(both)}:
            failure = accuser.fail("conflict", f"it loads on top of {base}", in_a_line(both.said), then)
            yield replace(failure, module=module)
        elif len(ran.stages) == len(steps):
            yield from _renamed(left_behind(accuser, ran.stages[-1], ran.before), "conflict", f"{then} && module purge")

    return Trial(steps, judge)


def inside(module: Expected) -> Trial:
    """Try what a module is for: its program is the release's, what the site file wants to import and to run works."""
    probes = list(_probes(module.inside))
    steps: list[Step] = [("load", module.name), *(("probe", text) for _, _, text in probes), ("unload", module.name)]

    def judge(ran: Ran) -> Iterator[Failure]:
        if not ran.stages or ran.stages[0].code:
            return
        accuser = Accuser(ran, module.name)
        for (check, expected, text), stage in zip(probes, ran.stages[1:], strict=False):
            if found := _wrong(check, stage):
                yield accuser.fail(check, expected, found, f" && {text}")
        if len(ran.stages) <= len(probes):
            check, expected, text = probes[len(ran.stages) - 1]
            yield accuser.fail(check, expected, in_a_line(ran.end.stderr) or "it ended the shell", f" && {text}")

    return Trial(tuple(steps), judge, module.inside.timeout * len(probes))


def _wrong(check: str, stage: Stage) -> str:
    """Say what is wrong with a probe: what it printed, or why it failed."""
    printed = in_a_line(stage.printed.replace("\t", ": "))
    if stage.code:
        return printed or in_a_line(stage.said)[-300:] or f"exit code {stage.code}"
    return printed if check != "command" else ""


def _probes(what: Inside) -> Iterator[tuple[str, str, str]]:
    """Yield check, expectation, and a line for sh that prints what is wrong."""
    if what.program:
        yield "interpreter" if what.program == "python" else "program", *_which(what)
    if what.version:
        text = f"{what.program} --version | grep -qF {shlex.quote(what.version)} || {what.program} --version"
        yield "program", f"{what.program} {what.version}", text
    if what.imports:
        text = shlex.join(["python", "-c", _IMPORT.strip(), *what.imports])
        yield "import", f"import {', '.join(what.imports)}", text
    for command in what.commands:
        yield "command", f"`{shlex.join(command)}` exits 0", f"{shlex.join(command)} >/dev/null"


def _which(what: Inside) -> tuple[str, str]:
    found = f'found=$(command -v {what.program}) || {{ echo "no {what.program} on PATH"; exit; }}'
    if not what.real:
        return f"{what.program} on PATH", found
    real = shlex.quote(what.real)
    same = f'[ "$(readlink -f "$found")" = "$(readlink -f {real})" ] || echo "$found is $(readlink -f "$found")"'
    return f"`{what.program}` on PATH is {what.real}", f"{found}; {same}"
