"""What somebody would write with py-rattler alone: install a lock and compile it, or solve; for comparison.

As a program: `conda_bare.py install LOCK CACHE PREFIX` or `conda_bare.py solve CHANNEL PLATFORM... -- SPECS...`, where
commas part the specs of an environment.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from rattler import Channel, Gateway, GenericVirtualPackage, LockFile, PackageName, Version, install, solve
from rattler.package.build_string import BuildString
from rattler.package_cache import PackageCache


async def install_lock(lock: str, cache: str, prefix: str) -> None:
    environment = LockFile.from_path(Path(lock)).environment("default")
    records = environment.conda_repodata_records_for_platform(environment.platforms()[0])
    await install(records, prefix, package_cache=PackageCache(cache), show_progress=False)
    subprocess.run([f"{prefix}/bin/python", "-m", "compileall", "-q", f"{prefix}/lib"], check=False)


async def solve_all(channel: str, platforms: list[str], specs: list[list[str]]) -> None:
    glibc = GenericVirtualPackage(PackageName("__glibc"), Version("2.28"), BuildString("0"))
    with tempfile.TemporaryDirectory() as cache:
        gateway = Gateway(cache_dir=Path(cache))
        for platform in platforms:
            for wanted in specs:
                where = [platform, "noarch"]
                await solve([Channel(channel)], wanted, gateway, where, virtual_packages=[glibc])


def main(arguments: list[str]) -> None:
    if arguments[0] == "install":
        asyncio.run(install_lock(*arguments[1:]))
    else:
        end = arguments.index("--")
        asyncio.run(solve_all(arguments[1], arguments[2:end], [text.split(",") for text in arguments[end + 1 :]]))


if __name__ == "__main__":
    main(sys.argv[1:])
