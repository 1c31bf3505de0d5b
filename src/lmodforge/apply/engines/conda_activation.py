"""What activating an environment does, found out by doing it: each script is run, before and after are compared.

It is done twice, once with every variable that is touched unset and once with a mark in its place: that tells apart
what is set, what is put before or after a user's own value, and what depends on that value in another way.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lmodforge.apply.workshop import Workshop
from lmodforge.errors import StepFailed
from lmodforge.plan.actions import BuildRelease
from lmodforge.receipts.models import OperationEntry

_SCRIPT = """\
say() { printf '\\1%s\\2' "$1"; env -0; printf '\\2'; declare -F | cut -d' ' -f3-; alias -p | cut -d= -f1; }
cd "$HOME"
say ''
for script in "$@"; do
  . "$script" >/dev/null || echo "$script ended with $?" >&2
  say "$script"
done
"""
_MARK = "/lmodforge-was-here"
_OF_THE_SHELL = re.compile(
    r"_|SHLVL|PWD|OLDPWD|PS1|CONDA_(PREFIX|DEFAULT_ENV|SHLVL|PROMPT_MODIFIER)|_?_?CONDA_(SET|BACKUP).*"
)
"""What the shell or every activation changes, and where scripts keep what `conda deactivate` puts back."""
_VARIABLE = re.compile(r"(?:\$\{?[#!]*|\bunset\s+(?:-v\s+)?)([A-Za-z_][A-Za-z0-9_]*)")
_UNSET = "***unset***"
"""How conda writes that a variable shall not be there."""
_PLAIN = re.compile(r"[^\x00-\x1f\x7f\ufffd]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECONDS = 120


@dataclass(frozen=True)
class Activation:
    """What a module does instead of activation, and what it cannot do."""

    operations: tuple[OperationEntry, ...] = ()
    lacks: tuple[str, ...] = ()


@dataclass
class _Step:
    """The shell after a script."""

    script: str
    variables: dict[str, str]
    functions: frozenset[str]
    files: tuple[str, ...]
    """What lay in the home directory in the end."""


@dataclass(frozen=True)
class _Change:
    """What a script makes of a variable."""

    script: str
    name: str
    empty: str | None
    """With nothing there before."""
    marked: str | None
    """With `before` there before."""
    before: str | None


@dataclass
class _Findings:
    prefix: str
    home: str
    """The home directory that scripts are given: of no use to anybody else."""
    operations: list[OperationEntry] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)

    def conclude(self, change: _Change) -> None:
        """Conclude what a script does to a variable from what it makes of two."""
        name, script, before, marked = change.name, change.script, change.before, change.marked
        if marked is None:
            self.lacks.append(f"{script} takes {name} away, which the module does not")
        elif before and marked.endswith(f":{before}"):
            self.add("prepend", name, marked.removesuffix(f":{before}"), script)
        elif before and marked.startswith(f"{before}:"):
            self.add("append", name, marked.removeprefix(f"{before}:"), script)
        elif change.empty == marked:
            self.add("set", name, marked, script)
        elif change.empty is not None and marked == before:
            self.add("set", name, change.empty, script)
            self.lacks.append(f"{script} leaves a value of {name} that is there already; the module sets its own")
        else:
            self.lacks.append(f"{script} makes {name} from what is there before, which the module does not")

    def add(self, action: str, name: str, value: object, script: str) -> None:
        """Keep an operation, if a module can do it."""
        if value == _UNSET:
            self.lacks.append(f"{script} takes {name} away, which the module does not")
        elif not isinstance(value, str) or not _NAME.fullmatch(name) or not _PLAIN.fullmatch(value):
            self.lacks.append(f"{script} gives {name} a value that no module can hold")
        elif self.home in value:
            self.lacks.append(f"{script} makes {name} from the home directory, which the module does not")
        else:
            self._keep({"action": action, "variable": name, "value": value.replace(self.prefix, "{prefix}")})

    def _keep(self, operation: Mapping[str, str]) -> None:
        """Keep them in order; what is set takes the place of what came before."""
        entry = OperationEntry.model_validate(operation)
        if entry.action == "set":
            self.operations = [other for other in self.operations if other.variable != entry.variable]
        self.operations.append(entry)


def capture(release: BuildRelease, workshop: Workshop) -> Activation:
    """Activate a new release twice, and compare; the variables that it declares come before its scripts."""
    system, folder = workshop.system, f"{release.path}/etc/conda/activate.d"
    scripts = [f"{folder}/{name}" for name in system.names(folder) if name.endswith(".sh")]
    found = _Findings(release.path, f"{workshop.cache}/activation/{posixpath.basename(release.path)}")
    for name, value in _declared(release.path, workshop).items():
        found.add("set", name, value, "the environment")
    if scripts:
        _compare_runs(release, workshop, scripts, found)
    return Activation(tuple(found.operations), tuple(dict.fromkeys(found.lacks)))


def activated(path: str, name: str, operations: Iterable[OperationEntry]) -> dict[str, str]:
    """Return the variables of an activated environment, for a program that is run in it."""
    variables = {"CONDA_PREFIX": path, "CONDA_DEFAULT_ENV": name, "CONDA_SHLVL": "1"}
    variables["PATH"] = f"{path}/bin:/usr/local/bin:/usr/bin:/bin"
    for operation in operations:
        value, before = operation.value.replace("{prefix}", path), variables.get(operation.variable, "")
        parts = {"set": [value], "prepend": [value, before], "append": [before, value]}[operation.action]
        variables[operation.variable] = ":".join(part for part in parts if part)
    return variables


def _declared(path: str, workshop: Workshop) -> dict[str, str]:
    """Read the variables that packages (env_vars.d) and the environment (state) declare, in conda's order."""
    system, folder = workshop.system, f"{path}/etc/conda/env_vars.d"
    texts = [(f"{folder}/{name}", system.read(f"{folder}/{name}")) for name in system.names(folder)]
    found: dict[str, str] = {}
    for file, text in texts:
        found |= _object(file, text)
    state = f"{path}/conda-meta/state"
    return found | _object(state, json.dumps(_object(state, system.read(state)).get("env_vars", {})).encode())


def _object(file: str, text: bytes | None) -> dict[str, str]:
    try:
        found = json.loads(text or b"{}")
    except ValueError as error:
        raise StepFailed(f"{file} is not JSON: {error}", "the package that brings it is broken") from None
    return found if isinstance(found, dict) else {}


def _compare_runs(release: BuildRelease, workshop: Workshop, scripts: list[str], found: _Findings) -> None:
    subject, base = release.subject, activated(release.path, release.environment, ())
    base |= {each.variable: each.value.replace("{prefix}", release.path) for each in found.operations}
    empty = list(_run(subject, workshop, found.home, scripts, base))
    touched = {name for step in empty for name in _changes(empty[0], step)} | _mentioned(workshop, scripts)
    marks = {name: f"{_MARK}/{name}" for name in touched if name not in base and name not in ("HOME", "PATH", "LANG")}
    marked = list(_run(subject, workshop, found.home, scripts, base | marks))
    for before, after, marked_before, marked_after in zip(empty, empty[1:], marked, marked[1:], strict=False):
        script = after.script.rpartition("/")[2]
        if added := sorted(after.functions - before.functions):
            found.lacks.append(f"{script} defines shell functions or aliases, which no module can: {', '.join(added)}")
        for name in sorted(_changes(before, after) | _changes(marked_before, marked_after)):
            values = (each.variables.get(name) for each in (after, marked_after, marked_before))
            found.conclude(_Change(script, name, *values))
    if empty and empty[-1].files:
        files = ", ".join(empty[-1].files)
        found.lacks.append(f"activation writes files into the home directory, which no module does: {files}")


def _run(
    subject: str, workshop: Workshop, home: str, scripts: list[str], variables: Mapping[str, str]
) -> Iterator[_Step]:
    system = workshop.system
    system.remove(home)
    system.make_directory(home, 0o700)
    argv = ("/bin/bash", "--noprofile", "--norc", "-c", _SCRIPT, "bash", *scripts)
    done = system.run(argv, env={"LANG": "C.UTF-8", **variables, "HOME": home}, cwd=home, timeout=_SECONDS)
    written = system.names(home)
    system.remove(home)
    if done.code:
        said = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise StepFailed(f"{subject}: activation ended with exit code {done.code}: {said}")
    for text in done.stdout.split("\1")[1:]:
        script, block, functions = text.split("\2")
        values = dict(item.partition("=")[::2] for item in block.split("\0") if item)
        kept = {name: value for name, value in values.items() if not _OF_THE_SHELL.fullmatch(name) and name != "HOME"}
        yield _Step(script, kept, frozenset(functions.split("\n")) - {"say", ""}, written)


def _changes(before: _Step, after: _Step) -> set[str]:
    names = before.variables.keys() | after.variables.keys()
    return {name for name in names if before.variables.get(name) != after.variables.get(name)}


def _mentioned(workshop: Workshop, scripts: list[str]) -> set[str]:
    """Find the variables whose value a script may look at."""
    texts = ((workshop.system.read(script) or b"").decode(errors="replace") for script in scripts)
    names = {name for text in texts for name in _VARIABLE.findall(text)}
    return {name for name in names if not _OF_THE_SHELL.fullmatch(name)}
