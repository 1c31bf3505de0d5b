"""Processors by their micro-architecture's name, and what /proc/cpuinfo must say of a node that is as good as one.

The names and what they stand for are archspec's: conda's `__archspec`, Spack and EESSI mean the same by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from lmodforge.config.naming import mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

FAMILIES = {
    "linux-x86_64": "x86_64",
    "linux-aarch64": "aarch64",
    "linux-ppc64le": "ppc64le",
    "macos-x86_64": "x86_64",
    "macos-arm64": "aarch64",
}
"""The family of processors of each of our platforms, as archspec calls it."""


@dataclass(frozen=True)
class Processor:
    """A micro-architecture, and how Linux describes a processor that runs what is built for it."""

    name: str
    family: str
    words: Mapping[str, tuple[str, ...]]
    """By the key of a line of /proc/cpuinfo: words that all stand in it."""
    power: int = 0
    """For POWER, which lists no features: the oldest generation."""


@cache
def processor(name: str) -> Processor:
    """Look up a micro-architecture; raises the mistake of a site file that names it."""
    known = {found.name: found for found in _targets()}
    if name not in known:
        from lmodforge.config.words import nearest  # noqa: PLC0415 - words knows the models, and they know us

        raise mistake(f"`{name}` is no micro-architecture", nearest(name, known) or "such as `zen3`: `archspec cpu`")
    found, family = known[name], str(known[name].family)
    if family == "aarch64" and found.vendor == "generic" and name != family:
        hint = "name a processor, such as `neoverse_v2`, or know the nodes by `hosts`"
        raise mistake(f"`{name}` is a level: no node says of itself that it has it", hint)
    if family == "ppc64le":
        return Processor(name, family, {"cpu": ()}, found.generation)
    return Processor(name, family, _vendor(found, family) | _features(found, family))


def _targets() -> Iterator[Any]:
    from archspec.cpu import TARGETS  # noqa: PLC0415 - only sites that name processors wait for it

    return (found for found in TARGETS.values() if str(found.family) in FAMILIES.values())


def _vendor(found: Any, family: str) -> dict[str, tuple[str, ...]]:  # noqa: ANN401 - archspec ships no type hints
    if found.vendor == "generic":
        return {}
    if family == "x86_64":
        return {"vendor_id": (found.vendor,)}
    from archspec.cpu.schema import TARGETS_JSON  # noqa: PLC0415 - only sites that name processors wait for it

    codes = {name: code for code, name in TARGETS_JSON["conversions"]["arm_vendors"].items()}
    return {"CPU implementer": (codes[found.vendor],)}


def _features(found: Any, family: str) -> dict[str, tuple[str, ...]]:  # noqa: ANN401 - the same
    # Linux calls SSE3 `pni`; archspec takes it for granted where there is `ssse3`, and nowhere else.
    names = {"ssse3" if name == "sse3" else name for name in found.features}
    return {"flags" if family == "x86_64" else "Features": tuple(sorted(names))}
