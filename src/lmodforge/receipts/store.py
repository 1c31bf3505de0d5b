"""Receipts as bytes: JSON that a person can read, and that a newer lmodforge may add to but never reinterpret."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from lmodforge.errors import SiteError
from lmodforge.receipts.models import FORMAT, GenerationReceipt, Installed, Receipt


def encode(receipt: BaseModel) -> bytes:
    """Write a receipt as JSON, two spaces deep, in the order of its fields."""
    return (receipt.model_dump_json(indent=2) + "\n").encode()


def decode_installed(content: bytes, path: str) -> Installed:
    """Read the receipt of a distribution, a release, a tool or an archive; `path` is for messages."""
    found = _decode(content, path)
    if isinstance(found, GenerationReceipt):
        raise _damaged(path, "it is a generation's")
    return found


def decode_generation(content: bytes, path: str) -> GenerationReceipt:
    """Read the receipt of a generation; `path` is for messages."""
    found = _decode(content, path)
    if not isinstance(found, GenerationReceipt):
        raise _damaged(path, "it is not a generation's")
    return found


def _decode(content: bytes, path: str) -> Installed | GenerationReceipt:
    try:
        written = json.loads(content)
    except ValueError as error:
        raise _damaged(path, str(error)) from None
    if isinstance(written, dict) and isinstance(written.get("format"), int) and written["format"] > FORMAT:
        raise SiteError(
            f"receipt {path} has format {written['format']}, this lmodforge reads up to {FORMAT}",
            f"it was written by lmodforge {written.get('lmodforge', '?')}: use that version or a newer one",
        )
    try:
        found: Installed | GenerationReceipt = _adapter().validate_python(written)
    except ValidationError as error:
        first = error.errors()[0]
        raise _damaged(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    return found


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(Receipt)


def _damaged(path: str, why: str) -> SiteError:
    return SiteError(f"receipt {path} cannot be read: {why}", "restore it from a backup, or remove what it belongs to")
