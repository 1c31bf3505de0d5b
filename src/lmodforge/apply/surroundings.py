"""The environment of the programs that lmodforge runs: made from nothing, never inherited."""

from __future__ import annotations

import os
from collections.abc import Mapping

# How this host reaches the network: set by its administrator, needed by uv, and no place for code.
_NETWORK = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
)


def clean_environment(home: str, caller: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment with a `HOME` that is nobody's, the system's programs, and the way to the network."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": home,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONNOUSERSITE": "1",
        "UV_SYSTEM_CERTS": "true",  # a centre's own certificate authority is in the system's store
        **network_settings(caller),
    }


def network_settings(caller: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what this host's administrator set about the way to the network."""
    given = os.environ if caller is None else caller
    return {name: given[name] for name in _NETWORK if name in given}
