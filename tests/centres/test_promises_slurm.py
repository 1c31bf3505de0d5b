"""The batch scripts of the centres' documents, submitted to a real Slurm; the account and partition are this one's."""

import re

import pytest

from centres.login import Login
from lmod import lmod
from me import ME
from promises import kept

ECHO = """\
echo "Launched at $(date)"
echo "Job ID: ${SLURM_JOBID}"
echo "Node list: ${SLURM_NODELIST}"
echo "Submit dir.: ${SLURM_SUBMIT_DIR}"
echo "Numb. of cores: ${SLURM_CPUS_PER_TASK}"
"""


def submitted(slurm, login: Login, script: str):
    """Submit a script from a login shell without modules; return the job when it has ended."""
    (login.home / ".bash_profile").write_text(
        f". {lmod().init('bash')}\n. {login.centre.modulefiles}/init/profile.sh\n"
    )
    (login.home / "job.sh").write_text(script.replace("#!/bin/bash\n", "#!/bin/bash -l\n"))
    environment = {"HOME": str(login.home), "LMOD_PAGER": "none", "TMPDIR": str(login.temporary)}
    return slurm.ended(slurm.submit("job.sh", cwd=login.home, env=environment))


@kept(
    "RCC",
    "sbatch (the page's script: account, output, time, nodes, ntasks-per-node, mem; module load; cd $SLURM_SUBMIT_DIR)",
    instead="The page's script loads python/anaconda-2021.05, which is legacy: python/miniforge-25.3.0 and `source activate sci` bring Jupyter.",
)
def test_the_script_of_midway_runs_in_the_environment(slurm, login):
    midway3 = login("rcc-midway3")
    job = submitted(
        slurm,
        midway3,
        "#!/bin/bash\n#SBATCH --job-name=jupyter-launch\n#SBATCH --account=pi-smith\n#SBATCH --output=output-%J.txt\n#SBATCH --error=error-%J.txt\n#SBATCH --time=04:00:00\n#SBATCH --nodes=1\n#SBATCH --ntasks-per-node=1\n#SBATCH --mem=8GB\n\nmodule load python/miniforge-25.3.0\nsource activate sci\n\ncd $SLURM_SUBMIT_DIR\n\nPORT_NUM=$(shuf -i15001-30000 -n1)\njupyter-lab --no-browser --port=$PORT_NUM\npwd\n",
    )
    assert (job.state, job.code) == ("COMPLETED", 0), job.said
    assert re.fullmatch(
        rf"jupyter-lab 1\.0 --no-browser --port=\d+\n{midway3.home}\n",
        (midway3.home / f"output-{job.number}.txt").read_text(),
    )


@kept(
    "UBELIX",
    "sbatch (job name, nodes, ntasks-per-node, cpus-per-task, time; module load Anaconda3; eval ...; conda activate pandas; python pandas_test.py)",
    instead="The page's script has no #! line, and Slurm refuses it without.",
)
def test_the_script_of_ubelix_runs_in_ones_own_environment(slurm, login):
    ubelix = login("ubelix")
    ubelix(
        'module -q load Anaconda3 2>/dev/null; eval "$(conda shell.bash hook)"; conda create --name pandas python pandas'
    )
    (ubelix.home / "pandas_test.py").write_text("import pandas\nprint('pandas', pandas.__version__)\n")
    head = "#SBATCH --job-name pandas-test-job\n#SBATCH --nodes 1\n#SBATCH --ntasks-per-node 1\n#SBATCH --cpus-per-task 1\n#SBATCH --time=0-02:00:00\n\n"
    script = f'{head}{ECHO}\nmodule load Anaconda3\neval "$(conda shell.bash hook)"\n\nconda activate pandas\n\npython pandas_test.py\n\nconda deactivate\n'
    with pytest.raises(AssertionError, match="This does not look like a batch script"):
        submitted(slurm, ubelix, script)
    job = submitted(slurm, ubelix, f"#!/bin/bash\n{script}")
    assert (job.state, job.code) == ("COMPLETED", 0), job.said
    assert job.said.splitlines()[-1] == "pandas 1.0"
    assert f"Job ID: {job.number}\n" in job.said


@kept(
    "ULHPC",
    "sbatch (job name, nodes, ntasks-per-node, cpus-per-task, time; micromamba activate R-project; srun Rscript --no-save --no-restore script.R; micromamba deactivate)",
    instead="A script loads the module first, and has a #! line.",
)
def test_the_script_of_ulhpc_runs_r_in_a_job_step(slurm, login):
    ulhpc = login("ulhpc")
    (ulhpc.centre.root / "home/users" / ME).mkdir(parents=True, exist_ok=True)
    ulhpc("module -q load Micromamba 2>/dev/null; micromamba create --name R-project r-base")
    head = "#SBATCH --job-name R-job\n#SBATCH --nodes 1\n#SBATCH --ntasks-per-node 1\n#SBATCH --cpus-per-task 1\n#SBATCH --time=0-02:00:00\n\n"
    script = f"{head}module load Micromamba\nmicromamba activate R-project\n\n{ECHO}\nsrun Rscript --no-save --no-restore script.R\n\nmicromamba deactivate\n"
    job = submitted(slurm, ulhpc, f"#!/bin/bash\n{script}")
    assert (job.state, job.code) == ("COMPLETED", 0), job.said
    assert job.said.splitlines()[-1] == "Rscript 4.4.3 --no-save --no-restore script.R"
