"""Which branch of NVIDIA's driver brings which CUDA: what conda's `__cuda` says of a node that has it."""

from __future__ import annotations

from lmodforge.config.naming import mistake

DRIVERS = {
    "11.0": 450,
    "11.1": 455,
    "11.2": 460,
    "11.3": 465,
    "11.4": 470,
    "11.5": 495,
    "11.6": 510,
    "11.7": 515,
    "11.8": 520,
    "12.0": 525,
    "12.1": 530,
    "12.2": 535,
    "12.3": 545,
    "12.4": 550,
    "12.5": 555,
    "12.6": 560,
    "12.7": 565,
    "12.8": 570,
    "12.9": 575,
    "13.0": 580,
    "13.1": 590,
    "13.2": 595,
    "13.3": 610,
}
"""From "CUDA Toolkit and Corresponding Driver Versions" in the release notes of CUDA, but for 12.7, which has no
toolkit: the driver 565 says 12.7 of itself."""


def cuda(text: str) -> str:
    """Check a CUDA version of a site file."""
    if text not in DRIVERS:
        newest = list(DRIVERS)[-1]
        hint = f"two numbers, {next(iter(DRIVERS))} to {newest}; for another, know the nodes by `hosts`"
        raise mistake(f"no driver is known that brings CUDA `{text}`", hint)
    return text
