"""Drive Lmod in a shell: the script that it runs, and how the record that it prints is read.

The record: after each step a mark on stdout and one on stderr. What a step prints stands between two marks, and
behind a mark stands what the shell has become: exit code, environment, then aliases, functions and the like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lmodforge.apply.system import Completed
from lmodforge.modulefile.shells import csh, fish, sh
from lmodforge.verify.lmod import Lmod

# HOME and TMPDIR are a scratch directory: no startup file is read, no cache of a real user is touched.
_LAUNCH = """\
lf_scratch=$(mktemp -d) || exit 96
trap 'rm -rf -- "$lf_scratch"' EXIT
cat >"$lf_scratch/.script" && cd -- "$lf_scratch" || exit 96
export HOME="$lf_scratch" TMPDIR="$lf_scratch"
"$@" "$lf_scratch/.script" </dev/null
exit $?
"""

_MARK = "\0lmodforge\0"
_NAMED = re.compile(r"^(?:alias |function )?([^\s=(){}#]+)")

Step = tuple[str, str]
"""`load NAME` and other words for `module`; `probe` runs its text in sh."""


@dataclass(frozen=True)
class Stage:
    """What one step did: its exit code, what it printed, and what the shell is after it."""

    code: int
    printed: str
    said: str
    environment: Mapping[str, str]
    rest: Mapping[str, str] = field(default_factory=dict)
    """By `alias ll` or `function conda`: how the shell lists it."""


@dataclass(frozen=True)
class Shell:
    """A shell that can load modules."""

    name: str
    argv: tuple[str, ...]
    init: str
    source: str
    quote: Callable[[str], str]
    before: str
    """Defines what a mark needs."""
    mark: str

    def command(self) -> list[str]:
        """Make the argv that runs a script from stdin."""
        return ["/bin/sh", "-c", _LAUNCH, "lmodforge-verify", *self.argv]

    def script(self, lmod: Lmod, steps: Sequence[Step]) -> str:
        """Make the script: Lmod, the first mark, then each step and its mark."""
        lines = [f"{self.source} {self.quote(lmod.init(self.init))}", self.before, self.mark]
        for verb, argument in steps:
            probe = verb == "probe"
            lines += [f"{'/bin/sh -c' if probe else f'module {verb}'} {self.quote(argument)}", self.mark]
        return "\n".join(lines) + "\n"

    def by_hand(self, lmod: Lmod, environment: Mapping[str, str], commands: str) -> list[str]:
        """Make the argv that runs `commands` in such a clean shell."""
        settings = (f"{name}={value}" for name, value in environment.items())
        # csh reads a line before it knows an alias that the line defines.
        given = f"eval {csh(commands)}" if self.source == "source" and self.quote is csh else commands
        script = f"{self.source} {self.quote(lmod.init(self.init))}; {given}"
        return ["env", "-i", *settings, *self.argv, "-c", script]


_BEFORE_SH = r"""lf_mark() {
  printf '\000lmodforge\000%s\000' "$?"
  printf '\000lmodforge\000' >&2
  /usr/bin/env -0
  printf '\000lmodforge\000'
  LISTED
  printf '\000lmodforge\000'
}"""
_PS1 = "printf '\\001prompt\\001PS1=%s' \"${PS1-}\""
_OPTIONS = "printf '\\001option\\001'; set -o"
_BEFORE_FISH = r"""function lf_mark
  printf '\000lmodforge\000%s\000' $status
  printf '\000lmodforge\000' >&2
  /usr/bin/env -0
  printf '\000lmodforge\000\001function\001'
  functions -a
  printf '\001prompt\001'
  functions fish_prompt fish_right_prompt 2>/dev/null
  printf '\000lmodforge\000'
end"""
_MARK_CSH = r"""set lf_code = $status
/usr/bin/printf '\000lmodforge\000%s\000' $lf_code
/bin/sh -c 'printf "\000lmodforge\000" >&2'
/usr/bin/env -0
/usr/bin/printf '\000lmodforge\000\001alias\001'
alias
/usr/bin/printf '\001variable\001'
set
/usr/bin/printf '\000lmodforge\000'"""


def _sh(name: str, argv: Sequence[str], init: str, listed: str) -> Shell:
    listed = f"printf '\\001alias\\001'; alias; {_PS1}; {listed}"
    return Shell(name, tuple(argv), init, ".", sh, _BEFORE_SH.replace("LISTED", listed), "lf_mark")


# dash cannot list its functions: those that our modules and activators define are asked for.
_ASKED = "for lf_name in conda mamba micromamba deactivate __conda_exe; do command -v $lf_name; done"
_FUNCTIONS = "printf '\\001function\\001';"
SHELLS: Mapping[str, Shell] = {
    "bash": _sh("bash", ("bash", "--noprofile", "--norc"), "bash", f"{_FUNCTIONS} declare -f; {_OPTIONS}; shopt"),
    "zsh": _sh("zsh", ("zsh", "-f"), "zsh", f"{_FUNCTIONS} functions; {_OPTIONS}"),
    "ksh93": _sh("ksh93", ("ksh93",), "ksh", f"{_FUNCTIONS} typeset +f; {_OPTIONS}"),
    "dash": _sh("dash", ("dash",), "sh", f"{_FUNCTIONS} {_ASKED}; {_OPTIONS}"),
    "tcsh": Shell("tcsh", ("tcsh", "-f"), "tcsh", "source", csh, "", _MARK_CSH),
    "fish": Shell("fish", ("fish", "--no-config"), "fish", "source", fish, _BEFORE_FISH, "lf_mark"),
}


def read_record(done: Completed) -> list[Stage]:
    """Read what a shell printed: the start, then a stage for each step; one that the shell did not end is left out."""
    parts = done.stdout.split(_MARK)
    told = done.stderr.split(_MARK)
    stages = []
    for at in range(1, len(parts) - 2, 3):
        code, _, environment = parts[at].partition("\0")
        printed, said = parts[at - 1], told[at // 3] if at // 3 < len(told) else ""
        entries = (entry.partition("=") for entry in environment.split("\0") if entry)
        stages.append(
            Stage(int(code), printed, said, {name: value for name, _, value in entries}, _listed(parts[at + 1]))
        )
    return stages


def _listed(text: str) -> dict[str, str]:
    """Split each list at the lines that begin with a name; the others go on with what the line before began."""
    found: dict[str, str] = {}
    pieces = text.split("\1")
    for kind, listing in zip(pieces[1::2], pieces[2::2], strict=False):
        name = ""
        for line in listing.splitlines():
            if named := _NAMED.match(line):
                name = f"{kind} {named[1]}"
            if name:
                found[name] = f"{found[name]}\n{line}" if name in found else line
    return found
