"""Miniforge: conda and mamba with conda-forge, by its installer."""

from __future__ import annotations

from lmodforge.apply.distributions.installer import run_installer

PROGRAMS = ("conda", "mamba")
fill = run_installer
