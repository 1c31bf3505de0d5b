import json
from string import Template

from lmodforge.modulefile.context import EnvironmentModule, Look, Operation
from lmodforge.modulefile.kernel import kernel_json

LOOK = Look("sci/2026.11", "sci", "2026.11", "python environment", "")
CAPTURED = (
    Operation("set", "GDAL_DATA", "{prefix}/share/gdal"),
    Operation("prepend", "XDG_DATA_DIRS", "{prefix}/share"),
    Operation("prepend", "PATH", "{prefix}/libexec"),
    Operation("set", "PRICE", "5$ ${HOME}"),
)


def started(kernel, environment):
    """What Jupyter gives to the kernel (jupyter_client replaces variables with string.Template)."""
    return {name: Template(value).safe_substitute(environment) for name, value in kernel["env"].items()}


def test_a_kernel_sets_what_the_module_sets():
    kernel = json.loads(kernel_json(EnvironmentModule(LOOK, "/p", "conda", "sci", (), CAPTURED)))
    assert kernel["argv"] == ["/p/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    assert kernel["display_name"] == "sci 2026.11"
    assert started(kernel, {"PATH": "/usr/bin", "HOME": "/home/me"}) == {
        "PATH": "/p/bin:/usr/bin",
        "CONDA_PREFIX": "/p",
        "CONDA_DEFAULT_ENV": "sci",
        "PYTHONNOUSERSITE": "1",
        "GDAL_DATA": "/p/share/gdal",
        "XDG_DATA_DIRS": "/p/share",
        "PRICE": "5$ ${HOME}",
    }


def test_one_of_uv_is_a_virtual_environment():
    kernel = json.loads(kernel_json(EnvironmentModule(LOOK, "/p", "uv", "sci"), user_site=True))
    assert started(kernel, {"PATH": "/bin"}) == {"PATH": "/p/bin:/bin", "VIRTUAL_ENV": "/p"}
