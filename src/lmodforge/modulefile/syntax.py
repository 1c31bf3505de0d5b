"""Compile Lua without running it: in Lua 5.1, the oldest that Lmod runs on, and in the newest that lupa has."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any


def syntax_error(text: str) -> str | None:
    """Say what is wrong with a modulefile, `line 3: unexpected symbol near ')'`; None when it compiles."""
    code = text.encode("utf-8", "surrogateescape")
    for compile_ in _compilers():
        if message := compile_(code):
            return _readable(message)
    return None


@cache
def _compilers() -> tuple[Callable[[bytes], bytes | None], ...]:
    return tuple(_compiler(name) for name in ("lua51", _newest()))


def _newest() -> str:
    found = ("lua55", "lua54", "lua53", "lua52")
    for name in found:
        try:
            import_module(f"lupa.{name}")
        except ImportError:
            continue
        return name
    return "lua51"


def _compiler(name: str) -> Callable[[bytes], bytes | None]:
    # A runtime without encoding takes and gives bytes, which is what Lmod reads from a file.
    runtime: Any = import_module(f"lupa.{name}").LuaRuntime(encoding=None, register_eval=False)
    source = b"return function(code) local _, message = (loadstring or load)(code, '=') return message end"
    compiler: Callable[[bytes], bytes | None] = runtime.execute(source)
    return compiler


def _readable(message: bytes) -> str:
    place, _, said = message.decode("utf-8", "replace").removeprefix(":").partition(": ")
    return f"line {place}: {said}"
