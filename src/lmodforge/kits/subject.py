"""What a job works in, named by the modules it loads: from the receipts of what is deployed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from lmodforge.config.archives import Format
from lmodforge.config.models import SiteConfig
from lmodforge.kits.archive import Archive, archive_name, published
from lmodforge.modulefile.context import activation_of
from lmodforge.receipts.models import ArchiveReceipt, DistributionReceipt, Installed, ReleaseReceipt

_ACTIVATE = {"conda": "source activate", "micromamba": "micromamba activate", "venv": "source activate"}
_JUPYTER = {"jupyterlab": "lab", "notebook": "notebook", "jupyter-server": "server"}


@dataclass(frozen=True)
class Subject:
    """An environment, or a distribution on its own."""

    name: str
    """Of the environment; of a distribution its module's name, with `-` for `/`. It begins file names."""
    version: str
    modules: tuple[str, ...]
    """Full names, in the order of loading."""
    prefix: str
    engine: str = ""
    """`conda` or `uv`; empty for a distribution."""
    packages: frozenset[str] = frozenset()
    """Names as PyPI normalises them."""
    size: int | None = None
    """Bytes on disk, where that is known."""
    archives: tuple[Archive, ...] = ()
    """Those that a deploy has made, the best for a job first."""
    activate: str = ""
    """What activates a user's own environment in a distribution, such as `source activate`; empty: nothing does."""

    @property
    def module(self) -> str:
        """Full name of its own module."""
        return self.modules[-1]

    @property
    def title(self) -> str:
        """What people call it: `sci 2026.11`, `python/miniforge-25.3.0`."""
        return f"{self.name} {self.version}" if self.engine else self.module

    @property
    def archive(self) -> Archive:
        """What a job unpacks: one that a deploy has made, or one that its user packs."""
        ready = [archive for archive in self.archives if not archive.dest_prefix]
        return ready[0] if ready else Archive(archive_name(self.name, self.version, self.prefix))

    @property
    def jupyter(self) -> str:
        """The command of `jupyter` that starts a server here: lab, notebook or server; empty: there is none."""
        return next((command for package, command in _JUPYTER.items() if package in self.packages), "")

    @property
    def program(self) -> str:
        """What runs a script."""
        return "Rscript" if "r-base" in self.packages and "python" not in self.packages else "python"

    @property
    def script(self) -> str:
        """What a user's own script is called until they name theirs."""
        return "my_script.R" if self.program == "Rscript" else "my_script.py"


def subjects_of_receipts(
    site: SiteConfig, modules: Mapping[str, str], installed: Mapping[str, Installed]
) -> tuple[Subject, ...]:
    """Return what jobs can work in, given a generation's modules with their prefixes, and all that is installed."""
    bases = {receipt.name: path for path, receipt in installed.items() if isinstance(receipt, DistributionReceipt)}
    packed: dict[str, list[tuple[str, ArchiveReceipt]]] = {}
    for receipt in installed.values():
        if isinstance(receipt, ArchiveReceipt) and receipt.type in _asked(site, receipt.name):
            packed.setdefault(receipt.release, []).append(("", receipt))
    by_prefix = {prefix: module for module, prefix in modules.items()}

    def found() -> Iterator[Subject]:
        for module, prefix in modules.items():
            receipt = installed.get(prefix)
            if _removed(site, receipt):
                continue
            if isinstance(receipt, ReleaseReceipt):
                below = by_prefix.get(bases.get(receipt.distribution, ""), "")
                loads = _loads(site, module, below)
                packages = _names(package.name for package in receipt.packages)
                archives = published(packed.get(prefix, ()))
                yield Subject(
                    receipt.name, receipt.version, loads, prefix, receipt.engine, packages, receipt.size, archives
                )
            elif isinstance(receipt, DistributionReceipt):
                packages = _names(package.name for package in receipt.packages)
                activate = _ACTIVATE.get(activation_of(receipt.type, "conda" if "conda" in packages else "none"), "")
                yield Subject(_stem(module), receipt.version, (module,), prefix, packages=packages, activate=activate)

    return _in_order(found())


def _asked(site: SiteConfig, environment: str) -> tuple[Format, ...]:
    """Return what the site file asks for: what it asked for once may be pruned."""
    written = site.environments.get(environment)
    return written.archives if written else ()


def _removed(site: SiteConfig, receipt: Installed | None) -> bool:
    """Say whether the site file makes the module refuse to load."""
    written = site.environments if isinstance(receipt, ReleaseReceipt) else site.distributions
    look = written.get(receipt.name) if receipt else None
    return bool(look and look.lifecycle.removed)


def _in_order(subjects: Iterable[Subject]) -> tuple[Subject, ...]:
    return tuple(sorted(subjects, key=lambda subject: (not subject.engine, subject.modules)))


def _loads(site: SiteConfig, module: str, below: str) -> tuple[str, ...]:
    """Return what is loaded: in a hierarchy the distribution first, which opens the way."""
    return (below, module) if below and site.modules.layout == "hierarchy" else (module,)


def _stem(module: str) -> str:
    return module.replace("/", "-")


def _names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(map(canonicalize_name, names))
