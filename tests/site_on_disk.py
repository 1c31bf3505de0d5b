"""A small site on disk: stand-in prefixes, and the module trees for them."""

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from lmodforge.apply.distributions.python import activate_script
from lmodforge.modulefile.context import (
    DistributionModule,
    EnvironmentModule,
    LifeCycle,
    Look,
    Module,
    Operation,
    Package,
    RemovedModule,
    ToolModule,
)
from lmodforge.modulefile.policy import Policy, Space
from lmodforge.modulefile.render import Templates, render_tree
from standin import make_conda

# What activation of the stand-in's environments sets: its declared variable and its script.
ACTIVATION = {
    "sci": (Operation("set", "SCI_DECLARED", "declared"), Operation("set", "GDAL_DATA", "{prefix}/share/gdal")),
    "ml": (Operation("prepend", "MANPATH", "{prefix}/man"),),
}


@dataclass(frozen=True)
class Site:
    root: Path
    conda: Path
    own: Path
    """A conda of the user's own."""
    python: Path
    venv: Path
    """A virtual environment of the user's own."""
    policy: Policy

    def modules(self) -> list[Module]:
        return [
            DistributionModule(
                Look("python/miniforge-25.3.0", "Miniforge", "25.3.0", "python", "Conda and mamba", default=True),
                "miniforge",
                str(self.conda),
                self.policy,
            ),
            DistributionModule(
                Look("python/3.11.9", "Python", "3.11.9", "python", "Plain"), "python", str(self.python), self.policy
            ),
            DistributionModule(
                Look("python/micromamba-2.8.1", "micromamba", "2.8.1", "python", "One binary"),
                "micromamba",
                str(self.conda),
                self.policy,
            ),
            self.environment("sci", "conda", self.conda / "envs/sci"),
            self.environment("ml", "conda", self.conda / "envs/ml"),
            self.environment("lab", "uv", self.python / "envs/lab"),
            ToolModule(Look("uv/0.13.8", "uv", "0.13.8", "tool", "Fast"), str(self.root / "uv"), self.policy),
        ]

    def environment(self, name: str, engine: str, prefix: Path, version: str = "2026.11") -> EnvironmentModule:
        return EnvironmentModule(
            Look(f"{name}/{version}", name, version, "python environment", f"The {name} environment"),
            str(prefix),
            engine,
            name,
            (Package("numpy", "2.1.3"),),
            ACTIVATION.get(name, ()),
        )

    def changed(self) -> list[Module]:
        """The modules of a later generation: sci has another prefix and sets other variables, ml has gone."""
        modules = {module.look.full_name: module for module in self.modules()}
        sci = self.environment("sci", "conda", self.conda / "envs/later")
        modules["sci/2026.11"] = replace(sci, operations=(Operation("prepend", "MANPATH", "{prefix}/man"),))
        modules["ml/2026.11"] = RemovedModule(
            Look("ml/2026.11", "ml", "2026.11", "python environment", "", lifecycle=LifeCycle(advice="Load sci."))
        )
        miniforge = modules["python/miniforge-25.3.0"]
        modules["python/miniforge-25.3.0"] = replace(miniforge, prefix=str(self.root / "another"), kind="existing")
        return list(modules.values())


def make_site(root: Path, policy: Policy | None = None, *, venvs: bool = True) -> Site:
    python, venv = root / "python", root / "venv"
    for path in (venv, python / "envs/lab") if venvs else ():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", path], check=True)
    for directory in ("python/bin", "uv/bin", "tmp"):
        (root / directory).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    (python / "bin/activate").write_text(activate_script(str(python)))
    return Site(
        root,
        make_conda(root / "miniforge"),
        make_conda(root / "own", ("mine", "yours")),
        python,
        venv,
        policy or Policy("Demo", scratch=Space(f"{root}/scratch", ("{user}",)), temporary=(f"{root}/tmp",)),
    )


def write_tree(root: Path, modules: list[Module], templates: Templates | None = None) -> Path:
    for name, content in render_tree(modules, templates or Templates()).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root
