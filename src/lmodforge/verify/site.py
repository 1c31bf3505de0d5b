"""Try the modules of a deployed site: each in every shell with every toggle, what belongs together, and the tree."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lmodforge.finding import Failure, Verified, folded
from lmodforge.modulefile.render import BELOW
from lmodforge.verify import trees
from lmodforge.verify.expect import Expected, Inside
from lmodforge.verify.load import Pairs, not_there
from lmodforge.verify.place import Place
from lmodforge.verify.scenarios import (
    Toggles,
    defaults,
    families,
    inside,
    private_caches,
    refusal,
    refusal_here,
    stacks,
    toggled,
)
from lmodforge.verify.shells import SHELLS
from lmodforge.verify.trials import Bench, Trial, run_trials

_LOOK_ONLY = {"LMODFORGE_LOOK_ONLY": "1", "LMOD_PAGER": "none"}
"""A test makes nothing in anybody's project space."""
_AS_USERS = {"LMOD_PAGER": "none"}

# Its time grows with the square: 85 s for 1,000 modules.
_MOST_FOR_THE_TREE_CHECK = 250


@dataclass(frozen=True)
class Subject:
    """What is tried."""

    tree: str
    texts: Mapping[str, str | None]
    """Every file of the tree by its path; None for one that is missing."""
    modules: tuple[Expected, ...]
    toggles: Toggles
    links: Mapping[str, str]
    """By-name link -> the release that it leads to."""
    node: str = ""
    """The name of the node, where modules choose by it."""


def verify(place: Place, subject: Subject, shells: Sequence[str], jobs: int) -> Verified:
    """Try everything in these shells, `jobs` of them at a time."""
    start = time.monotonic()
    trying = _Trying(place, subject, shells, jobs)
    failures = folded(trying.everything(), [settings for settings, _ in subject.toggles.states()])
    order = {module.name: at for at, module in enumerate(subject.modules)}
    failures.sort(key=lambda failure: order.get(failure.module, -1))
    return Verified(
        place=place.name,
        lmod=place.lmod.version,
        modules=tuple(module.name for module in subject.modules),
        shells=tuple(shells),
        failures=tuple(failures),
        node=subject.node,
        releases={module.name: module.promise.node for module in subject.modules if module.releases},
        loads=trying.loads,
        seconds=time.monotonic() - start,
    )


@dataclass
class _Trying:
    place: Place
    subject: Subject
    shells: Sequence[str]
    jobs: int
    loads: int = 0

    def everything(self) -> Iterator[Failure]:
        """From what is cheap and explains much to what takes long; a module that is no Lua is not loaded."""
        broken = list(self._broken_files())
        yield from broken
        gone = {failure.module for failure in broken}
        if not gone <= {module.name for module in self.subject.modules}:
            return  # what all modules share is broken: they would all say so
        if not gone and len(self.subject.texts) <= _MOST_FOR_THE_TREE_CHECK:
            yield from trees.bad_tree(self.place, self._bench(self.shells[0], "", {}), self.subject.tree)
        absent = list(self._prefixes())
        yield from absent
        gone |= {failure.module for failure in absent if failure.check == "prefix"}
        for opener in dict.fromkeys(module.opener for module in self.subject.modules):
            yield from self._group(
                [one for one in self.subject.modules if one.opener == opener and one.name not in gone]
            )

    def _group(self, group: Sequence[Expected]) -> Iterator[Failure]:
        """Load them; what does not load, or is not undone, is not tried in any other way."""
        loads = self._loads(group)
        yield from loads
        modules = [module for module in group if not module.refused]
        unloaded = {failure.module for failure in loads if failure.check == "load"}
        yield from self._shown([module for module in modules if module.name not in unloaded])
        impure = {failure.module for failure in loads if failure.check in ("load", "unload", "output", "start")}
        yield from self._scenarios([module for module in modules if module.name not in impure])

    def _broken_files(self) -> Iterator[Failure]:
        owners = {module.file: module.name for module in self.subject.modules}
        for path, text in self.subject.texts.items():
            if text is None:
                file = f"{self.subject.tree}/{path}"
                yield Failure(owners.get(path, path), "disk", "file", f"`{file}`", "nothing is there", f"ls {file}")
        for path, error in trees.compiled({path: text for path, text in self.subject.texts.items() if text}):
            file = f"{self.subject.tree}/{path}"
            yield Failure(
                owners.get(path, path), "luac", "syntax", "it compiles", f"{file}: {error}", f"luac -p {file}"
            )

    def _prefixes(self) -> Iterator[Failure]:
        prefixes = {path: one.name for one in self.subject.modules for path in (one.prefix, *one.releases)}
        links = {link: target for link, target in self.subject.links.items() if target in prefixes}
        absent = not_there(self.place, {*links, *prefixes})
        for module in self.subject.modules:
            for path in dict.fromkeys((module.prefix, *module.releases)):
                if path in absent:
                    yield self._nothing(module.name, "prefix", f"the directory `{path}`, which it leads to")
        for link, target in links.items():
            if link in absent and target not in absent:
                yield self._nothing(prefixes[target], "link", f"`{link}`, which `source activate` finds")

    @staticmethod
    def _nothing(module: str, check: str, path: str) -> Failure:
        return Failure(module, "disk", check, path, "nothing is there", f"ls {path.split('`')[1]}")

    def _loads(self, group: Sequence[Expected]) -> list[Failure]:
        """Load and unload each in every shell with every setting."""
        pairs = Pairs({module.name: module.promise for module in group})
        work: list[tuple[Bench, Sequence[Trial]]] = []
        for shell in self.shells:
            for settings, given in self.subject.toggles.states():
                judged = _judged(pairs, settings, self.subject.toggles)
                trials = [judged(module) for module in group if not module.refused]
                work.append((self._bench(shell, _opener(group), given), trials))
        first = self._bench(self.shells[0], _opener(group), {})
        work.append((first, [refusal(module.name) for module in group if module.refused]))
        elsewhere = [refusal_here(module) for module in group if module.elsewhere and not module.refused]
        work.append((replace(first, given=_AS_USERS), elsewhere))
        return [*self._run(work), *pairs.missing(self.place), *self._loads_there(first, group)]

    def _loads_there(self, first: Bench, group: Sequence[Expected]) -> Iterator[Failure]:
        """Load in one shell what modules give on nodes of other types."""
        for kind in dict.fromkeys(kind for module in group for kind in module.there):
            given = {"LMODFORGE_LOOK_ONLY": kind}
            promises = {one.name: one.there[kind] for one in group if kind in one.there and not one.refused}
            pairs, settings = Pairs(promises), f"LMODFORGE_LOOK_ONLY={kind}"
            trials = [pairs.trial(name, settings) for name in promises]
            yield from self._run([(replace(first, given={**first.given, **given}), trials)])
            yield from pairs.missing(self.place)

    def _shown(self, modules: Sequence[Expected]) -> Iterator[Failure]:
        """Ask Lmod what it says about them."""
        bench = self._bench(self.shells[0], _opener(modules), {})
        names = [module.name for module in modules]
        yield from trees.bad_syntax(self.place, bench, names)
        yield from trees.not_shown(self.place, bench, names)
        yield from trees.without_help(self.place, bench, names)
        shown = [module for module in modules if not module.hidden]
        outside = self._bench(self.shells[0], "", {})  # spider must find what is not open yet
        yield from trees.not_found(self.place, outside, {module.name: module.packages for module in shown})
        visible = trees.visible(self.place, bench)
        for module in modules:
            if module.hidden == (module.name in visible):
                expected = "it is hidden" if module.hidden else "`module avail` lists it"
                found = "`module avail` lists it" if module.hidden else "it does not show"
                repeat = bench.by_hand("module -t avail")
                yield Failure(module.name, "lmod", "hidden", expected, found, repeat)

    def _scenarios(self, modules: Sequence[Expected]) -> list[Failure]:
        """Try in one shell what does not depend on the shell."""
        first = self._bench(self.shells[0], _opener(modules), {})
        bases = {module.name for module in self.subject.modules if not module.refused}
        work: list[tuple[Bench, Sequence[Trial]]] = [
            (first, [inside(module) for module in modules if module.inside != Inside()]),
            (first, [*defaults(modules), *families(modules)]),
            # In a hierarchy it is the distribution that must open the way.
            (self._bench(self.shells[0], "", {}), list(stacks(modules, bases))),
        ]
        for settings, given in self.subject.toggles.states():
            cached = [private_caches(module, settings) for module in modules if module.caches]
            work.append((self._bench(self.shells[0], _opener(modules), given), cached))
        return self._run(work)

    def _run(self, work: Sequence[tuple[Bench, Sequence[Trial]]]) -> list[Failure]:
        self.loads += sum(len(trials) for _, trials in work)
        return run_trials(work, self.jobs)

    def _bench(self, shell: str, opener: str, given: Mapping[str, str]) -> Bench:
        tree = self.subject.tree
        path = f"{tree}/{BELOW}/{opener}:{tree}" if opener else tree
        return Bench(self.place, SHELLS[shell], path, {**_LOOK_ONLY, **given})


def _opener(modules: Sequence[Expected]) -> str:
    return modules[0].opener if modules else ""


def _judged(pairs: Pairs, settings: str, toggles: Toggles) -> Callable[[Expected], Trial]:
    def trial(module: Expected) -> Trial:
        return toggled(pairs.trial(module.name, settings), module, settings, toggles)

    return trial
