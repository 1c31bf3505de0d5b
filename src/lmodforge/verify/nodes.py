"""Which release of a module is the right one where it is loaded, found out without asking the module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lmodforge.config.models import SiteConfig
from lmodforge.config.node_types import ANY
from lmodforge.errors import SiteError
from lmodforge.finding import Failure
from lmodforge.plan.nodes import CPUINFO, DRIVER, Node, misfits, node_of
from lmodforge.receipts.models import GenerationReceipt, Installed
from lmodforge.verify.expect import Expected, Inside, inside_of, look_of, promise_of
from lmodforge.verify.follow import SYSTEM_PATH
from lmodforge.verify.judge import Promise
from lmodforge.verify.place import Place

# The name, which is Slurm's in a job; the first processor; the driver.
_LOOK = f"""
printf '%s\\0' "${{SLURMD_NODENAME:-$(uname -n)}}"
sed '/^$/q' {CPUINFO}
printf '\\0'
[ ! -r {DRIVER} ] || cat {DRIVER}
"""


def node_at(place: Place) -> Node:
    """Look at the node that a place is."""
    done = place.run(["/bin/sh", "-c", _LOOK], env={"PATH": SYSTEM_PATH, "LC_ALL": "C"}, timeout=60)
    name, mark, rest = done.stdout.partition("\0")
    if done.code or not mark:
        said = " ".join(done.stderr.split()) or f"exit code {done.code}"
        raise SiteError(f"{place.name}: what its node is cannot be read: {said}")
    processor, _, driver = rest.partition("\0")
    return node_of(name, processor, driver)


def first_type(site: SiteConfig, types: Mapping[str, str], node: Node) -> str:
    """Return the first type that a node is of, among those that a module has releases for; empty: it is of none."""
    if unknown := sorted({*types} - {*site.nodes, ANY}):
        named = ", ".join(unknown)
        raise SiteError(f"modules choose by nodes of type {named}, which the site file no longer has", "invoke deploy")
    return next((name for name in types if name == ANY or not misfits(site.nodes[name], node)), "")


@dataclass(frozen=True)
class Chosen:
    """What modules must choose."""

    site: SiteConfig
    generation: GenerationReceipt
    installed: Mapping[str, Installed]

    def on(self, node: Node, module: Expected) -> Expected:
        """Say what a module must give on a node, if it chooses."""
        releases = self.generation.variants.get(module.name)
        if not releases:
            return module
        kind = first_type(self.site, releases, node)
        there = {name: self._promise(name, releases) for name in releases if name != kind}
        if not kind:
            return replace(module, inside=Inside(), elsewhere=tuple(releases), there=there)
        receipt = self.installed[releases[kind]]
        inside = inside_of(self.site, look_of(self.site, module.name, receipt), receipt)
        return replace(module, promise=self._promise(kind, releases), inside=inside, there=there)

    def _promise(self, kind: str, releases: Mapping[str, str]) -> Promise:
        receipt = self.installed.get(releases[kind])
        if receipt is None:
            raise SiteError(f"{releases[kind]} has no receipt", "invoke deploy")
        types = {path: name for name, path in releases.items()}
        return replace(promise_of(self.site, receipt), node=kind, releases=types)

    def wrong_node(self, node: Node, kind: str, place: Place) -> tuple[Failure, ...]:
        """Say that a job which asks for a node of a type came to another one."""
        reasons = misfits(self.site.nodes[kind], node) if kind else ()
        if not reasons:
            return ()
        expected = f"a job that asks for such a node comes to one: {place.name}"
        found, repeat = f"{node.name}: {'; '.join(reasons)}", place.by_hand(["uname", "-n"])
        return (Failure(f"nodes.{kind}", "srun", "node", expected, found, repeat),)
