"""What rattler says went wrong, in a sentence, with what mends it."""

from __future__ import annotations

import re

_MISMATCH = re.compile(r"hash mismatch when extracting (\S+) to .*expected (\w+), got (\w+)")
_CAUSED = re.compile(r"^Caused by: ", re.MULTILINE)
_HINTS = (
    (
        "has sha256",
        "nothing was installed: is a mirror out of step with its channel, or has somebody changed the file?",
    ),
    ("401 Unauthorized|403 Forbidden", "`conda.tokens` names the file that holds the token of a host"),
    ("404 Not Found|could not find subdir", "correct `channels`, or the mirror of it in `conda.mirrors`"),
    ("No space left|Disk quota", "free some space: `invoke doctor` says how much there is; then deploy again"),
    (
        "error sending request|error decoding response|end of file before|connection",
        "is the server up, and reached from here? `conda.mirrors` names another; then deploy again",
    ),
)


def explained(message: str) -> tuple[str, str | None]:
    """Return a message without rattler's repetitions, and a hint where there is one."""
    if found := _MISMATCH.search(message):
        message = f"{found[1]} has sha256 {found[3]}, the lock says {found[2]}"
    first, *causes = dict.fromkeys(line.strip() for line in _CAUSED.sub("", message).splitlines() if line.strip())
    hint = next((hint for pattern, hint in _HINTS if re.search(pattern, message)), None)
    return "\n".join([first, *(f"    {cause}" for cause in causes)]), hint
