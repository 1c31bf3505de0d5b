"""One way to turn plain data into a digest: the same data give the same digest on every host."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def digest(data: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    """Return the sha256 of canonical JSON, in hexadecimal."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def sha256(content: bytes) -> str:
    """Return the sha256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
