"""The wheel is whole: installed away from any checkout, it has its sites and templates, and works."""

import subprocess
import sys
from pathlib import Path

import pytest

from lmodforge.apply.engines.uv import uv_binary

CHECKOUT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The program of a fresh virtual environment that holds nothing but the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("wheel")

    def uv(*arguments):
        subprocess.run([uv_binary(), *arguments], check=True, capture_output=True, cwd=folder)

    uv("build", "--wheel", "--out-dir", folder, CHECKOUT)
    (wheel,) = folder.glob("*.whl")
    uv("venv", folder / "venv", "--python", sys.executable)
    uv("pip", "install", "--python", folder / "venv/bin/python", wheel)
    return folder / "venv/bin/lmodforge"


def test_the_shipped_site_is_valid_and_its_modules_render(program, tmp_path):
    def lmodforge(*arguments):
        return subprocess.run([program, *arguments], check=True, capture_output=True, text=True, cwd=tmp_path).stdout

    assert "site demo is valid" in lmodforge("check")
    assert lmodforge("--version") == "lmodforge 0.1.0\n"
    assert "site-configs/here.yaml is written" in lmodforge("init", "here")
    lmodforge("render", "--site", "here", "--out", "tree")
    assert list((tmp_path / "tree").rglob("*.lua")) != []
