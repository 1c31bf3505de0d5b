"""What every step of a deploy works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone

from lmodforge.apply.mirror.offline import Mirror
from lmodforge.apply.progress import Progress, Silent
from lmodforge.apply.surroundings import clean_environment
from lmodforge.apply.system import Completed, System
from lmodforge.config.models import SiteConfig
from lmodforge.errors import StepFailed
from lmodforge.plan.layout import Layout

LAST_LINES = 12
"""Of a program's output, in the message about its failure; the log has all of it."""

MARK = "LMODFORGE_DEPLOY"
"""In the environment of all programs that a deploy runs: what outlives one that was killed is known by it."""


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Workshop:
    """The system, the site's layout and rules, where logs go, and who watches."""

    system: System
    site: SiteConfig
    logs: str = ""
    """Directory of this deploy's logs; none are written without one."""
    progress: Progress = field(default_factory=Silent)
    now: Callable[[], datetime] = utc_now
    locks: str = ""
    """Directory of the lock files beside the site file; none are looked for without one."""
    mirror: Mirror | None = None
    """What is asked instead of the network."""

    private_cache: str = ""
    """Where packages are cached when not with the site: nothing is shared between hosts, or where nothing locks."""
    limits: dict[str, str] = field(default_factory=dict)
    """Variables that tell programs how many cores are theirs."""

    marked: bool = True
    """Whether a deploy on this host may end what is left running; a job is Slurm's to end."""

    @property
    def cache(self) -> str:
        """Package caches, and scratch space that nobody else reads."""
        return self.private_cache or self.layout.cache

    @property
    def downloads(self) -> str:
        """Installers: they are put there by one rename, which needs no lock; what a mirror has need not stay."""
        return f"{self.cache if self.mirror else self.layout.cache}/downloads"

    @property
    def layout(self) -> Layout:
        """Where everything lies."""
        return Layout.of(self.site.paths)

    def run(
        self,
        subject: str,
        argv: tuple[str, ...],
        *,
        stdin: str = "",
        timeout: float | None = None,
        on_line: Callable[[str], None] | None = None,
        variables: dict[str, str] | None = None,
    ) -> Completed:
        """Run a program for a subject, such as `environment sci`, with its output in the subject's log.

        Raises StepFailed with the command, its exit code and its last lines.
        """
        log = f"{self.logs}/{subject.replace(' ', '-').replace('/', '-')}.log" if self.logs else ""
        self._log(log, f"$ {' '.join(argv)}")

        def heard(line: str) -> None:
            self._log(log, line)
            if on_line:
                on_line(line)

        environment = clean_environment(f"{self.cache}/home") | self.limits | (variables or {})
        if self.logs and self.marked:
            environment[MARK] = self.layout.software
        done = self.system.run(argv, env=environment, cwd="/", stdin=stdin, timeout=timeout, on_line=heard)
        if done.stdout and log:
            self._log(log, done.stdout.rstrip("\n"))
        if done.code:
            raise StepFailed(failure(subject, argv, done), f"the whole output is in {log}" if log else None)
        return done

    def _log(self, log: str, text: str) -> None:
        if log:
            self.system.append(log, f"{text}\n".encode())


def failure(subject: str, argv: tuple[str, ...], done: Completed) -> str:
    """Say what failed: the command, its exit code, its last lines."""
    said = [line for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()][-LAST_LINES:]
    return "\n".join([f"{subject}: exit code {done.code} from {' '.join(argv)}", *(f"    {line}" for line in said)])
