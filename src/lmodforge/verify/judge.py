"""Judge what a load and an unload did to a shell: pure, from what was recorded to what is wrong."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lmodforge.finding import Failure
from lmodforge.plan.nodes import release_for
from lmodforge.verify.shells import Stage
from lmodforge.verify.trials import Ran

# Lmod's bookkeeping, and what any shell changes by itself.
_NOT_THE_MODULES = re.compile(
    r"_|SHLVL|OLDPWD|LOADEDMODULES|_LMFILES_|_ModuleTable\w*|__LMOD_\w*|LMOD_DEFAULT_MODULEPATH"
    r"|variable (?:_|status|path|lf_code|shlvl|command|cwd|owd|dirstack)"
)
_IN_EVERY_MESSAGE = re.compile(
    r"Lmod has detected the following error: |Unable to load module because of error when evaluating modulefile: "
    r"| Please check the modulefile and especially if there is a line number specified in the above message"
    r"| While processing the following module\(s\): .*"
)
_LISTS = ("PATH", "MANPATH", "LD_LIBRARY_PATH", "MODULEPATH", "JUPYTER_PATH", "PKG_CONFIG_PATH")


@dataclass(frozen=True)
class Promise:
    """What a module must give."""

    environment: Mapping[str, str] = field(default_factory=dict)
    """Values of variables."""
    path: tuple[str, ...] = ()
    """Directories that PATH must begin with, in any order."""
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Entries of other lists, by variable."""
    node: str = ""
    """Of a module that chooses by node: the type whose release is the right one here."""
    releases: Mapping[str, str] = field(default_factory=dict)
    """All its releases: the type of nodes by directory."""


@dataclass(frozen=True)
class Accuser:
    """Writes failures of one module in one shell."""

    ran: Ran
    module: str
    settings: str = ""

    def fail(self, check: str, expected: str, found: str, after: str = "") -> Failure:
        """Write one; `after` is what a person types behind the load to see it."""
        verb = "show" if check == "show" else "load"
        repeat = self.ran.bench.by_hand(f"module {verb} {shlex.quote(self.module)}{after}")
        return Failure(self.module, self.ran.bench.shell.name, check, expected, found, repeat, self.settings)

    @property
    def unload(self) -> str:
        """What a person types to unload it."""
        return f" && module unload {shlex.quote(self.module)}"


def judge_pair(ran: Ran, module: str, promise: Promise, settings: str = "") -> Iterator[Failure]:
    """Judge a load and the unload after it."""
    accuser = Accuser(ran, module, settings)
    if not ran.before.environment:
        yield _no_shell(accuser)
        return
    if not ran.stages:
        yield accuser.fail("load", "it loads", _ended(ran))
        return
    load = ran.stages[0]
    if not is_loaded(load, module):
        yield not_loaded(accuser, load)
        return
    if load.printed.strip():
        yield accuser.fail("output", "nothing on stdout at load", in_a_line(load.printed))
    other = _other_release(accuser, load, promise)
    yield from other or _broken_promises(accuser, load, promise)
    yield from _bad_lists(accuser, load)
    if len(ran.stages) == 1:
        yield accuser.fail("unload", "it unloads", _ended(ran), accuser.unload)
        return
    yield from left_behind(accuser, ran.stages[-1], ran.before)


def is_loaded(load: Stage, module: str) -> bool:
    """Say whether a load did what it says."""
    return not load.code and module in loaded(load)


def loaded(stage: Stage) -> list[str]:
    """Return the full names of what is loaded."""
    return [name for name in stage.environment.get("LOADEDMODULES", "").split(":") if name]


def not_loaded(accuser: Accuser, load: Stage) -> Failure:
    """Say why, in Lmod's words."""
    said, there = in_a_line(load.said), ":".join(loaded(load))
    if not load.code:
        said = f"exit code 0, but loaded is `{there}`"
    elif accuser.module in loaded(load):
        said = f"it is loaded, with exit code {load.code} (LmodWarning does that before Lmod 8.7.33): {said}"
    return accuser.fail("load", "`module load` exits 0 and the module is loaded", said)


def left_behind(accuser: Accuser, after: Stage, before: Stage) -> Iterator[Failure]:
    """Compare the shell after an unload with the one before the load."""
    again = accuser.unload
    if after.code:
        said = f"exit code {after.code}: {in_a_line(after.said)}"
        yield accuser.fail("unload", "`module unload` exits 0", said, again)
    if after.printed.strip():
        yield accuser.fail("output", "nothing on stdout at unload", in_a_line(after.printed), again)
    if "was not undone" in after.said:
        yield accuser.fail("unload", "everything is undone", in_a_line(after.said), again)
    old, new = {**before.environment, **before.rest}, {**after.environment, **after.rest}
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name) and not _NOT_THE_MODULES.fullmatch(name):
            yield accuser.fail("unload", _state(name, old, new), _state(name, new, old), f"{again}; {_ask(name)}")


def _broken_promises(accuser: Accuser, load: Stage, promise: Promise) -> Iterator[Failure]:
    for name, value in promise.environment.items():
        found = load.environment.get(name)
        if found != value:
            shown = "it is not set" if found is None else f"{name}={found}"
            yield accuser.fail("variable", f"{name}={value}", shown, f" && printenv {name}")
    path = load.environment.get("PATH", "").split(":")
    first = path[: path.index("/usr/local/bin")] if "/usr/local/bin" in path else path
    for directory in promise.path:
        if directory not in first:
            where = "`{}` on PATH" if directory not in path else "`{}` on PATH before the system's"
            yield accuser.fail("path", where.format(directory), f"PATH={':'.join(path)}", " && printenv PATH")
    for name, entries in promise.lists.items():
        there = load.environment.get(name, "")
        for entry in entries:
            if entry not in there.split(":"):
                shown = f"{name}={there}" if there else "it is not set"
                yield accuser.fail("variable", f"`{entry}` in {name}", shown, f" && printenv {name}")


def _other_release(accuser: Accuser, load: Stage, promise: Promise) -> tuple[Failure, ...]:
    """Say that a module gives the release of another type of nodes; nothing else that it gives is right then."""
    right = {kind: path for path, kind in promise.releases.items()}.get(promise.node)
    found = load.environment.get("LMODFORGE_ENVIRONMENT", "")
    if right is None or found == right or found not in promise.releases:
        return ()
    expected = f"{release_for(promise.node)}, {right}: this node is of that type"
    given = f"{release_for(promise.releases[found])}, {found}"
    return (accuser.fail("node", expected, given, " && printenv LMODFORGE_ENVIRONMENT"),)


def _bad_lists(accuser: Accuser, load: Stage) -> Iterator[Failure]:
    for name in _LISTS:
        value = load.environment.get(name, "")
        if value == accuser.ran.before.environment.get(name, ""):
            continue
        entries = value.split(":")
        ask = f" && printenv {name}"
        for entry in dict.fromkeys(entries):
            if entries.count(entry) > 1:
                yield accuser.fail("path", f"`{entry}` on {name} once", f"{name}={value}", ask)
            # An empty entry of PATH is the current directory: anybody's program would be run.
            if name == "PATH" and not entry.startswith("/"):
                yield accuser.fail("path", "absolute directories on PATH", f"PATH={value}", ask)


def _no_shell(accuser: Accuser) -> Failure:
    end = accuser.ran.end
    shell = accuser.ran.bench.shell.name
    said = in_a_line(end.stderr) or "nothing was said"
    return accuser.fail("start", f"{shell} starts, with Lmod", f"exit code {end.code}: {said}")


def _ended(ran: Ran) -> str:
    end = ran.end
    if end.code == 124:
        return f"it hangs: {end.stderr.splitlines()[-1]}"
    return f"it ended the shell (exit code {end.code})" if end.code else "it ended the shell"


def _state(name: str, environment: Mapping[str, str], other: Mapping[str, str]) -> str:
    variable = " " not in name
    if name not in environment:
        return f"no variable {name}" if variable else f"no {name}"
    if variable:
        return f"{name}={environment[name]}"
    return name if name not in other else in_a_line(f"{name.partition(' ')[0]} {environment[name]}")


def _ask(name: str) -> str:
    kind, _, rest = name.rpartition(" ")
    return f"type {shlex.quote(rest)}" if kind in ("alias", "function") else f"printenv {rest}"


def in_a_line(said: str) -> str:
    """Undo Lmod's line breaks, which depend on the width of a terminal, and leave out what is in every message."""
    return _IN_EVERY_MESSAGE.sub("", " ".join(said.split())).strip()
