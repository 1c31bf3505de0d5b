"""How rattler reaches channels: mirrors, and tokens that are read from files and never leave the process."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from rattler.config import Config
from rattler.networking import Client
from rattler.networking.middleware import AuthenticationMiddleware, MirrorMiddleware, OciMiddleware, RetryMiddleware

MASK = "***"


class Refused(Exception):
    """Something that a person can mend; each failure has a `message`, and may have a `hint` and a `spec`."""

    def __init__(self, *failures: Mapping[str, Any]) -> None:
        self.failures = failures
        super().__init__("; ".join(str(failure["message"]) for failure in failures))


class Network:
    """Mirrors by the channel's URL, token files by host."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._mirrors: Mapping[str, Sequence[str]] = settings["mirrors"]
        self._token_files: Mapping[str, str] = settings["tokens"]
        self._copy = settings["links"] == "copy"

    @property
    def config(self) -> Config:
        """Return rattler's settings for installing."""
        return Config.from_toml(f"allow-hard-links = {json.dumps(not self._copy)}")

    @cached_property
    def client(self) -> Client:
        """Return what makes requests: first the mirror is chosen, then its own token is added."""
        os.environ["RATTLER_AUTH_FILE"] = self._authentication()
        mirrors = {url: list(mirrors) for url, mirrors in self._mirrors.items()}
        return Client(
            [RetryMiddleware(2), MirrorMiddleware(mirrors), AuthenticationMiddleware(), OciMiddleware()],
            user_agent="lmodforge",
        )

    def masked(self, text: str) -> str:
        """Take every token out of a text."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text

    @cached_property
    def _tokens(self) -> dict[str, Any]:
        return {host: _token(path) for host, path in self._token_files.items()}

    @property
    def _secrets(self) -> list[str]:
        return [secret for token in self.__dict__.get("_tokens", {}).values() for secret in _texts(token) if secret]

    def _authentication(self) -> str:
        """Keep the tokens in a file that has no name and ends with this process."""
        handle = os.memfd_create("tokens")
        os.write(handle, json.dumps(self._tokens).encode())
        return f"/proc/self/fd/{handle}"


def _token(path: str) -> Any:  # noqa: ANN401 - rattler's own forms
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Refused({"message": f"the token file {path} cannot be read: {reason}"}) from None
    return json.loads(text) if text.startswith("{") else {"BearerToken": text}


def _texts(value: Any) -> list[str]:  # noqa: ANN401 - the same
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    return [value] if isinstance(value, str) else []
