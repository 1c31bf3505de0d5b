"""Typed context in, Lua text out: the one place that quotes Lua."""
