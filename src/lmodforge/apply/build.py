"""Make one installation: begin, build, check, freeze, receipt; without a receipt it does not count."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from lmodforge import __version__
from lmodforge.apply.distributions.conda import install_conda, write_files
from lmodforge.apply.distributions.existing import adopt_prefix
from lmodforge.apply.distributions.python import install_python
from lmodforge.apply.engines import Built, Engines
from lmodforge.apply.engines.conda_activation import activated
from lmodforge.apply.engines.uv import Uv
from lmodforge.apply.node import refuse_other_nodes
from lmodforge.apply.pack import archive_receipt, pack_archive
from lmodforge.apply.tools import install_tool
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import SiteError, StepFailed
from lmodforge.modulefile.context import EnvironmentModule, Look, Operation
from lmodforge.modulefile.kernel import WHERE as KERNELS
from lmodforge.modulefile.kernel import kernel_json
from lmodforge.plan.actions import (
    Action,
    AdoptPrefix,
    BuildRelease,
    Install,
    InstallConda,
    InstallPython,
    InstallTool,
    PackRelease,
)
from lmodforge.plan.jobs import subject_of
from lmodforge.receipts.models import DistributionReceipt, Installed, OperationEntry, ReleaseReceipt
from lmodforge.receipts.store import decode_installed, encode

_IMPORT_ALL = """\
import importlib, sys
for name in sys.argv[1:]:
    print("import", name, file=sys.stderr)
    importlib.import_module(name)
"""


@dataclass(frozen=True)
class Builder:
    """Carries out the building steps of a plan."""

    workshop: Workshop
    engines: Engines
    uv: Uv
    group: int | None
    """Group id that owns what is installed; None: as it comes."""

    def attempt(self, action: Action) -> SiteError | None:
        """Carry out one step; return what went wrong."""
        subject, progress = subject_of(action), self.workshop.progress
        try:
            self._carry_out(action)
        except (SiteError, OSError) as error:
            progress.failed(subject, "failed; nothing is published")
            return error if isinstance(error, SiteError) else StepFailed(f"{subject}: {_said(error)}")
        progress.done(subject, "ready")
        return None

    def _carry_out(self, action: Action) -> None:
        match action:
            case BuildRelease():
                self.release(action)
            case PackRelease():
                self.archive(action)
            case _:
                self.install(action)

    def install(self, action: Install) -> None:
        """Make a distribution or a tool."""
        match action:
            case AdoptPrefix():
                self._keep(adopt_prefix(action, self.workshop))
            case InstallPython():
                self._begin(action.prefix, action.key, action.lock)
                self._keep(self._freeze_distribution(install_python(action, self.workshop, self.uv)))
            case InstallConda(build=False):
                self._renew_files(action)
            case InstallConda():
                self._begin(action.prefix, action.key, action.lock)
                self._keep(self._freeze_distribution(install_conda(action, self.workshop, self.engines["conda"])))
            case InstallTool():
                self._begin(action.prefix, action.key, action.lock)
                tool = install_tool(action, self.workshop, self.uv)
                self._freeze(action.prefix)
                self._keep(tool)

    def release(self, action: BuildRelease) -> None:
        """Make an environment's release, or only check one that is there; on a node that it is for."""
        refuse_other_nodes([action], self.workshop)
        if not action.build:
            self._check_again(action)
            return
        self._begin(action.path, action.key, action.lock)
        if action.pypi_key:
            self.workshop.system.write(self.workshop.layout.lock(action.pypi_key), action.pypi_lock.encode())
        built = self.engines[action.engine].build(action)
        self._add_kernel(action, built)
        self._check(action, built.operations)
        self.workshop.progress.state(action.subject, "freezing")
        size, files = self._freeze(action.path)
        self._keep(
            ReleaseReceipt(
                lmodforge=__version__,
                made_at=self.workshop.now().isoformat(timespec="seconds"),
                name=action.environment,
                version=action.version,
                distribution=action.distribution,
                path=action.path,
                digest=action.digest,
                engine=action.engine,
                python=action.python,
                lock=action.lock,
                pypi_lock=action.pypi_lock,
                packages=built.packages,
                checked=action.checked,
                size=size,
                files=files,
                operations=built.operations,
                node=action.node,
                lacks=built.lacks,
            )
        )

    def archive(self, action: PackRelease) -> None:
        """Pack a release; what is there under that name stays until the new file takes its place."""
        if not isinstance(self._receipt(action.release), ReleaseReceipt):
            raise StepFailed(f"{action.release} has no receipt of a release", "deploy again")
        self._note(action.path)
        self._keep_directory(action.path.rpartition("/")[0])
        pack_archive(action, self.workshop)
        self._freeze(action.path)
        self._keep(archive_receipt(action, self.workshop))

    def _add_kernel(self, action: BuildRelease, built: Built) -> None:
        """Give an environment that has ipykernel a kernel of its name: kernel.json runs no activation."""
        if all(package.name != "ipykernel" for package in built.packages):
            return
        module = EnvironmentModule(
            look=Look("", action.environment, action.version, "", ""),
            prefix=action.path,
            engine=action.engine,
            name=action.environment,
            operations=tuple(Operation(each.action, each.variable, each.value) for each in built.operations),
        )
        directory = f"{action.path}/{KERNELS}/{action.environment}"
        self.workshop.system.make_directory(directory)
        text = kernel_json(module, user_site=self.workshop.site.modules.user_site)
        self.workshop.system.write(f"{directory}/kernel.json", text)

    def _begin(self, path: str, key: str, lock: str) -> None:
        system, layout = self.workshop.system, self.workshop.layout
        if key:
            system.make_directory(layout.lock(key).rpartition("/")[0])
            system.write(layout.lock(key), lock.encode())
        self._note(path)
        system.remove(path)

    def _note(self, path: str) -> None:
        """Say that we begin: from now on it counts no more, and is ours to remove."""
        system, layout = self.workshop.system, self.workshop.layout
        for place in (layout.started(path), layout.receipt(path), path):
            system.make_directory(place.rpartition("/")[0])
        system.write(layout.started(path), f"{path}\n".encode())
        system.remove(layout.receipt(path))

    def _keep(self, receipt: Installed) -> None:
        system, layout = self.workshop.system, self.workshop.layout
        path = layout.receipt(receipt.path)
        system.make_directory(path.rpartition("/")[0])
        system.write(path, encode(receipt))
        system.remove(layout.started(receipt.path))

    def _check(self, action: BuildRelease, operations: Sequence[OperationEntry]) -> None:
        subject = action.subject
        self.workshop.progress.state(subject, "checking")
        variables = {"PYTHONDONTWRITEBYTECODE": "1"}
        if action.engine == "conda":
            variables |= activated(action.path, action.environment, operations)
        else:
            variables |= {"PATH": f"{action.path}/bin:/usr/local/bin:/usr/bin:/bin", "VIRTUAL_ENV": action.path}
        commands = [tuple(shlex.split(command)) for command in action.commands]
        if action.imports:
            commands.insert(0, (f"{action.path}/bin/python", "-I", "-c", _IMPORT_ALL, *action.imports))
        for command in commands:
            self.workshop.run(subject, command, timeout=action.timeout, variables=variables)

    def _check_again(self, action: BuildRelease) -> None:
        receipt = self._receipt(action.path)
        if not isinstance(receipt, ReleaseReceipt):
            raise StepFailed(f"{action.path} has no receipt of a release", "deploy again")
        self._check(action, receipt.operations)
        self._keep(receipt.model_copy(update={"checked": action.checked}))

    def _freeze(self, path: str) -> tuple[int, int]:
        for_all = self.workshop.site.permissions.readable_by == "all"
        return self.workshop.system.freeze(path, group=self.group, for_all=for_all)

    def _freeze_distribution(self, receipt: DistributionReceipt) -> DistributionReceipt:
        """Freeze all but the places where releases and their names come to be, which only we may write; count it."""
        places = ("envs", "releases")
        names = [name for name in self.workshop.system.names(receipt.path) if name not in places]
        counted = [self._freeze(f"{receipt.path}/{name}") for name in names]
        for path in (receipt.path, *(f"{receipt.path}/{name}" for name in places)):
            self._keep_directory(path)
        size, count = (sum(column) for column in zip(*counted, strict=True))
        return receipt.model_copy(update={"size": size, "count": count})

    def _keep_directory(self, path: str) -> None:
        for_all = self.workshop.site.permissions.readable_by == "all"
        self.workshop.system.keep_directory(path, group=self.group, for_all=for_all)

    def _renew_files(self, action: InstallConda) -> None:
        """Replace our files in a frozen base, one rename each; nothing else of it changes."""
        receipt = self._receipt(action.prefix)
        if not isinstance(receipt, DistributionReceipt):
            raise StepFailed(f"{action.prefix} has no receipt of a distribution", "deploy again")
        for path in action.files:
            self._keep_directory(f"{action.prefix}/{path}".rpartition("/")[0])
        files = write_files(action, self.workshop)
        self._keep(self._freeze_distribution(receipt).model_copy(update={"files": files}))

    def _receipt(self, path: str) -> Installed:
        place = self.workshop.layout.receipt(path)
        return decode_installed(self.workshop.system.read(place) or b"", place)


def _said(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)
