"""What no single key can know: whether the parts of a site fit together."""

from __future__ import annotations

from lmodforge.config.crosscheck.environments import check_environments
from lmodforge.config.crosscheck.licences import check_licences
from lmodforge.config.crosscheck.modules import check_modules
from lmodforge.config.crosscheck.nodes import check_nodes
from lmodforge.config.crosscheck.prefixes import check_prefixes
from lmodforge.config.crosscheck.settings import check_settings
from lmodforge.config.document import Document
from lmodforge.config.models import SiteConfig
from lmodforge.errors import Mistake


def crosscheck(site: SiteConfig, document: Document) -> list[Mistake]:
    """Find what does not fit together. `document` knows the places, and the names of what could not be checked."""
    checks = (check_environments, check_nodes, check_modules, check_prefixes, check_settings, check_licences)
    return [mistake for check in checks for mistake in check(site, document)]
