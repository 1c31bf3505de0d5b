"""Planning and rendering for 1,000 and 10,000 environments: it must stay linear, and be fast."""

from __future__ import annotations

from time import perf_counter

from measure import Row

from lmodforge.commands.planning import rendered
from lmodforge.config.models import SiteConfig
from lmodforge.modulefile.render import Templates
from lmodforge.plan.compare import compare
from lmodforge.plan.desire import desire
from lmodforge.plan.facts import Facts, Interpreter
from lmodforge.plan.locks import lock_requests

HOST = Interpreter("/usr/bin/python3.11", "3.11.9")
PACKAGES = 30


def run() -> list[Row]:
    few, many = planned(1_000), planned(10_000)
    rate = 10_000 / many
    return [
        Row(
            name="planning: modulefiles a second",
            figure=rate,
            unit="of 10,000 environments",
            limit=1_000,
            at_least=True,
            how=f"desired state, rendering, compiling each in Lua, comparing: {many:.2f} s",
            bound_by="one core: reading the locks, then Jinja",
        ),
        Row(
            name="planning: 10,000 against 1,000 environments",
            figure=many / few / 10,
            unit="x linear",
            limit=1.25,
            how=f"{many:.2f} s against {few:.2f} s",
            bound_by="memory: each run keeps all texts",
        ),
    ]


def planned(count: int) -> float:
    """Seconds for a plan; the locks are given, resolving them is the index's time."""
    site = SiteConfig.model_validate(
        {
            "name": "many",
            "paths": {"software": "/sw", "modulefiles": "/mf"},
            "distributions": {
                "standard": {"kind": "python", "module": "python/3.11.9", "environments": list(names(count))}
            },
            "environments": {name: {"version": "1", "pypi": [f"package-{name}"]} for name in names(count)},
        }
    )
    interpreters = {"standard": HOST}
    locks = {request.key: lock() for request in lock_requests(site, interpreters, HOST, Facts().platform)}
    start = perf_counter()
    facts = Facts(interpreters=interpreters, locks=locks)
    desired = desire(site, facts, HOST)
    plan = compare(desired, rendered(Templates(), desired.modules, "/mf"), facts, site="many", inputs="")
    assert plan.publish is not None
    assert len(plan.publish.modules) == count + 1
    return perf_counter() - start


def names(count: int) -> tuple[str, ...]:
    return tuple(f"env{number}" for number in range(count))


def lock() -> str:
    return 'lock-version = "1.0"\n' + "".join(
        f'[[packages]]\nname = "package-{number}"\nversion = "1.{number}"\n'
        f'wheels = [{{ url = "https://index.example/p.whl", hashes = {{ sha256 = "{number:064d}" }} }}]\n'
        for number in range(PACKAGES)
    )
