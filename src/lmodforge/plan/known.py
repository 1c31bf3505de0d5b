"""Hashes that lmodforge vouches for: sha256 of wheels by tool, version and platform, as their index stated them."""

from __future__ import annotations

KNOWN_TOOLS: dict[tuple[str, str, str], str] = {
    ("uv", "0.13.8", "linux-x86_64"): "e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984",
    ("uv", "0.13.8", "linux-aarch64"): "5337c30bb893b4f9ce0ceb921ba2da0d13f649da644f40ad3bef84083bef0203",
    ("uv", "0.13.8", "linux-ppc64le"): "6999618363d03a0a085a9491db319e00b461dbda205db06ef1fd55dfcbf6472b",
}
