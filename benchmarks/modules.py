"""Loading modules in real Lmod, each beside an empty modulefile; needs `apt-get install lmod strace`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from archspec.cpu import host
from measure import Row

from lmodforge.apply.system import RealSystem
from lmodforge.config.node_types import NodeType
from lmodforge.modulefile.context import (
    DistributionModule,
    EnvironmentEntry,
    EnvironmentModule,
    Look,
    Module,
    NodeRelease,
    Operation,
    Package,
)
from lmodforge.modulefile.nodes import Known, known_by
from lmodforge.modulefile.policy import Pi, Policy, Space
from lmodforge.modulefile.render import Templates, render_tree
from lmodforge.verify.lmod import Lmod, find_lmod

MANY = 5_000
LOADS = 61  # a load takes some 25 ms, and other work on the machine shakes it more than we want to see
PACKAGES = tuple(Package(f"package-{number}", f"{number}.0") for number in range(200))


def run() -> list[Row]:
    lmod = find_lmod(RealSystem())
    if lmod is None:
        raise SystemExit("this benchmark loads modules: install lmod")
    with scratch() as root:
        write(root / "tree", modules(root))
        (root / "tree/empty").mkdir()
        (root / "tree/empty/1.lua").write_text("")
        return [*loads(lmod, root), *programs(lmod, root), *many(lmod, root)]


# ---- one load -------------------------------------------------------------------------------------------------------


def loads(lmod: Lmod, root: Path) -> list[Row]:
    kinds = {
        "python/miniforge-25.3.0": ("of kind distribution", "empty/1", 1.10),
        "sci/2026.11": ("of kind environment", "empty/1", 1.05),
        "ml/2026.11": ("that chooses by node", "sci/2026.11", 1.05),
    }
    calls = {module: Call(lmod, root, root / "tree", ("load", module)) for module in ("empty/1", *kinds)}
    times = in_turns(calls, LOADS)
    return [
        Row(
            name=f"modules: load of a module {kind}",
            figure=times[module] / times[beside],
            unit="x an empty modulefile" if beside == "empty/1" else "x one that does not",
            limit=limit,
            how=f"processor time, medians of {LOADS} in turns: {times[module] * 1000:.1f} ms, "
            f"{times[beside] * 1000:.1f} ms; Lmod {lmod.version}",
            bound_by="Lmod's own start",
        )
        for module, (kind, beside, limit) in kinds.items()
    ]


@dataclass(frozen=True)
class Call:
    """One `module` command, as a shell would make it."""

    lmod: Lmod
    root: Path
    tree: Path
    words: tuple[str, ...]
    lmodrc: str = "no-lmodrc"

    @property
    def command(self) -> list[str]:
        return [self.lmod.command, "bash", *self.words]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.defpath,
            "HOME": str(self.root / "home"),
            "MODULEPATH": str(self.tree),
            "PROJECT_PI": "smith",
            "LMOD_RC": str(self.root / self.lmodrc),
        }

    def processor_time(self) -> float:
        """Seconds of the processor: other work on the machine disturbs them less than the clock."""
        quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
        child = os.posix_spawn(self.command[0], self.command, self.environment, file_actions=quiet)
        _, status, used = os.wait4(child, 0)
        if status:
            raise SystemExit(f"`module {' '.join(self.words)}` fails")
        return used.ru_utime + used.ru_stime


def in_turns(calls: Mapping[str, Call], rounds: int) -> dict[str, float]:
    """Return the median of each, after one call unseen that warms it up."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in calls.items():
            times[name] += [call.processor_time()][:turn]
    return {name: median(found) for name, found in times.items()}


def programs(lmod: Lmod, root: Path) -> list[Row]:
    if not shutil.which("strace"):
        raise SystemExit("this benchmark counts the programs that a load starts: install strace")
    modules = ("empty/1", "python/miniforge-25.3.0", "sci/2026.11", "ml/2026.11")
    empty, *ours = (traced(lmod, root, module) for module in modules)
    return [
        Row(
            name="modules: programs that a load starts",
            figure=max(ours) - empty,
            unit="more than an empty modulefile",
            limit=0,
            how="execve, fork, clone and vfork in strace -f",
            bound_by="nothing: it is decided in Lua",
        )
    ]


def traced(lmod: Lmod, root: Path, module: str) -> int:
    trace, call = root / "trace", Call(lmod, root, root / "tree", ("load", module))
    strace = ["strace", "-f", "-qq", "-e", "trace=execve,fork,vfork,clone,clone3", "-o", str(trace)]
    subprocess.run([*strace, *call.command], env=call.environment, capture_output=True, check=True)
    return len(trace.read_text().splitlines())


# ---- a large tree ---------------------------------------------------------------------------------------------------


def many(lmod: Lmod, root: Path) -> list[Row]:
    ours, empty = root / "many", root / "many-empty"
    environments = [environment_module(root, f"env-{number:04}", PACKAGES[:20]) for number in range(MANY)]
    write(ours, [*modules(root), *environments])
    for module in environments:
        path = empty / f"{module.look.full_name}.lua"
        path.parent.mkdir(parents=True)
        path.write_text("")
    build_cache(lmod, root, ours)
    rows = []
    for words, limit, bound in (
        (("load", "env-0042"), 1.10, "Lmod: it lists the tree"),
        (("avail",), 2.0, "Lmod: it reads every file, for the packages"),
        (("spider",), 3.0, "Lmod: it reads every file, for the packages"),
    ):
        calls = {"ours": Call(lmod, root, ours, words), "empty": Call(lmod, root, empty, words)}
        times = in_turns({**calls, "cache": replace(calls["ours"], lmodrc="lmodrc.lua")}, 5)
        rows.append(
            Row(
                name=f"modules: {words[0]} in {MANY:,}",
                figure=times["ours"] / times["empty"],
                unit=f"x {MANY:,} empty modulefiles",
                limit=limit,
                how=f"{times['ours'] * 1000:.0f} ms, {times['empty'] * 1000:.0f} ms; "
                f"ours with the spider cache {times['cache'] * 1000:.0f} ms",
                bound_by=bound,
            )
        )
    return rows


def build_cache(lmod: Lmod, root: Path, tree: Path) -> None:
    """Build Lmod's system cache as a deploy does, and the file that leads to it."""
    cache, stamp = root / "cache", root / "stamp"
    program = f"{lmod.package}/libexec/update_lmod_system_cache_files"
    environment = Call(lmod, root, tree, ()).environment
    subprocess.run([program, "-d", cache, "-t", stamp, tree], env=environment, capture_output=True, check=True)
    (root / "lmodrc.lua").write_text(f'scDescriptT = {{ {{ ["dir"] = "{cache}", ["timestamp"] = "{stamp}" }} }}\n')


# ---- parts ----------------------------------------------------------------------------------------------------------


def modules(root: Path) -> list[Module]:
    policy = Policy(
        "Bench",
        project=Space(f"{root}/project", ("{pi}", "{user}")),
        scratch=Space(f"{root}/scratch", ("{user}",)),
        pi=Pi(variables=("PROJECT_PI",), group="^pi%-(.+)$"),
        temporary=(f"{root}/tmp",),
    )
    entries = tuple(EnvironmentEntry(name, f"{name}/2026.11", "An environment") for name in ("sci", "ml", "bio"))
    look = Look("python/miniforge-25.3.0", "Miniforge", "25.3.0", "python", "Conda and mamba", default=True)
    forge = DistributionModule(look, "miniforge", f"{root}/miniforge", policy, entries, PACKAGES[:5])
    return [forge, environment_module(root, "sci", PACKAGES), on_nodes(environment_module(root, "ml", PACKAGES))]


def on_nodes(module: EnvironmentModule) -> EnvironmentModule:
    """Give a module releases for types of nodes, of which the last is taken once everything was compared."""
    here, types = str(host()), {"renamed": {"hosts": ["no-such-node"]}, "newer": {"cuda": "13.1"}}
    known = {name: known_by(NodeType.model_validate({"archspec": here, **more})) for name, more in types.items()}
    releases = [NodeRelease(name, f"{module.prefix}-{name}", found, module.operations) for name, found in known.items()]
    return replace(module, releases=(*releases, NodeRelease("any", module.prefix, Known(), module.operations)))


def environment_module(root: Path, name: str, packages: tuple[Package, ...]) -> EnvironmentModule:
    look = Look(f"{name}/2026.11", name, "2026.11", "python environment", "An environment")
    captured = tuple(Operation("set", f"CAPTURED_{number}", f"{{prefix}}/share/{number}") for number in range(4))
    return EnvironmentModule(look, f"{root}/miniforge/releases/{name}", "conda", name, packages, captured)


def write(tree: Path, wanted: list[Module]) -> None:
    for name, text in render_tree(wanted, Templates()).items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(text)


@contextmanager
def scratch() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="lmodforge-bench-"))
    try:
        for name in ("project/smith", "scratch", "tmp", "home", "miniforge"):
            (root / name).mkdir(parents=True)
        yield root
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    from run import main

    sys.exit(main(["modules"]))
