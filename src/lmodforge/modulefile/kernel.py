"""A Jupyter kernel that carries what an environment's module sets: kernel.json runs no activation."""

from __future__ import annotations

import json

from lmodforge.modulefile.context import EnvironmentModule

WHERE = "share/jupyter/kernels"  # below the release; the module puts `share/jupyter` on JUPYTER_PATH


def kernel_json(module: EnvironmentModule, *, user_site: bool = False) -> bytes:
    """Write kernel.json for a release that holds ipykernel.

    Jupyter replaces `${PATH}` and leaves `${UNSET}` as it stands, so only PATH is extended; other lists are set.
    """
    prefix = module.prefix
    setting = {"PATH": f"{prefix}/bin:${{PATH}}"}
    if module.engine == "conda":
        setting |= {"CONDA_PREFIX": _plain(prefix), "CONDA_DEFAULT_ENV": _plain(module.name)}
    else:
        setting["VIRTUAL_ENV"] = _plain(prefix)
    if not user_site:
        setting["PYTHONNOUSERSITE"] = "1"
    for operation in module.operations:
        if operation.variable != "PATH":
            setting[operation.variable] = _plain(operation.value.replace("{prefix}", prefix))
    kernel = {
        "argv": [f"{prefix}/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": f"{module.look.title} {module.look.version}",
        "language": "python",
        "env": setting,
        "metadata": {"debugger": True},
    }
    return (json.dumps(kernel, indent=2, ensure_ascii=False) + "\n").encode()


def _plain(text: str) -> str:
    """Protect a dollar from Jupyter's substitution."""
    return text.replace("$", "$$")
