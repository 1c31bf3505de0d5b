"""Go back to an earlier generation: its by-name links and its module tree."""

from __future__ import annotations

from collections.abc import Sequence

from lmodforge.apply.holder import hold
from lmodforge.apply.observe import Observer
from lmodforge.apply.probe import newest_generation, read_generation
from lmodforge.apply.publish import publish, switch
from lmodforge.apply.workshop import Workshop
from lmodforge.commands.planning import workshop_for
from lmodforge.commands.receipts import Deployment, read_deployment
from lmodforge.commands.site import OpenSite, open_site
from lmodforge.errors import SiteError
from lmodforge.modulefile.render import SHARED, render_tree
from lmodforge.plan.actions import Publish
from lmodforge.plan.desire import removed_modules
from lmodforge.plan.digest import sha256
from lmodforge.receipts.models import GenerationReceipt
from lmodforge.report.progress import progress_for_stderr


def roll_back(site: str, root: str, to: int) -> str:
    """Make generation `to` current, or the newest before the current one; raises SiteError when it is not whole."""
    opened = open_site(site, root)
    read_deployment(opened)  # without one there is nothing to hold either
    with progress_for_stderr() as progress:
        workshop = workshop_for(opened, progress)
        with hold(opened.system, workshop.layout):
            deployment = read_deployment(opened)
            target = _target(workshop, deployment, to)
            _refuse_broken(workshop, target)
            number = target.number
            if opened.config.lmod.current:
                number = _with_what_goes(opened, workshop, deployment.generation, target)
            else:
                switch(workshop, number, target.links, why="rollback")
    again = "" if number == target.number else f", as generation {number}"
    left = deployment.generation.number
    return (
        f"Generation {target.number} of {target.made_at} is current{again}, {left} is not.\n"
        "New logins have it; `invoke deploy` goes forward again."
    )


def _with_what_goes(opened: OpenSite, workshop: Workshop, current: GenerationReceipt, target: GenerationReceipt) -> int:
    """Publish the earlier tree anew, with what lets go of the modules that it does not have; return its number."""
    tree, read = workshop.layout.generation(target.number), workshop.system.read
    files = {path: (read(f"{tree}/{path}") or b"").decode() for path in target.files}
    gone = removed_modules({*current.modules} - {*target.modules}, ())
    for path, content in render_tree(gone, opened.templates).items():
        if not path.startswith(f"{SHARED}/"):
            files[path] = files.get(path, "") + content.decode()  # two lists of defaults make one
    number = newest_generation(workshop.layout, Observer(workshop.system)) + 1
    scripts = {path: (read(path) or b"").decode() for path in current.scripts}
    action = Publish(number, files, {}, target.links, scripts, target.modules, target.variants)
    publish(action, workshop, _were_loaded_before, why="rollback")
    return number


def _were_loaded_before(tree: str, modules: Sequence[str], node: str) -> Sequence[str]:  # noqa: ARG001 - it is a LoadTest
    """Find nothing wrong: this tree was current once."""
    return ()


def _target(workshop: Workshop, deployment: Deployment, to: int) -> GenerationReceipt:
    current, observer = deployment.generation.number, Observer(workshop.system)
    numbers = [to] if to else range(current - 1, 0, -1)
    for number in numbers:
        receipt = read_generation(workshop.layout, number, observer)
        if receipt is not None and workshop.system.stat(workshop.layout.generation(number)):
            return receipt
    kept = [n for n in range(1, newest_generation(workshop.layout, observer) + 1) if _is_kept(workshop, n)]
    there = ", ".join(map(str, kept))
    wanted = f"generation {to} is not there" if to else f"there is no generation before {current}"
    raise SiteError(wanted, f"kept generations: {there}; `--to N` names one")


def _is_kept(workshop: Workshop, number: int) -> bool:
    return workshop.system.stat(workshop.layout.generation(number)) is not None


def _refuse_broken(workshop: Workshop, receipt: GenerationReceipt) -> None:
    system, tree = workshop.system, workshop.layout.generation(receipt.number)
    missing = [path for path in sorted(receipt.paths) if system.stat(path) is None]
    edited = [
        path for path, expected in receipt.files.items() if sha256(system.read(f"{tree}/{path}") or b"") != expected
    ]
    if missing or edited:
        what = ", ".join([*(f"{path} is missing" for path in missing), *(f"{path} was edited" for path in edited)])
        raise SiteError(f"generation {receipt.number} is not whole: {what}", "nothing was changed; try another `--to`")
