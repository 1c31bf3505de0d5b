"""A login at a deployed centre: what its document says is typed as it stands."""

import subprocess
from pathlib import Path

from centres.centre import Centre
from lmod import INIT, SHELLS, lmod
from me import ME

WHERE = "python -c 'import sys; print(sys.prefix)'"
"""Prints the environment that is active."""


class Login:
    """A home directory, a project of a PI, and a shell that sourced the site's profile."""

    def __init__(self, centre: Centre, folder: Path, pi: str = ""):
        self.centre, self.home, self.pi = centre, folder / "home", pi or f"pi{abs(hash(str(folder)))}"
        self.home.mkdir(exist_ok=True)
        self.temporary = folder / "tmp"
        self.temporary.mkdir(exist_ok=True)
        project = centre.config.project
        self.project = Path(project.root) / self.pi if project and "{pi}" in project.layout else self.home
        self.project.mkdir(parents=True, exist_ok=True)

    @property
    def mine(self) -> Path:
        """/project/PI/USER."""
        return self.project / ME

    def fails(self, script: str, shell: str = "bash", **environment: str) -> str:
        """Run lines that must fail; return what was said."""
        done = self._run(script, shell, environment)
        assert done.returncode != 0, done.stdout
        return done.stdout

    def __call__(self, script: str, shell: str = "bash", **environment: str) -> str:
        """Run lines that must not fail; return what was said."""
        done = self._run(script, shell, environment)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def _run(self, script: str, shell: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        suffix = {"tcsh": "csh", "fish": "fish"}.get(shell, "sh")
        word = "source" if shell in ("tcsh", "fish") else "."
        init, profile = lmod().init(INIT.get(shell, shell)), self.centre.modulefiles / f"init/profile.{suffix}"
        file = self.home / ".typed"
        file.write_text(f"{word} {init}\n{word} {profile}\n{script}\n")
        return subprocess.run(
            [*SHELLS[shell], *(["-e"] if shell == "bash" else []), str(file)],
            env={
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                "HOME": str(self.home),
                "USER": ME,
                "LMOD_PAGER": "none",
                "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                "UV_SYSTEM_CERTS": "true",  # of whoever runs the tests
                "TMPDIR": str(self.temporary),
                "SLURM_JOB_ACCOUNT": f"pi-{self.pi}",
                **environment,
            },
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
