"""Run Lmod in a shell with a clean environment, and read back what the shell has become."""

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from lmodforge.apply.system import RealSystem
from lmodforge.verify.lmod import Lmod, find_lmod

SHELLS = {
    "bash": ("bash", "--noprofile", "--norc"),
    "zsh": ("zsh", "-f"),
    "ksh": ("ksh93",),
    "dash": ("dash",),
    "tcsh": ("tcsh", "-f"),
    "fish": ("fish", "--no-config"),
}
INIT = {"dash": "sh", "tcsh": "tcsh", "ksh": "ksh"}

# What a shell has besides its environment: functions, aliases, variables.  Comments: what is left out, and why.
_SNAPSHOT = {
    "bash": "declare -f; alias; printf 'PS1=%s.\\n' \"${PS1-unset}\"; shopt -o; shopt",
    "zsh": "functions; alias; printf 'PS1=%s.\\n' \"${PS1-unset}\"; setopt",
    "ksh": "typeset -f; alias; printf 'PS1=%s.\\n' \"${PS1-unset}\"; set -o",
    # dash cannot list its functions: those that could be left behind are asked for
    "dash": "for f in conda mamba deactivate __conda_exe __conda_activate; do command -V $f || :; done; alias; "
    "printf 'PS1=%s.\\n' \"${PS1-unset}\"; set -o",
    "tcsh": "alias; set | grep -v '^\\(_\\|status\\|cwd\\|path\\|command\\|argv\\)'",
    "fish": "functions -a; functions fish_prompt fish_right_prompt | grep -v '^#'; "
    "for n in (set -g -n); contains $n history status pipestatus _; or set -qx $n; or echo $n = $$n; end",
}
_INTERNAL = re.compile(r"_|SHLVL|_ModuleTable\w*|__LMOD_\w+|LMOD_DEFAULT_MODULEPATH")


def lmod() -> Lmod:
    """Find the Lmod that the tests use: LMOD_CMD names another than the system's."""
    found = find_lmod(RealSystem())
    assert found, "Lmod is missing: install it with `apt-get install lmod`"
    return found


@dataclass(frozen=True)
class State:
    """A shell at one moment: its environment without what is Lmod's own, and the rest as the shell lists it."""

    environment: dict[str, str]
    rest: str


@dataclass(frozen=True)
class Ran:
    """What a script did: a state for each `snapshot NAME` in it, its output, and the commands that failed."""

    states: dict[str, State]
    said: str
    failed: list[str]
    code: int

    def __getitem__(self, name: str) -> dict[str, str]:
        return self.states[name].environment


@dataclass
class Shell:
    """A clean shell that has Lmod.

    A step is a line of sh that every shell gets in its own words: `export A=b`, `unset A`, `snapshot NAME`; anything
    else goes to the shell as it is.
    """

    name: str
    scratch: Path
    modulepath: str
    environment: dict[str, str] = field(default_factory=dict)
    lmod: Lmod = field(default_factory=lmod)
    user: int | None = None
    groups: tuple[int, ...] = ()
    within: tuple[str, ...] = ()
    """What runs the shell, such as bwrap with its options."""

    def run(self, *steps: str) -> Ran:
        """Run the steps one after the other in one shell."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        if self.user is not None:
            os.chown(self.scratch, self.user, self.user)
        lines = [self._init()]
        for step in steps:
            lines += self._lines(step)
        script = self.scratch / "script"
        script.write_text("\n".join(lines) + "\n")
        done = subprocess.run(
            [*self.within, *self._as_user(), *SHELLS[self.name], str(script)],
            env={
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                "HOME": str(self.scratch),
                "MODULEPATH": self.modulepath,
                "LMOD_PAGER": "none",
                "LMOD_SYSTEM_DEFAULT_MODULES": "",
                "TERM": "dumb",
                "COLUMNS": "1000",
                **self.environment,
            },
            cwd=self.scratch,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        failed = self.scratch / "failed"
        return Ran(
            {path.stem: self._state(path) for path in sorted(self.scratch.glob("*.env"))},
            done.stdout,
            failed.read_text().splitlines() if failed.exists() else [],
            done.returncode,
        )

    def _as_user(self) -> list[str]:
        if self.user is None:
            return []
        groups = ["--groups", ",".join(map(str, self.groups))] if self.groups else ["--clear-groups"]
        return ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", *groups]

    def _init(self) -> str:
        word = "source" if self.name in ("tcsh", "fish") else "."
        return f"{word} {self.lmod.init(INIT.get(self.name, self.name))}"

    def _lines(self, step: str) -> list[str]:
        if step.startswith("snapshot "):
            return self._snapshot(step.split()[1])
        if found := re.fullmatch(r"export (\w+)=(.*)", step):
            name, value = found.groups()
            words = {"tcsh": f"setenv {name} '{value}'", "fish": f"set -gx {name} '{value}'"}
            return [words.get(self.name, f"export {name}='{value}'")]
        if found := re.fullmatch(r"unset (\w+)", step):
            words = {"tcsh": f"unsetenv {found[1]}", "fish": f"set -e {found[1]}"}
            return [words.get(self.name, step)]
        if step.startswith(("set ", ": ")):
            return [step]
        noted = step.replace("'", "")
        note = f"echo '{noted}' >>{self.scratch}/failed"
        if self.name == "tcsh":
            return [step, f"if ($status) {note}"]
        return [f"{step}; or {note}" if self.name == "fish" else f"{step} || {note}"]

    def _snapshot(self, name: str) -> list[str]:
        base = f"{self.scratch}/{name}"
        if self.name == "tcsh":
            return [f"env -0 >{base}.env", f"( {_SNAPSHOT['tcsh']} ) >{base}.rest"]
        if self.name == "fish":
            return [f"env -0 >{base}.env", f"begin; {_SNAPSHOT['fish']}; end >{base}.rest 2>/dev/null"]
        return [f"env -0 >{base}.env", f"{{ {_SNAPSHOT[self.name]}; }} >{base}.rest 2>/dev/null || :"]

    def _state(self, path: Path) -> State:
        entries = (entry.partition("=") for entry in path.read_text().split("\0") if entry)
        environment = {name: value for name, _, value in entries if not _INTERNAL.fullmatch(name)}
        return State(environment, path.with_suffix(".rest").read_text())
