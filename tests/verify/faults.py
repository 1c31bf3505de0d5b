"""A table of what can be wrong with a module: how the tree is damaged, and the checks that must say so."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """One environment of the deployed site."""

    file: Path
    prefix: Path
    receipt: Path
    link: Path

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new))

    def first(self, lua: str) -> None:
        """Before anything else: runs at unload, too."""
        self.file.write_text(f"{lua}\n{self.file.read_text()}")

    def last(self, lua: str) -> None:
        """Behind everything: runs at load only."""
        self.file.write_text(f"{self.file.read_text()}{lua}\n")

    def defaults(self, lua: str) -> None:
        (self.file.parent / ".modulerc.lua").write_text(f"{lua}\n")


Damage = Callable[[Place], None]


def last(lua: str) -> Damage:
    return lambda place: place.last(lua)


def first(lua: str) -> Damage:
    return lambda place: place.first(lua)


def edit(old: str, new: str) -> Damage:
    return lambda place: place.edit(old, new)


def in_shell(load: str, unload: str = ":") -> Damage:
    """What the user's shell runs; a long bracket keeps it as it is."""
    text = f'execute{{cmd=[==[{load}]==], modeA={{"load"}}}} execute{{cmd=[==[{unload}]==], modeA={{"unload"}}}}'
    return first(text)


def only_in(shell: str, lua: str) -> Damage:
    return first(f'if myShellName() == "{shell}" then {lua} end')


def left_in(shell: str, command: str) -> Damage:
    return only_in(shell, f'execute{{cmd=[==[{command}]==], modeA={{"load"}}}}')


def _remove_prefix(place: Place) -> None:
    shutil.rmtree(place.prefix)


def _another_interpreter(place: Place) -> None:
    python = place.prefix / "bin/python"
    real = python.resolve()
    python.unlink()
    python.write_text(f'#!/bin/sh\nexec {real} "$@"\n')
    python.chmod(0o755)


def _remove_package(place: Place) -> None:
    (module,) = place.prefix.glob("lib/python*/site-packages/six.py")
    module.unlink()


def _another_operation(place: Place) -> None:
    receipt = json.loads(place.receipt.read_text())
    receipt["operations"] = [{"action": "prepend", "variable": "GDAL_DATA", "value": "{prefix}/share/gdal"}]
    place.receipt.write_text(json.dumps(receipt))


def _another_default(place: Place) -> None:
    (place.file.parent / "2.lua").write_text("")
    place.defaults(f'module_version("{place.file.parent.name}/2", "default")')


FAULTS: dict[str, tuple[Damage, set[str]]] = {
    "the-modulefile-is-missing": (lambda place: place.file.unlink(), {"file"}),
    "a-syntax-error": (last('setenv("A"'), {"syntax"}),
    "a-lua-error": (last("local x = nil + 1"), {"load"}),
    "a-lua-error-only-at-unload": (first('if mode() == "unload" then local x = nil + 1 end'), {"unload"}),
    "its-own-error": (last('if mode() == "load" then LmodError("not here") end'), {"load"}),
    "a-variable-left-behind": (last('setenv("LEFT", "1")'), {"unload"}),
    "a-path-left-behind": (last('prepend_path("MANPATH", "/usr/share/man")'), {"unload"}),
    "a-variable-of-the-user-lost": (last('setenv("LC_ALL", "POSIX")'), {"unload"}),
    "an-alias-left-behind": (in_shell("alias left=ls"), {"unload"}),
    "a-function-left-behind": (in_shell("left () { :; }"), {"unload"}),
    "a-function-replaced": (in_shell("ml () { :; }"), {"unload"}),
    "an-option-left-behind": (in_shell("set -o noclobber"), {"unload"}),
    "the-prompt-left-changed": (in_shell("PS1='(env) '"), {"unload"}),
    "a-failing-unload": (in_shell(":", "false"), {"unload"}),
    "output-at-load": (in_shell("echo hello"), {"output"}),
    "output-at-unload": (in_shell(":", "echo bye"), {"output"}),
    "code-on-lmods-stdout": (last('if mode() == "load" then io.stdout:write("echo evil;\\n") end'), {"output"}),
    "an-exit-code": (in_shell("false"), {"load"}),
    "the-shell-ends-at-load": (in_shell("exit 0"), {"load"}),
    "the-shell-ends-at-unload": (in_shell(":", "exit 0"), {"unload"}),
    "the-prefix-is-missing": (_remove_prefix, {"prefix"}),
    "the-name-of-the-release-is-missing": (lambda place: place.link.unlink(), {"link"}),
    "another-interpreter": (_another_interpreter, {"interpreter"}),
    "the-path-comes-last": (
        edit('module.prepend_path("PATH"', 'module.append_path("PATH"'),
        {"path"},
    ),
    "a-variable-is-missing": (edit('module.setenv("VIRTUAL_ENV", prefix)', ""), {"variable"}),
    "a-variable-is-wrong": (
        edit('module.setenv("PYTHONNOUSERSITE", "1")', 'module.setenv("PYTHONNOUSERSITE", "0")'),
        {"variable"},
    ),
    "a-captured-operation-is-missing": (_another_operation, {"variable"}),
    "a-directory-that-is-not-there": (
        edit("module.finish()", 'module.prepend_path("PATH", "/nowhere")\nmodule.finish()'),
        {"path"},
    ),
    "a-path-twice": (in_shell('PATH="$PATH:/usr/bin"', 'PATH="${PATH%:/usr/bin}"'), {"path"}),
    "the-current-directory-on-path": (in_shell('PATH="$PATH:"', 'PATH="${PATH%:}"'), {"path"}),
    "a-default-that-is-another": (_another_default, {"default"}),
    "an-alias-that-is-gone": (lambda place: place.defaults(""), {"alias"}),
    "a-hidden-module-shown": (lambda place: place.defaults(""), {"hidden"}),
    "a-module-hidden": (
        lambda place: place.defaults(f'hide_version("{place.file.parent.name}/1")'),
        {"hidden", "spider"},
    ),
    "no-family": (edit('module.begin("python_environment")', "module.begin()"), {"family"}),
    "a-conflict": (first('conflict("python")'), {"conflict"}),
    "a-package-that-cannot-be-imported": (_remove_package, {"import"}),
    "a-command-that-fails": (lambda place: (place.prefix / "bin/cowsay").unlink(), {"command"}),
    "an-extension-is-missing": (edit("six/", "sax/"), {"spider"}),
    "an-error-of-show": (first('if mode() == "show" then LmodError("no show") end'), {"show"}),
    "an-error-of-help": (first('if mode() == "help" then local x = nil + 1 end'), {"help"}),
}
"""In bash."""

IN_ONE_SHELL: dict[str, tuple[str, Damage]] = {
    "an-alias-left-in-zsh": ("zsh", left_in("zsh", "alias left=ls")),
    "an-option-left-in-zsh": ("zsh", left_in("zsh", "setopt no_clobber")),
    "a-function-left-in-ksh": ("ksh93", left_in("ksh", "function left { :; }")),
    "an-alias-left-in-tcsh": ("tcsh", left_in("tcsh", "alias left ls")),
    "a-variable-left-in-tcsh": ("tcsh", left_in("tcsh", "set left = 1")),
    "a-function-left-in-fish": ("fish", left_in("fish", "function left; end")),
    "a-prompt-left-in-fish": ("fish", left_in("fish", "function fish_prompt; end")),
    "an-error-only-in-fish": ("fish", only_in("fish", 'LmodError("no fish")')),
}
