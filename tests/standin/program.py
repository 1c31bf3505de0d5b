"""A stand-in for the programs `conda`, `mamba` and `micromamba`: their command lines over rattler's solver.

What it solves and installs is real, and comes from the channels that the `.condarc` of its prefix names. Where
environments and packages go, what may be changed, and what is printed follow conda 26.7. `shell` is conda.py's.
"""

import argparse
import asyncio
import json
import os
import re
import runpy
import shutil
import sys
import time
from pathlib import Path

import yaml

ROOT, WORDS = Path(sys.argv[1]), sys.argv[2:]
HERE, HOME = Path(__file__).parent, Path(os.environ.get("HOME", "/nonexistent"))
MACHINE = os.uname().machine
SUBDIR = {"x86_64": "linux-64"}.get(MACHINE, f"linux-{MACHINE}")


def settings(path):
    return (yaml.safe_load(path.read_text()) or {}) if path.is_file() else {}


def writable(path):
    """As modes are: the tests may be root, to whom they mean nothing."""
    while not path.exists():
        path = path.parent
    base = path.parent / "conda-meta/history"  # `envs` of a base is its owner's to write, and no user's
    return bool(path.stat().st_mode & 0o222) and (not base.exists() or bool(base.stat().st_mode & 0o222))


def envs_dirs():
    given = [os.environ.get(name, "") for name in ("CONDA_ENVS_PATH", "CONDA_ENVS_DIRS")]
    if all(given):
        sys.exit("MultipleKeysError: Multiple aliased keys in file envvars:\n  - envs_dirs\n  - envs_path")
    listed = [place for text in given for place in text.split(":") if place]
    listed += settings(HOME / ".condarc").get("envs_dirs", [])
    own = [str(ROOT / "envs"), str(HOME / ".conda/envs")]
    return [Path(p) for p in dict.fromkeys([*listed, *(own if writable(ROOT / "conda-meta/history") else own[::-1])])]


def pkgs_dir():
    given = [place for place in os.environ.get("CONDA_PKGS_DIRS", "").split(",") if place]
    given += settings(HOME / ".condarc").get("pkgs_dirs", [])
    places = [Path(place) for place in given] or [ROOT / "pkgs", HOME / ".conda/pkgs"]
    return next(place for place in places if writable(place))


def prefix_of(name):
    if "/" in name:
        return Path(name)
    if name in ("base", "root"):
        return ROOT
    return next((place / name for place in envs_dirs() if (place / name).is_dir()), None)


def wanted(options, *, new=False):
    """The prefix that a command is about."""
    if options.prefix:
        return Path(options.prefix).absolute()
    if not options.name:
        return Path(os.environ.get("CONDA_PREFIX") or ROOT)
    found = prefix_of(options.name)
    if found and (not new or (found / "conda-meta").is_dir()):
        return found
    if not new:
        sys.exit(f"EnvironmentLocationNotFound: Not a conda environment: {options.name}")
    return next(place for place in envs_dirs() if writable(place)) / options.name


def check(prefix):
    """Refuse to change what is somebody else's."""
    frozen = prefix / "conda-meta/frozen"
    if frozen.is_file():
        message = json.loads(frozen.read_text())["message"]
        sys.exit(f"EnvironmentIsFrozenError: environment at '{prefix}' is frozen\n{message}")
    if not writable(prefix / "conda-meta/history"):
        sys.exit(f"EnvironmentNotWritableError: The current user does not have write permissions to {prefix}")


def records(prefix):
    return [json.loads(path.read_text()) for path in sorted((prefix / "conda-meta").glob("*.json"))]


def asked(prefix):
    """The specs that a user named, from the history."""
    history = prefix / "conda-meta/history"
    lines = history.read_text().splitlines() if history.is_file() else []
    specs = [spec for line in lines if line.startswith("# update specs:") for spec in re.findall(r"'([^']+)'", line)]
    return list({re.split(r"[ =<>]", spec)[0]: spec for spec in specs}.values())


def channel_urls(named):
    own = settings(ROOT / ".condarc") | {}
    custom = own.get("custom_channels", {})
    names = [*named, *settings(HOME / ".condarc").get("channels", []), *own.get("channels", [])]
    return [f"{custom[name]}/{name}" for name in dict.fromkeys(names) if name in custom]


async def transact(prefix, specs, channels, explicit, keep):
    from rattler import Channel, Gateway, MatchSpec, PrefixRecord, VirtualPackage, install, solve
    from rattler.networking import Client
    from rattler.package_cache import PackageCache

    cache = pkgs_dir()
    cache.mkdir(parents=True, exist_ok=True)
    client, there = Client([]), [PrefixRecord.from_path(path) for path in (prefix / "conda-meta").glob("*.json")]
    gateway = Gateway(cache_dir=cache / "cache", client=client)
    found = await solve(
        sources=[Channel(url) for url in channel_urls(channels)],
        specs=[MatchSpec(spec) for spec in (*explicit, *specs)],
        gateway=gateway,
        platforms=[SUBDIR, "noarch"],
        virtual_packages=VirtualPackage.detect(),
        locked_packages=there if keep else [],
    )
    prefix.mkdir(parents=True, exist_ok=True)
    await install(found, prefix, package_cache=PackageCache(cache), client=client, show_progress=False)
    (prefix / "CACHEDIR.TAG").unlink(missing_ok=True)
    history = prefix / "conda-meta/history"
    history.parent.mkdir(exist_ok=True)
    with history.open("a") as file:
        file.write(f"==> {time.strftime('%Y-%m-%d %H:%M:%S')} <==\n# cmd: conda {' '.join(WORDS)}\n")
        file.write(f"# update specs: {[*specs]}\n" if specs else "")


def change(prefix, specs, channels=(), explicit=(), *, keep=True):
    channels = [*channels, *(spec.partition("::")[0] for spec in specs if "::" in spec)]
    specs = [normal(spec.rpartition("::")[2]) for spec in specs]
    asyncio.run(transact(prefix, specs, channels, explicit, keep))


def normal(spec):
    """`python=3.11` as conda means it; rattler wants the star written."""
    found = re.fullmatch(r"([\w.-]+)=([\w.]+)", spec)
    return f"{found[1]} {found[2]}.*" if found else spec


def locked(prefix):
    return [f"{each['name']} =={each['version']} {each['build']}" for each in records(prefix)]


def create(options, specs):
    if options.file and not options.name and not options.prefix:
        options.name = yaml.safe_load(Path(options.file[0]).read_text())["name"]
    prefix = wanted(options, new=True)
    if (prefix / "conda-meta/frozen").is_file():
        check(prefix)
    if (prefix / "conda-meta").is_dir():
        shutil.rmtree(prefix)  # conda asks, and then removes it
    explicit = []
    if options.clone:
        source = prefix_of(options.clone)
        explicit, specs = locked(source), []
        options.channel = sorted({each["url"].split("/")[-3] for each in records(source)})
    for file in options.file or ():
        text = Path(file).read_text()
        if "@EXPLICIT" in text:
            urls = [line for line in text.splitlines() if line.startswith("http")]
            explicit += [
                "{} =={} {}".format(*re.sub(r"\.(tar\.bz2|conda).*", "", u.rpartition("/")[2]).rsplit("-", 2))
                for u in urls
            ]
        else:
            spec = yaml.safe_load(text)
            specs += [
                s if s.count("=") < 2 else "{} =={} {}".format(*s.split("="))
                for s in spec["dependencies"]
                if isinstance(s, str)
            ]
    change(prefix, specs, options.channel or (), explicit)
    print(f"#\n# To activate this environment, use\n#\n#     $ conda activate {options.name or prefix}")


def install(options, specs, *, update=False):
    prefix = wanted(options)
    check(prefix)
    there = [each["name"] for each in records(prefix)]
    channels = sorted({each["url"].split("/")[-3] for each in records(prefix)})
    before = [spec for spec in asked(prefix) if not update or re.split("[ =<>]", spec)[0] not in specs]
    change(prefix, [*before, *specs], [*(options.channel or ()), *channels], there, keep=not update)


def environments():
    places = [place for folder in envs_dirs() if folder.is_dir() for place in sorted(folder.iterdir())]
    print("# conda environments:\n#")
    for name, path in [("base", ROOT), *((place.name, place) for place in places if (place / "conda-meta").is_dir())]:
        marks = ("*" if os.environ.get("CONDA_PREFIX") == str(path) else "") + (
            "+" if (path / "conda-meta/frozen").exists() else ""
        )
        print(f"{name:<23}{marks:>2} {path}")


def export(options):
    prefix = wanted(options)
    built = [f"{r['name']}={r['version']}" + ("" if options.no_builds else f"={r['build']}") for r in records(prefix)]
    specs = asked(prefix) if options.from_history else built
    name = prefix.name
    print(yaml.safe_dump({"name": name, "channels": ["conda-forge"], "dependencies": specs}, sort_keys=False), end="")


def listing(options):
    prefix = wanted(options)
    if options.explicit:
        print("\n".join(["@EXPLICIT", *(f"{each['url']}#{each['md5']}" for each in records(prefix))]))
    else:
        print("\n".join(f"{each['name']:<20} {each['version']}" for each in records(prefix)))


def clean():
    where = pkgs_dir()
    for each in where.iterdir() if where.is_dir() else ():
        if each.is_file():
            each.unlink()
        elif not any(path.is_file() and path.stat().st_nlink > 1 for path in each.rglob("*")):
            shutil.rmtree(each)  # no environment uses it
    print(f"removed what is not used in {where}")


def config(options, values):
    file = Path(os.environ.get("CONDA_PREFIX", ROOT)) / ".condarc" if options.env else HOME / ".condarc"
    found = settings(file)
    if options.show:
        places = {"envs_dirs": envs_dirs, "pkgs_dirs": lambda: [pkgs_dir()]}
        print(yaml.safe_dump({options.show: [str(p) for p in places[options.show]()]}), end="")
        return
    key, value = (options.add or options.append), values[0]
    there = [each for each in found.get(key, []) if each != value]
    found[key] = [value, *there] if options.add else [*there, value]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(found))


def parsed(words):
    parser = argparse.ArgumentParser(prog="conda")
    for flags in (("-n", "--name"), ("-p", "--prefix"), ("--clone",), ("--show",), ("--add",), ("--append",)):
        parser.add_argument(*flags)
    for flags in (("-c", "--channel"), ("-f", "--file")):
        parser.add_argument(*flags, action="append")
    for flag in (
        "-q",
        "--quiet",
        "--no-builds",
        "-y",
        "--yes",
        "--from-history",
        "--explicit",
        "--all",
        "--env",
        "--envs",
        "--upgrade",
    ):
        parser.add_argument(flag, action="store_true")
    return parser.parse_known_args(words)


def main():
    if WORDS == ["--version"]:
        print("conda 25.3.0")
    elif WORDS[0].startswith("shell"):
        os.environ["CONDA_ENVS_PATH"] = ":".join(map(str, envs_dirs()))  # conda.py looks nowhere else
        runpy.run_path(str(HERE / "conda.py"), run_name="__main__")
    else:
        verbs = [word for word in WORDS if not word.startswith("-")]
        verb = f"env {verbs[1]}" if verbs[0] == "env" else verbs[0]
        options, rest = parsed(
            [word for word in WORDS if word not in ("env", *verb.split())] if verb.startswith("env") else WORDS[1:]
        )
        if verb in ("create", "env create"):
            create(options, rest)
        elif verb in ("install", "update"):
            install(options, rest, update=verb == "update")
        elif verb in ("env list", "info"):
            environments()
        elif verb == "env export":
            export(options)
        elif verb == "env remove":
            check(prefix := wanted(options))
            shutil.rmtree(prefix)
        elif verb == "list":
            listing(options)
        elif verb == "clean":
            clean()
        elif verb == "config":
            config(options, rest)
        else:
            sys.exit(f"CommandNotFoundError: No command '{ROOT.name} {verb}'.")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # rattler's threads may still be there, and Python would trip over them
