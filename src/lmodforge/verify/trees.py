"""Ask Lmod about a whole tree at once, without a shell: syntax, show, help, what is visible, what spider finds."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lmodforge.apply.system import Completed
from lmodforge.finding import Failure
from lmodforge.modulefile.syntax import syntax_error
from lmodforge.verify.judge import in_a_line
from lmodforge.verify.place import Place
from lmodforge.verify.trials import Bench

_PATIENCE = 600.0
_AT_ONCE = 200  # bounds an argument list
_UNKNOWN = re.compile(r'"([^"]+)"')
_PACKAGE = re.compile(r"^  (\S+): (\S+)(?: \(E\))?$")
_HELP = re.compile(r"""^-+ Module Specific Help for ["']([^"']+)["'] -+$""", re.MULTILINE)
_NOTHING_IS_SAID = "nothing was said"


def compiled(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Compile every file of a tree; yield those that are no Lua, and why."""
    for path, text in texts.items():
        if path.endswith(".lua") and (error := syntax_error(text)):
            yield path, error


def bad_syntax(place: Place, bench: Bench, modules: Sequence[str]) -> Iterator[Failure]:
    """Let Lmod check the syntax of each module."""
    yield from _asked(place, bench, modules, ("--checkSyntax", "load"), "syntax")


def bad_tree(place: Place, bench: Bench, tree: str) -> Iterator[Failure]:
    """Let Lmod check the syntax of a tree, where it can."""
    if place.lmod.at_least("8.4.2"):
        argv = [f"{place.lmod.package}/libexec/check_module_tree_syntax", tree]
        done = place.run(argv, env=bench.environment | {"HOME": "/nonexistent"}, timeout=_PATIENCE)
        if done.code:
            expected, found = "check_module_tree_syntax finds nothing", in_a_line(done.stdout + done.stderr)
            yield Failure(tree, "lmod", "syntax", expected, found, place.by_hand(argv))


def not_shown(place: Place, bench: Bench, modules: Sequence[str]) -> Iterator[Failure]:
    """Yield the modules that `module show` cannot show."""
    yield from _asked(place, bench, modules, ("show",), "show")


def without_help(place: Place, bench: Bench, modules: Sequence[str]) -> Iterator[Failure]:
    """Yield the modules that `module help` says nothing of; it exits 0 whatever happens."""
    for some in _chunks(modules):
        parts = _HELP.split(_lmod(place, bench, ("help", *some)).stderr)
        told = {module for module, text in zip(parts[1::2], parts[2::2], strict=True) if text.strip()}
        for module in some:
            if module not in told:
                repeat = bench.by_hand(f"module help {shlex.quote(module)}")
                expected = "`module help` says something"
                yield Failure(module, bench.shell.name, "help", expected, "nothing is said", repeat)


def visible(place: Place, bench: Bench) -> set[str]:
    """Return what `module avail` lists."""
    done = _lmod(place, bench, ("-t", "--ignore_cache", "avail"))
    return {line.partition("(")[0].strip() for line in done.stderr.splitlines() if not line.endswith(("/", ":"))}


def not_found(place: Place, bench: Bench, packages: Mapping[str, Sequence[str]]) -> Iterator[Failure]:
    """Yield each module that `module spider NAME/VERSION` does not give for a package; `packages` is by module."""
    holders: dict[str, list[str]] = {}
    for module, names in packages.items():
        for name in names:
            holders.setdefault(name, []).append(module)
    given: dict[str, set[str]] = {}
    for names in _chunks(sorted(holders)):
        given |= _spider(place, bench, names)
    for package, modules in holders.items():
        for module in modules:
            if module not in given.get(package, set()):
                others = ", ".join(sorted(given.get(package, set())))
                found = f"only {others}" if others else "it is not found"
                repeat = bench.by_hand(f"module spider {shlex.quote(package)}")
                yield Failure(module, "lmod", "spider", f"`module spider {package}` names {module}", found, repeat)


def _spider(place: Place, bench: Bench, names: Sequence[str]) -> dict[str, set[str]]:
    """Ask for several packages; one that is unknown makes the command say so, and nothing else."""
    said = _lmod(place, bench, ("--ignore_cache", "spider", *names)).stderr
    if "Unable to find" in said:
        unknown = set(_UNKNOWN.findall(" ".join(said.split())))
        known = [name for name in names if name not in unknown]
        return _spider(place, bench, known) if known and len(known) < len(names) else {}
    given: dict[str, set[str]] = {}
    package = ""
    for line in said.splitlines():
        if header := _PACKAGE.match(line):
            # The full name may be that of another: asked for pandas/1.0, Lmod 8.6 heads it `pandas: geopandas/1.0`.
            package = f"{header[1]}/{header[2].rpartition('/')[2]}"
        elif package and line.startswith("       "):
            given.setdefault(package, set()).add(line.split()[0])
    return given


def _asked(place: Place, bench: Bench, modules: Sequence[str], words: Sequence[str], check: str) -> Iterator[Failure]:
    """Ask for many in one command, which ends at the first that fails: only then each is asked."""
    for some in _chunks(modules):
        if _lmod(place, bench, (*words, *some)).code:
            for module in some:
                done = _lmod(place, bench, (*words, module))
                if done.code:
                    command = f"module {' '.join(words)} {shlex.quote(module)}"
                    found = in_a_line(done.stderr) or _NOTHING_IS_SAID
                    expected = f"`module {' '.join(words)}` exits 0"
                    yield Failure(module, bench.shell.name, check, expected, found, bench.by_hand(command))


def _lmod(place: Place, bench: Bench, words: Iterable[str]) -> Completed:
    nowhere = {"HOME": "/nonexistent", "TMPDIR": "/nonexistent"}
    environment = nowhere | bench.environment | {"LMOD_PAGER": "none"}
    return place.run([place.lmod.command, "bash", *words], env=environment, timeout=_PATIENCE)


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _AT_ONCE):
        yield names[start : start + _AT_ONCE]
