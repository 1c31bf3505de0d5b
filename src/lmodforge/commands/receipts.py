"""What the receipts of a deployed site say."""

from __future__ import annotations

from dataclasses import dataclass

from lmodforge.apply.observe import Observer
from lmodforge.apply.probe import current_generation, read_installed
from lmodforge.commands.site import OpenSite
from lmodforge.errors import SiteError
from lmodforge.plan.layout import Layout
from lmodforge.receipts.models import GenerationReceipt, Installed


@dataclass(frozen=True)
class Deployment:
    """The current generation, and everything that is installed."""

    layout: Layout
    generation: GenerationReceipt
    installed: dict[str, Installed]


def read_deployment(opened: OpenSite) -> Deployment:
    """Read the receipts; raises SiteError before the first deploy."""
    layout, observer = Layout.of(opened.config.paths), Observer(opened.system)
    generation = current_generation(layout, observer)
    if generation is None:
        raise SiteError(f"site {opened.config.name} is not deployed at {layout.modulefiles}", "invoke deploy")
    return Deployment(layout, generation, read_installed(layout, observer))
