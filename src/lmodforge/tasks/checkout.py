"""Tasks of a checkout: tests and benchmarks."""

from __future__ import annotations

from invoke.context import Context

from lmodforge.tasks.shared import task


@task(
    iterable=["only"],
    help={
        "network": "also what needs the public download sites",
        "containers": "with what builds a root file system and images",
        "only": "pytest arguments",
    },
)
def test(context: Context, network: bool = False, containers: bool = True, only: list[str] | None = None) -> int:
    """Install what the tests need on this host, then lint, check types and test (in a checkout)."""
    from lmodforge.developer.checks import run_tests

    return run_tests(network=network, containers=containers, only=only or ())


@task(iterable=["only"], help={"only": "name of a benchmark; repeat for more", "out": "write JSON to this file"})
def bench(context: Context, only: list[str] | None = None, out: str = "") -> int:
    """Measure the figures of the README, side by side in one run (in a checkout)."""
    from lmodforge.developer.bench import run_benchmarks

    return run_benchmarks(only or (), out)
