"""Planning and rendering for 1,000 and 10,000 environments: it must stay linear, and be fast."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

from measure import Row

from lmodforge.commands.planning import rendered
from lmodforge.config.models import SiteConfig
from lmodforge.modulefile.render import Templates
from lmodforge.plan.compare import compare
from lmodforge.plan.desire import desire
from lmodforge.plan.facts import Facts, Interpreter
from lmodforge.plan.locks import lock_requests
from lmodforge.receipts.models import PackageEntry, ReleaseReceipt

HOST = Interpreter("/usr/bin/python3.11", "3.11.9")
PACKAGES = 30


def run() -> list[Row]:
    # Ten of the small before and after the large one: whatever else the machine does falls on both.
    before = sum(planned(1_000) for _ in range(5))
    many = planned(10_000)
    few = (before + sum(planned(1_000) for _ in range(5))) / 10
    first = planned(1_000, built=False)
    return [
        Row(
            name="planning: modulefiles a second",
            figure=10_000 / many,
            unit="of 10,000 environments",
            limit=1_000,
            at_least=True,
            how=f"desired state, rendering, compiling each in Lua, comparing: {many:.2f} s",
            bound_by="one core: Jinja",
        ),
        Row(
            name="planning: the same before they are built",
            figure=1_000 / first,
            unit="of 1,000 environments",
            limit=1_000,
            at_least=True,
            how=f"the same, and a lock of {PACKAGES} packages read for each: {first:.2f} s",
            bound_by="one core: reading TOML",
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


def planned(count: int, *, built: bool = True) -> float:
    """Seconds for a plan of new modulefiles; the locks are given, resolving them is the index's time."""
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
    requests = lock_requests(site, interpreters, HOST, Facts().platform)
    facts = Facts(interpreters=interpreters, locks={request.key: lock(request.key) for request in requests})
    if built:
        facts = with_receipts(facts, site)
    start = perf_counter()
    desired = desire(site, facts, HOST)
    plan = compare(desired, rendered(Templates(), desired.modules, "/mf", site), facts, site="many", inputs="")
    assert plan.publish is not None
    assert len(plan.publish.modules) == count + 1
    return perf_counter() - start


def with_receipts(facts: Facts, site: SiteConfig) -> Facts:
    made = [
        ReleaseReceipt(
            lmodforge="",
            made_at="",
            name=release.environment,
            version=release.version,
            distribution=release.distribution,
            path=release.path,
            digest=release.digest,
            engine=release.engine,
            python=release.python,
            lock=release.lock,
            packages=tuple(PackageEntry(name=name, version=version) for name, version in release.packages),
            checked=release.checked,
            size=0,
            files=0,
        )
        for release in desire(site, facts, HOST).releases
    ]
    paths = frozenset(receipt.path for receipt in made)
    return replace(facts, installed={receipt.path: receipt for receipt in made}, present=paths)


def names(count: int) -> tuple[str, ...]:
    return tuple(f"env{number}" for number in range(count))


def lock(key: str) -> str:
    return f'lock-version = "1.0"\n# {key}\n' + "".join(
        f'[[packages]]\nname = "package-{number}"\nversion = "1.{number}"\n'
        f'wheels = [{{ url = "https://index.example/p.whl", hashes = {{ sha256 = "{number:064d}" }} }}]\n'
        for number in range(PACKAGES)
    )
