"""What all tasks share: options, the way to end without a traceback, printing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Protocol, TypeVar, cast

from invoke.exceptions import Exit
from invoke.tasks import task as invoke_task

Task = TypeVar("Task", bound=Callable[..., Any])

SITE = {
    "site": "name of a site, or its file (default: LMODFORGE_SITE, else demo)",
    "root": "lay the site out below this directory",
}
OFFLINE = {"offline": "ask nothing of the network: everything comes from this mirror, a directory or an archive"}
JSON = {"json": "print one JSON document instead of text"}


def task(**options: Any) -> Callable[[Task], Task]:  # noqa: ANN401 - they are Invoke's
    """Make a task whose expected errors end it with a message and an exit code, never a traceback."""

    def decorate(function: Task) -> Task:
        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on
            with explained():
                code = function(*args, **kwargs)
            if code:
                raise Exit(code=code)

        return cast("Task", invoke_task(run, auto_shortflags=False, **options))

    return decorate


class Found(Protocol):
    """What a command returns to be printed."""

    @property
    def text(self) -> str:
        """For people."""
        ...

    @property
    def json(self) -> dict[str, Any]:
        """For programs: one versioned document."""
        ...


@contextmanager
def explained() -> Iterator[None]:
    """Turn what went wrong into a message on stderr and an exit code."""
    from lmodforge.errors import SiteError

    try:
        yield
    except SiteError as error:
        raise Exit("\n".join(map(str, error.mistakes)), code=error.exit_code) from None
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise Exit(f"{place}{error.strerror or error}", code=1) from None
    except KeyboardInterrupt:
        raise Exit("interrupted; users see what they saw before, run it again to go on", code=130) from None


def at_a_time(jobs: int) -> int:
    """Return how many of something go on side by side; 0: nobody says."""
    if jobs < 0:
        from lmodforge.errors import SiteError

        raise SiteError(f"--jobs {jobs}: that is no number of jobs", "1 or more")
    return jobs


def say(text: str) -> None:
    """Print data."""
    sys.stdout.write(f"{text}\n")


def show(found: Found, *, as_json: bool) -> None:
    """Print what a command found: text, or one JSON document."""
    say(json.dumps(found.json, indent=2, ensure_ascii=False) if as_json else found.text)
