"""A shell after a login that sourced a site's profile."""

import subprocess

from lmodforge.apply.system import RealSystem
from lmodforge.verify.lmod import find_lmod


def in_lmod(small, script):
    """Run a bash script; return what it said, with what it complained about."""
    lines = f". {find_lmod(RealSystem(), {}).init('bash')}\n. {small.modulefiles}/init/profile.sh\n{script}"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", lines],
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "TMPDIR": str(small.folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    ).stdout
