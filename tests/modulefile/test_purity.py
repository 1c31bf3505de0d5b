"""Whatever happens between a load and its unload: the shell is as it was before.

Each scenario runs in each shell, with real Lmod. Environment, functions, aliases, options and prompt are compared.
"""

from dataclasses import dataclass

import pytest

from lmod import SHELLS, Shell

FORGE, PLAIN = "module load python/miniforge-25.3.0", "module load python/3.11.9"
POSIX = ("bash", "zsh", "ksh", "dash")


@dataclass(frozen=True)
class Scenario:
    """What happens before the first look, between the two, and in which shells."""

    steps: tuple[str, ...]
    before: tuple[str, ...] = ()
    shells: tuple[str, ...] = tuple(SHELLS)
    strict: bool = False


def scenario(*steps, before=(), shells=tuple(SHELLS), strict=False):
    return Scenario(steps, tuple(before), tuple(shells), strict)


LOOK = "snapshot during"
SCENARIOS = {
    "load and unload": scenario(FORGE, LOOK, "module unload python"),
    "load and purge": scenario(FORGE, LOOK, "module purge"),
    "load twice": scenario(FORGE, FORGE, LOOK, "module purge"),
    "swap one distribution for another": scenario(FORGE, PLAIN, LOOK, "module purge"),
    "swap and back": scenario(PLAIN, FORGE, "module swap python python/3.11.9", FORGE, LOOK, "module purge"),
    "save and restore": scenario(
        FORGE, "module load sci uv", "module save all", "module purge", "module restore all", LOOK, "module purge"
    ),
    "refresh": scenario(FORGE, "module refresh", LOOK, "module purge"),
    "the tool": scenario("module load uv", LOOK, "module unload uv"),
    "all at once, unloaded in the order of the load": scenario(
        FORGE, "module load sci uv", LOOK, "module unload python", "module unload sci", "module unload uv"
    ),
    "activate, then unload": scenario(FORGE, "conda activate sci", LOOK, "module unload python"),
    "activate base": scenario(FORGE, "conda activate", LOOK, "module unload python"),
    "activate and deactivate": scenario(FORGE, "conda activate sci", LOOK, "conda deactivate", "module purge"),
    "activate, nested": scenario(
        FORGE, "conda activate sci", "conda activate ml", "conda activate sci", LOOK, "module purge"
    ),
    "activate, stacked": scenario(FORGE, "conda activate ml", "conda activate --stack sci", LOOK, "module purge"),
    "activate by path": scenario(FORGE, "conda activate @CONDA@/envs/ml", LOOK, "module purge"),
    "activate by a path of many letters": scenario(
        FORGE, "module load sci", "mkdir -p @TMP@/café", "conda activate @TMP@/café", LOOK, "module purge"
    ),
    "activate, then swap": scenario(FORGE, "conda activate sci", PLAIN, LOOK, "module purge"),
    "activate, then load again": scenario(FORGE, "conda activate sci", FORGE, LOOK, "module purge"),
    "micromamba": scenario("module load python/micromamba-2.8.1", LOOK, "module purge"),
    "micromamba activate, nested": scenario(
        "module load python/micromamba-2.8.1", "micromamba activate sci", "micromamba activate ml", LOOK, "module purge"
    ),
    "micromamba, then conda": scenario(
        "module load python/micromamba-2.8.1",
        "micromamba activate ml",
        FORGE,
        "conda activate sci",
        LOOK,
        "module purge",
    ),
    "activate, load again, activate again": scenario(
        FORGE, "conda activate sci", FORGE, "conda activate ml", LOOK, "module purge"
    ),
    "source activate": scenario(FORGE, "source activate sci", LOOK, "module purge", shells=("bash", "zsh")),
    "source activate, nested": scenario(
        FORGE,
        "source activate sci",
        "source activate ml",
        "conda activate sci",
        LOOK,
        "module purge",
        shells=("bash", "zsh"),
    ),
    "conda's own hook": scenario(
        FORGE,
        'eval "$(conda shell.bash hook)"',
        "conda activate sci",
        LOOK,
        "module purge",
        shells=("bash", "zsh", "dash"),
    ),
    "conda's own hook in csh": scenario(
        FORGE, "source @CONDA@/etc/profile.d/conda.csh", "conda activate sci", LOOK, "module purge", shells=("tcsh",)
    ),
    "conda's own hook in fish": scenario(
        FORGE, "conda shell.fish hook | source", "conda activate sci", LOOK, "module purge", shells=("fish",)
    ),
    "a prompt": scenario(
        FORGE,
        "conda activate sci",
        LOOK,
        "module purge",
        before=["set_prompt"],
        shells=("bash", "zsh", "ksh", "dash", "tcsh"),
    ),
    "another conda is set up": scenario(
        FORGE, LOOK, "module purge", before=[". @OWN@/etc/profile.d/conda.sh"], shells=("bash", "zsh", "dash")
    ),
    "another conda is active and this one is activated on top": scenario(
        FORGE,
        "source activate sci",
        LOOK,
        "module purge",
        before=[". @OWN@/etc/profile.d/conda.sh", "conda activate mine"],
        shells=("bash", "zsh"),
    ),
    "a toggle changes after the load": scenario(
        "export USE_CONDA_CACHE=1",
        FORGE,
        "export USE_CONDA_CACHE=0",
        LOOK,
        "module unload python",
        "unset USE_CONDA_CACHE",
    ),
    "a toggle changes, and the module is loaded again": scenario(
        FORGE,
        "export USE_UV_CACHE=1",
        FORGE,
        LOOK,
        "export USE_UV_CACHE=no",
        FORGE,
        "module purge",
        "unset USE_UV_CACHE",
    ),
    "a toggle of nonsense": scenario(FORGE, LOOK, "module purge", before=["export USE_CONDA_CACHE=maybe"]),
    "variables of the user's own": scenario(
        FORGE,
        LOOK,
        "module purge",
        before=[
            "export USE_CONDA_CACHE=1",
            "export USE_UV_CACHE=0",
            "export CONDA_PKGS_DIRS=/mine/pkgs",
            "export UV_CACHE_DIR=/mine/uv",
            "export CONDA_ENVS_PATH=/mine/envs",
            "export UV_LINK_MODE=copy",
        ],
    ),
    "variables that are empty": scenario(
        FORGE, LOOK, "module purge", before=["export UV_CACHE_DIR=", "export CONDA_ENVS_PATH=", "export PIP_CACHE_DIR="]
    ),
    "a variable changes between two loads": scenario(
        FORGE,
        "module purge",
        "export CONDA_PKGS_DIRS=/b",
        FORGE,
        LOOK,
        "module purge",
        "export CONDA_PKGS_DIRS=/a",
        before=["export USE_CONDA_CACHE=0", "export CONDA_PKGS_DIRS=/a"],
    ),
    "a variable changes after the load": scenario(FORGE, "export UV_CACHE_DIR=/elsewhere", LOOK, "module purge"),
    "an environment": scenario("module load sci", LOOK, "module unload sci"),
    "one environment for another": scenario(
        "module load sci", "module load ml", LOOK, "module load sci", "module purge"
    ),
    "an environment of each engine": scenario(
        "module load sci", "module load lab", LOOK, "module load ml", "module purge"
    ),
    "an environment, and its distribution goes first": scenario(
        FORGE, "module load sci", LOOK, "module unload python", "module unload sci"
    ),
    "activate on top of an environment": scenario(FORGE, "module load sci", "conda activate ml", LOOK, "module purge"),
    "activate on top of an environment, and back": scenario(
        FORGE, "module load ml", "conda activate sci", "conda deactivate", LOOK, "module purge"
    ),
    "activate on top of an environment, nested, then another": scenario(
        FORGE, "module load ml", "conda activate sci", "conda activate ml", "module load lab", LOOK, "module purge"
    ),
    "activate on top of an environment, and the distribution goes first": scenario(
        FORGE, "module load sci", "conda activate ml", LOOK, "module unload python", "module unload sci"
    ),
    "activate below an environment": scenario(FORGE, "conda activate ml", "module load sci", LOOK, "module purge"),
    "source activate in a plain Python": scenario(
        PLAIN, "source activate lab", LOOK, "module purge", shells=("bash", "zsh")
    ),
    "a virtual environment of the user's own": scenario(
        PLAIN, "activate_venv", LOOK, "module purge", before=["set_prompt"]
    ),
    "a virtual environment on top of an environment": scenario(
        "module load lab", "activate_venv", LOOK, "module purge", before=["set_prompt"]
    ),
    "a virtual environment that was active before": scenario(
        PLAIN, "module load lab", LOOK, "module purge", before=["set_prompt", "activate_venv"]
    ),
    "set -eu": scenario(
        FORGE,
        "conda activate sci",
        "conda activate ml",
        LOOK,
        "module purge",
        before=["set -eu"],
        shells=POSIX,
        strict=True,
    ),
    "set -eu with source activate": scenario(
        FORGE,
        "source activate ml",
        "module load lab",
        LOOK,
        "module purge",
        before=["set -eu"],
        shells=("bash", "zsh"),
        strict=True,
    ),
    "a job": scenario(
        FORGE,
        "conda activate sci",
        "export SLURM_JOB_ID=7",
        "export SLURM_TMPDIR=@TMP@",
        FORGE,
        LOOK,
        "module purge",
        "unset SLURM_JOB_ID",
        "unset SLURM_TMPDIR",
    ),
    "a deploy under a loaded distribution": scenario(FORGE, "conda activate sci", LOOK, "deploy", "module purge"),
    "a deploy under a loaded environment": scenario("module load sci", LOOK, "deploy", "module unload sci"),
    "a deploy, then another environment": scenario(
        "module load sci", "deploy", "module load lab", LOOK, "module purge"
    ),
    "a removal under a loaded environment": scenario("module load ml", LOOK, "deploy", "module purge"),
    "a deploy and back": scenario(
        FORGE, "module load sci", "deploy", "module load sci", LOOK, "roll_back", "module purge"
    ),
    "a deploy under a login that is pinned": scenario(
        "module use @PINNED@", FORGE, "module load sci", LOOK, "deploy", "module purge", "module unuse @PINNED@"
    ),
}
CASES = [pytest.param(name, shell, id=f"{name} ({shell})") for name, it in SCENARIOS.items() for shell in it.shells]


@pytest.mark.parametrize(("name", "shell"), CASES)
def test_a_shell_is_as_it_was_before(site, tmp_path, name, shell):
    it = SCENARIOS[name]
    current = tmp_path / "current"
    current.symlink_to(site.root / "generations/0001")
    words = {
        "deploy": f"ln -sfn {site.root}/generations/0002 {current}",
        "roll_back": f"ln -sfn {site.root}/generations/0001 {current}",
        # venv's `activate` exports the prompt, and dash cannot take a variable out of the environment again
        "set_prompt": {"tcsh": "set prompt = '$ '", "fish": "true", "dash": "export PS1=$ "}.get(shell, "PS1='$ '"),
        "activate_venv": {
            "tcsh": f"source {site.venv}/bin/activate.csh",
            "fish": f"source {site.venv}/bin/activate.fish",
        }.get(shell, f". {site.venv}/bin/activate"),
    }
    names = {"CONDA": site.conda, "OWN": site.own, "TMP": tmp_path, "PINNED": site.root / "generations/0001"}

    def step(text):
        text = words.get(text, text)
        for key, value in names.items():
            text = text.replace(f"@{key}@", str(value))
        return text

    steps = [*it.before, "snapshot before", *it.steps, "snapshot after"]
    ran = Shell(shell, tmp_path / "home", str(current), {"TMPDIR": str(tmp_path)}).run(*map(step, steps))

    assert ran.failed == [], ran.said
    assert set(ran.states) == {"before", "during", "after"}, ran.said
    assert ran["during"] != ran["before"], ran.said
    assert ran["after"] == ran["before"], ran.said
    assert ran.states["after"].rest == ran.states["before"].rest, ran.said
