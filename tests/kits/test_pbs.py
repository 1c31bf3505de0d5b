"""PBS scripts, run as PBS runs them: by bash in the home directory, with what PBS sets."""

import subprocess
from dataclasses import replace

from kits.example import PBS, SCI, site_with
from lmodforge.kits.render import starter_kits
from lmodforge.modulefile.render import Templates


def test_a_batch_script_runs_the_users_script_where_it_was_submitted(user, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    batch, *_ = starter_kits(site_with(tmp_path, PBS), replace(SCI, packages=frozenset()), Templates())
    (work / "my_script.py").write_text("import os, sys; print(sys.prefix, os.environ['OMP_NUM_THREADS']); sys.exit(3)")
    done = subprocess.run(
        ["bash", "-l"],
        input=batch.text,
        env={
            "PATH": "/usr/bin:/bin",
            "PBS_O_WORKDIR": str(work),
            "PBS_JOBID": "7.pbs",
            "NCPUS": "2",
            **user.environment,
        },
        cwd=user.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, f"{user.prefix} 2\n"), done.stderr
