"""Go back to an earlier generation: its by-name links and its module tree."""

from __future__ import annotations

from lmodforge.apply.holder import hold
from lmodforge.apply.observe import Observer
from lmodforge.apply.probe import newest_generation, read_generation
from lmodforge.apply.publish import switch
from lmodforge.apply.workshop import Workshop
from lmodforge.commands.planning import workshop_for
from lmodforge.commands.receipts import Deployment, read_deployment
from lmodforge.commands.site import open_site
from lmodforge.errors import SiteError
from lmodforge.plan.digest import sha256
from lmodforge.receipts.models import GenerationReceipt
from lmodforge.report.progress import progress_for_stderr


def roll_back(site: str, root: str, to: int) -> str:
    """Make generation `to` current, or the newest before the current one; raises SiteError when it is not whole."""
    opened = open_site(site, root)
    with progress_for_stderr() as progress:
        workshop = workshop_for(opened, progress)
        deployment = read_deployment(opened)
        with hold(opened.system, workshop.layout):
            target = _target(workshop, deployment, to)
            _refuse_broken(workshop, target)
            switch(workshop, target.number, target.links, why="rollback")
    return (
        f"Generation {target.number} of {target.made_at} is current, {deployment.generation.number} is not.\n"
        "New logins have it; `invoke deploy` goes forward again."
    )


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
    missing = [path for path in receipt.modules.values() if system.stat(path) is None]
    edited = [
        path for path, expected in receipt.files.items() if sha256(system.read(f"{tree}/{path}") or b"") != expected
    ]
    if missing or edited:
        what = ", ".join([*(f"{path} is missing" for path in missing), *(f"{path} was edited" for path in edited)])
        raise SiteError(f"generation {receipt.number} is not whole: {what}", "nothing was changed; try another `--to`")
