"""Anaconda: conda with several hundred packages, by its installer."""

from __future__ import annotations

from lmodforge.apply.distributions.installer import run_installer

PROGRAMS = ("conda",)
fill = run_installer
