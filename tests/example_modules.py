"""One module of each sort, as a planner would hand them over."""

from lmodforge.config.node_types import NodeType
from lmodforge.modulefile.context import (
    DistributionModule,
    EnvironmentEntry,
    EnvironmentModule,
    Known,
    LifeCycle,
    Look,
    NodeRelease,
    Operation,
    Package,
    RemovedModule,
    ToolModule,
)
from lmodforge.modulefile.nodes import known_by
from lmodforge.modulefile.policy import CacheRule, Pi, Policy, Space

POLICY = Policy(
    "Midway3",
    project=Space("/project", ("{pi}", "{user}")),
    scratch=Space("/scratch/midway3", ("{user}",)),
    pi=Pi(variables=("RCC_PI",), accounts=("SLURM_JOB_ACCOUNT",), group="^pi%-(.+)$"),
    conda_cache=CacheRule("USE_CONDA_CACHE", persistent=True),
)
SOFTWARE = "/software/python"
PACKAGES = tuple(Package(f"package-{number}", f"1.{number}") for number in range(12))
MODULES = (
    DistributionModule(
        Look(
            "python/miniforge-25.3.0",
            "Miniforge",
            "25.3.0",
            "python",
            "Conda and mamba, with packages from conda-forge",
            keywords=("conda", "mamba"),
            url="https://conda-forge.org/",
            help="Questions: help@rcc.example",
            default=True,
            lifecycle=LifeCycle(aliases=("python/miniforge", "miniforge")),
        ),
        "miniforge",
        f"{SOFTWARE}/python/miniforge-25.3.0",
        POLICY,
        (EnvironmentEntry("sci", "sci/2026.11", "Scientific computing"), EnvironmentEntry("ml", "ml/2026.11", "")),
        (Package("conda", "25.3.0"), Package("mamba", "2.1.0")),
    ),
    DistributionModule(
        Look("python/3.11.9", "Python", "3.11.9", "python", "Plain Python"),
        "python",
        f"{SOFTWARE}/python/3.11.9",
        POLICY,
        opens=True,
    ),
    DistributionModule(
        Look(
            "python/anaconda-2022.05",
            "Anaconda",
            "2022.05",
            "python",
            "",
            lifecycle=LifeCycle(True, (), "2026-10-01", "2027-01-15", "Load python/miniforge-25.3.0."),
        ),
        "existing",
        "/software/anaconda-2022.05",
        POLICY,
        adopted="conda",
    ),
    EnvironmentModule(
        Look("sci/2026.11", "sci", "2026.11", "python environment", "Scientific computing", default=True),
        f"{SOFTWARE}/python/miniforge-25.3.0/releases/sci-3f2a9c1d",
        "conda",
        "sci",
        PACKAGES,
        (
            Operation("set", "GDAL_DATA", "{prefix}/share/gdal"),
            Operation("prepend", "XDG_DATA_DIRS", "{prefix}/share"),
            Operation("append", "MANPATH", "/usr/share/man"),
            Operation("set", "PROJ_NETWORK", "ON"),
        ),
    ),
    EnvironmentModule(
        Look("lab/2026.11", "lab", "2026.11", "python environment", "Notebooks"),
        f"{SOFTWARE}/python/3.11.9/releases/lab-77aa01b2",
        "uv",
        "lab",
        PACKAGES[:1],
        below="python/3.11.9",
    ),
    EnvironmentModule(
        Look("bio/2026.11", "bio", "2026.11", "python environment", "Genomes"),
        f"{SOFTWARE}/python/miniforge-25.3.0/releases/bio-5c0ffee5",
        "conda",
        "bio",
        PACKAGES[:2],
        (Operation("set", "BLASTDB", "/data/blast"),),
        releases=(
            NodeRelease(
                "a100",
                f"{SOFTWARE}/python/miniforge-25.3.0/releases/bio-a100-0ddba115",
                known_by(NodeType(archspec="zen3", cuda="12.6", hosts=("gpu-[0-9]*",))),
                (Operation("set", "BLASTDB", "/data/blast"), Operation("set", "CUDA_HOME", "{prefix}")),
            ),
            NodeRelease(
                "any",
                f"{SOFTWARE}/python/miniforge-25.3.0/releases/bio-5c0ffee5",
                Known(),
                (Operation("set", "BLASTDB", "/data/blast"),),
            ),
        ),
    ),
    RemovedModule(Look("ml/2025.11", "ml", "2025.11", "", "", lifecycle=LifeCycle(advice="Load ml/2026.11."))),
    ToolModule(
        Look("uv/0.13.8", "uv", "0.13.8", "tool", "Python packages and projects, fast"), f"{SOFTWARE}/uv/0.13.8", POLICY
    ),
)
