"""Drive Lmod in a shell: what the shell runs, and how the record that it prints is read."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lmodforge.verify.lmod import Lmod

# Every module gets a subshell, so that what one leaves behind is not blamed on the next. HOME and TMPDIR are a
# scratch directory: no startup file is read, no cache of a real user is touched.
# The record is NUL-separated: a module, then its stages, each a name, an exit code, what was said and the
# environment, which an empty string ends; another one ends the module.
_BASH = r"""
lf_scratch=$(mktemp -d) || exit 96
trap 'rm -rf -- "$lf_scratch"' EXIT
export HOME=$lf_scratch TMPDIR=$lf_scratch
cd -- "$lf_scratch" && . "$1" >/dev/null || exit 97
shift
lf_env=$(type -P env) lf_said=$lf_scratch/said
lf_snapshot() {
  "$lf_env" -0
  local lf_name
  for lf_name in "${!BASH_ALIASES[@]}"; do printf 'alias %s=%s\0' "$lf_name" "${BASH_ALIASES[$lf_name]}"; done
  compgen -A function >"$lf_scratch/functions"
  while IFS= read -r lf_name; do printf 'function %s=\0' "$lf_name"; done <"$lf_scratch/functions"
  printf '\0'
}
lf_stage() {
  module "$@" >"$lf_said" 2>&1 </dev/null
  printf '%s\0' "$1" "$?" "$(<"$lf_said")"
  lf_snapshot
}
printf '%s\0' - start 0 ''
lf_snapshot
printf '\0'
for lf_module; do
  printf '%s\0' "$lf_module"
  ( lf_stage load "$lf_module"; lf_stage unload "$lf_module" )
  printf '\0'
done
# One command shows them all, and ends at the first that fails: only then each is asked.
module show "$@" >/dev/null 2>&1 </dev/null || for lf_module; do
  module show "$lf_module" >"$lf_said" 2>&1 </dev/null || printf '%s\0' "$lf_module" show "$?" "$(<"$lf_said")" '' ''
done
"""


@dataclass(frozen=True)
class Stage:
    """What one `module` command did: its exit code, what it said, and the environment after it."""

    code: int
    said: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Shell:
    """A shell that can load modules; its script gets Lmod's init file and the modules as arguments."""

    name: str
    argv: tuple[str, ...]
    script: str

    def command(self, lmod: Lmod, modules: Sequence[str]) -> list[str]:
        """Make the argv that loads and unloads each module and prints the record."""
        return [*self.argv, "-c", self.script, "lmodforge-verify", lmod.init(self.name), *modules]

    def by_hand(self, lmod: Lmod, environment: Mapping[str, str], commands: str) -> str:
        """Make the line to paste that runs `commands` in such a clean shell."""
        settings = (f"{name}={value}" for name, value in environment.items())
        script = f". {shlex.quote(lmod.init(self.name))}; {commands}"
        return shlex.join(["env", "-i", *settings, *self.argv, "-c", script])


SHELLS = {"bash": Shell("bash", ("bash", "--noprofile", "--norc"), _BASH)}

START = "-"  # stands for a module in the record where the shell says what it starts with


def read_record(output: str) -> dict[str, dict[str, Stage]]:
    """Read what a shell's script printed: module, then stage. What an ended shell left unfinished is left out."""
    found: dict[str, dict[str, Stage]] = {}
    tokens = iter(output.split("\0"))
    for module in tokens:
        for name in iter(lambda: next(tokens, ""), ""):
            code, said = next(tokens, ""), next(tokens, "")
            entries = list(iter(lambda: next(tokens, ""), ""))
            if code:
                environment = dict(_entry(entry) for entry in entries)
                found.setdefault(module, {})[name] = Stage(int(code), said, environment)
    return found


def _entry(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value
