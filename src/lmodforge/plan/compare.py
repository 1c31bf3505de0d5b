"""Decide what must change: desired state against facts and receipts. Pure: reads no file, runs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lmodforge.plan.actions import (
    AdoptPrefix,
    BuildRelease,
    Change,
    Install,
    InstallConda,
    InstallPython,
    InstallTool,
    Plan,
    Sign,
)
from lmodforge.plan.archives import changed_archive
from lmodforge.plan.conda import conda_size
from lmodforge.plan.desire import Desired
from lmodforge.plan.digest import sha256
from lmodforge.plan.facts import Facts
from lmodforge.plan.layout import link_name
from lmodforge.plan.locks import download_size
from lmodforge.plan.publish import KEEP_EDIT, Rendered, publication
from lmodforge.receipts.models import DistributionReceipt, ReleaseReceipt, ToolReceipt


@dataclass(frozen=True)
class _Step:
    """A change, with the action that makes it; a conflict has none."""

    change: Change
    action: Install | BuildRelease | None


def compare(desired: Desired, rendered: Rendered, facts: Facts, *, site: str, inputs: str) -> Plan:
    """Return what leads from what is there to what is desired; an empty plan when that is the same."""
    installs = [step for install in desired.installs for step in _install(install, facts)]
    releases = [step for release in desired.releases for step in _release(release, facts)]
    of = {release.path: release for release in desired.releases}
    archives = [(each, changed_archive(each, of[each.release], facts)) for each in desired.archives]
    built = [step.action for step in releases if isinstance(step.action, BuildRelease)]
    packed = [archive for archive, change in archives if change]
    publish, published = publication(
        desired, rendered, facts, {*(each.path for each in built), *(each.path for each in packed)}
    )
    return Plan(
        site=site,
        inputs=inputs,
        world={},
        changes=(
            *desired.refused,
            *(step.change for step in (*installs, *releases)),
            *(change for _, change in archives if change),
            *published,
        ),
        installs=tuple(s.action for s in installs if s.action and not isinstance(s.action, BuildRelease)),
        releases=tuple(built),
        archives=tuple(archive for archive, change in archives if change and change.sign != "!"),
        publish=publish,
        warnings=(
            *(warning for release in desired.releases for warning in _lacks(release, facts)),
            *needless(desired.releases),
        ),
    )


def _lacks(release: BuildRelease, facts: Facts) -> Iterator[str]:
    """Say what the module of a release that is built cannot do."""
    receipt = facts.installed.get(release.path)
    for lack in receipt.lacks if isinstance(receipt, ReleaseReceipt) else ():
        yield f"environment {release.title}: {lack}"


def needless(releases: Sequence[BuildRelease]) -> Iterator[str]:
    """Say which types of nodes get what every other node gets."""
    general = {(release.prefix, release.environment): release for release in releases if not release.node}
    for release in releases:
        other = general.get((release.prefix, release.environment))
        if release.node and other and _same(release, other):
            yield (
                f"{release.subject}: the same packages and checks as for every other node; "
                f"leave `{release.node}` out of its `nodes`"
            )


def _same(one: BuildRelease, other: BuildRelease) -> bool:
    return (one.lock, one.pypi_lock, one.checked) == (other.lock, other.pypi_lock, other.checked)


def _install(install: Install, facts: Facts) -> Iterator[_Step]:
    what = "tool" if isinstance(install, InstallTool) else "distribution"
    name = f"{install.name} {install.version}"
    receipt = facts.installed.get(install.prefix)
    present = install.prefix in facts.present
    if isinstance(install, AdoptPrefix):
        yield from _adopt(install, name, receipt, present=present)
    elif receipt is None and present and install.prefix not in facts.unfinished:
        yield _Step(_foreign(what, name, install.prefix), None)
    elif receipt is None:
        reason = "left unfinished" if install.prefix in facts.unfinished else "new"
        yield _Step(Change("+", what, name, f"{reason}{_origin(install)}", _size(install)), install)
    elif not present:
        reason = f"{install.prefix} is missing"
        yield _Step(Change("~", what, name, reason, _size(install)), install)
    elif conflict := _other(install, receipt):
        yield _Step(conflict, None)
    elif isinstance(install, InstallConda):
        yield from _base_files(install, name, receipt, facts)


def _origin(install: InstallPython | InstallConda | InstallTool) -> str:
    match install:
        case InstallTool():
            return ""
        case InstallConda(download=download):
            return f", by {download.name}" if download else ", from the channels"
        case InstallPython(interpreter=interpreter):
            return f", on {interpreter.path}" if interpreter.path else ", downloaded by uv"


def _size(install: InstallPython | InstallConda | InstallTool) -> int | None:
    if isinstance(install, InstallConda):
        return conda_size(install.lock) if install.lock else None
    return download_size(install.lock)


def _base_files(install: InstallConda, name: str, receipt: object, facts: Facts) -> Iterator[_Step]:
    """Find which of our files in a base are not as they should be; nothing else of it is looked at."""
    written = receipt.files if isinstance(receipt, DistributionReceipt) else {}
    wanted = {path: sha256(text.encode()) for path, text in install.files.items()}
    found = {path: facts.base_files.get(f"{install.prefix}/{path}") for path in wanted}
    edited = [path for path in wanted if found[path] not in (None, wanted[path], written.get(path))]
    changed = [path for path in wanted if found[path] != wanted[path]]
    renew = replace(install, build=False)
    if edited:
        reason = f"{', '.join(edited)} edited by hand"
        yield _Step(Change("!", "distribution", name, reason, hint=KEEP_EDIT, edited=True), renew)
    elif changed:
        yield _Step(Change("~", "distribution", name, f"new {', '.join(changed)}"), renew)


def _foreign(what: str, name: str, prefix: str) -> Change:
    hint = "adopt it with `kind: existing`, name another `prefix`, or move it away"
    return Change("!", what, name, f"{prefix} is there and lmodforge did not make it", hint=hint)


def _other(install: InstallPython | InstallConda | InstallTool, receipt: object) -> Change | None:
    """Return a conflict when a prefix that may be in use would have to change under its users."""
    if isinstance(install, InstallTool):
        ours = isinstance(receipt, ToolReceipt) and receipt.name == install.name
        return None if ours else _foreign("tool", install.name, install.prefix)
    if not isinstance(receipt, DistributionReceipt) or receipt.type == "existing":
        return _foreign("distribution", install.name, install.prefix)
    made, wanted = _made_from(receipt), _would_be(install, receipt)
    if made == wanted:
        return None
    return Change(
        "!",
        "distribution",
        install.name,
        f"{install.prefix} was made from {made}, now it would be {wanted}",
        hint="a prefix never changes under running jobs: give the distribution another `module` or `prefix`",
    )


def _made_from(receipt: DistributionReceipt) -> str:
    made = receipt.interpreter
    if made:
        return f"python {made.version} {made.path}"
    return f"{receipt.type} {receipt.version}" + (f" {receipt.source.sha256}" if receipt.source else "")


def _would_be(install: InstallPython | InstallConda, receipt: DistributionReceipt) -> str:
    """Say from what a prefix would be made, in the words of `_made_from`."""
    if isinstance(install, InstallConda):
        return f"{install.type} {install.version}" + (f" {install.download.sha256}" if install.download else "")
    made, wanted = receipt.interpreter, install.interpreter
    if made and made.path == (wanted.path or made.path) and _minor(made.version) == _minor(wanted.version):
        return _made_from(receipt)  # a new patch release under the same path is the same Python
    return f"python {wanted.version} {wanted.path}".rstrip()


def _minor(version: str) -> str:
    return version.rpartition(".")[0]


def _adopt(install: AdoptPrefix, name: str, receipt: object, *, present: bool) -> Iterator[_Step]:
    if not present:
        hint = "correct `prefix`, or install it first: lmodforge never changes a prefix of kind `existing`"
        yield _Step(Change("!", "distribution", name, f"{install.prefix} is not there", hint=hint), None)
    elif receipt is None:
        yield _Step(Change("+", "distribution", name, f"adopted from {install.prefix}"), install)
    elif not isinstance(receipt, DistributionReceipt) or receipt.type != install.type:
        hint = "move its receipt away only if you know that nothing uses it"
        yield _Step(Change("!", "distribution", name, f"{install.prefix} is one of ours", hint=hint), None)
    elif _adopted(receipt) != (install.version, install.packages):
        yield _Step(Change("~", "distribution", name, "what it holds has changed"), install)


def _adopted(receipt: DistributionReceipt) -> tuple[str, tuple[tuple[str, str], ...]]:
    return receipt.version, tuple((package.name, package.version) for package in receipt.packages)


def _release(release: BuildRelease, facts: Facts) -> Iterator[_Step]:
    name, receipt = release.title, facts.installed.get(release.path)
    if not isinstance(receipt, ReleaseReceipt):
        sign, reason = _why_build(release, facts)
        count = len(release.packages)
        reason = f"{reason}, {count} package{'' if count == 1 else 's'} for {release.distribution}"
        yield _Step(Change(sign, "environment", name, reason, release.size), release)
    elif release.path not in facts.present:
        change = Change("~", "environment", name, f"{release.path} is missing", release.size)
        yield _Step(change, release)
    elif receipt.checked != release.checked:
        yield _Step(Change("~", "environment", name, "its checks are new"), replace(release, build=False))


def _why_build(release: BuildRelease, facts: Facts) -> tuple[Sign, str]:
    if release.path in facts.unfinished:
        return "+", "left unfinished"
    earlier = _published(release, facts)
    if earlier is None:
        return "+", "new"
    if earlier.version != release.version:
        return "~", f"version {earlier.version} -> {release.version}"
    before = {package.name: package.version for package in earlier.packages}
    return "~", _difference(before, dict(release.packages)) or _unseen(release)


def _difference(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    added, removed = len(after.keys() - before.keys()), len(before.keys() - after.keys())
    moved = sum(1 for name in after.keys() & before.keys() if after[name] != before[name])
    parts = [f"{count} {word}" for count, word in ((added, "added"), (removed, "removed"), (moved, "moved")) if count]
    return f"packages: {', '.join(parts)}" if parts else ""


def _unseen(release: BuildRelease) -> str:
    return f"other hashes, or another `{release.node}`" if release.node else "another interpreter or other hashes"


def _published(release: BuildRelease, facts: Facts) -> ReleaseReceipt | None:
    target = facts.links.get(f"{release.prefix}/envs/{link_name(release.environment, release.node)}", "")
    earlier = facts.installed.get(f"{release.prefix}/envs/{target}".replace("/envs/../", "/"))
    return earlier if isinstance(earlier, ReleaseReceipt) else None
