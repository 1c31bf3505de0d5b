"""`invoke docs` for five environments, as a person waits for it, and for many: receipts to Markdown, data and HTML."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from measure import Row, command, seconds

from lmodforge.config.models import SiteConfig
from lmodforge.plan.layout import Layout
from lmodforge.receipts.models import DistributionReceipt, GenerationReceipt, PackageEntry, ReleaseReceipt
from lmodforge.receipts.store import encode

ROUNDS = 5
PACKAGES = 300
DAY = "2026-11-20T22:00:00+00:00"
CHANNEL = "https://conda.anaconda.org/conda-forge"
URL = f"{CHANNEL}/noarch"


def run() -> list[Row]:
    with TemporaryDirectory() as scratch:
        five = deployed(Path(scratch, "five"), 5)
        once = median(seconds(docs(five)) for _ in range(ROUNDS))
        few = seconds(docs(deployed(Path(scratch, "few"), 100), "--markdown-only"))
        many_site = deployed(Path(scratch, "many"), 1000)
        many = seconds(docs(many_site, "--markdown-only"))
        html_few = seconds(docs(Path(scratch, "few")))
        html_many = seconds(docs(many_site))
    start = f"with {PACKAGES} packages each, the program's start included"
    return [
        Row("docs: five environments", once, "s", 2, f"Markdown and HTML, {start}, median of {ROUNDS}", "zensical"),
        linear("docs: Markdown and data", many, few),
        linear("docs: the same and HTML", html_many, html_few),
    ]


def linear(name: str, many: float, few: float) -> Row:
    how = f"1,000 environments of {PACKAGES} packages against 100: {many:.1f} s against {few:.1f} s"
    return Row(name, many / few / 10, "x linear", 1.25, how, "one core")


def docs(folder: Path, *options: str) -> Any:  # noqa: ANN401 - what `command` returns
    argv = [sys.executable, "-m", "lmodforge", "docs", "--site", "site.yaml", "--root", "root", *options]
    return command(argv, folder)


def deployed(folder: Path, count: int) -> Path:
    """Write a site file, and the receipts that a deploy of it would leave."""
    names = [f"env{number:04d}" for number in range(count)]
    written = {
        "name": "many",
        "paths": {"software": "/software", "modulefiles": "/modulefiles"},
        "distributions": {
            "miniforge": {
                "kind": "miniforge",
                "version": "25.3.0-3",
                "module": "python/miniforge",
                "environments": names,
            }
        },
        "environments": {name: {"version": "1", "conda": ["python"], "summary": "For a group"} for name in names},
    }
    folder.mkdir()
    (folder / "site.yaml").write_text(yaml.safe_dump(written))
    site = SiteConfig.model_validate_json(json.dumps(written))
    root = f"{folder}/root"
    layout = Layout(f"{root}{site.paths.software}", f"{root}{site.paths.modulefiles}")
    prefix = f"{layout.software}/python/miniforge"
    chance = random.Random(1)
    known = [package(chance) for _ in range(PACKAGES * 10)]
    receipts: list[DistributionReceipt | ReleaseReceipt] = [
        DistributionReceipt(
            lmodforge="0", made_at=DAY, name="miniforge", type="miniforge", path=prefix, version="25.3.0-3"
        )
    ]
    receipts += [release(name, prefix, chance.sample(known, PACKAGES)) for name in names]
    for receipt in receipts:
        put(layout.receipt(receipt.path), encode(receipt))
    modules = {f"{name}/1": one.path for name, one in zip(names, receipts[1:], strict=True)}
    generation = GenerationReceipt(
        lmodforge="0",
        made_at=DAY,
        site="many",
        number=1,
        files={},
        links={},
        scripts={},
        modules={"python/miniforge": prefix, **modules},
    )
    put(layout.generation_receipt(1), encode(generation))
    Path(layout.modulefiles).mkdir(parents=True)
    Path(layout.current).symlink_to("generations/0001")
    return folder


def put(path: str, content: bytes) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content)


def package(chance: random.Random) -> PackageEntry:
    name = "".join(chance.choice("bcdfghklmnprst") + chance.choice("aeiou") for _ in range(chance.randrange(2, 5)))
    version = ".".join(str(chance.randrange(20)) for _ in range(3))
    return PackageEntry(name=name, version=version, channel=CHANNEL, licence=chance.choice(["MIT", "BSD-3-Clause"]))


def release(name: str, prefix: str, packages: list[PackageEntry]) -> ReleaseReceipt:
    lines = (f"- conda: {URL}/{one.name}-{one.version}-0.conda\n  sha256: {0:064x}\n  size: 1\n" for one in packages)
    lock = f"version: 6\nenvironments: {{}}\npackages:\n{''.join(lines)}"
    return ReleaseReceipt(
        lmodforge="0",
        made_at=DAY,
        name=name,
        version="1",
        distribution="miniforge",
        path=f"{prefix}/releases/{name}-01234567",
        digest="01234567",
        engine="conda",
        python=f"{prefix}/bin/python",
        lock=lock,
        packages=tuple(packages),
        checked="",
        size=10**9,
        files=40_000,
    )
