"""A stand-in for `conda` and `micromamba`: not they, but what their activators tell a shell to do.

Written from the behaviour of conda 26.7: the order of its commands, variables that are emptied in sh and unset in csh
and fish, prefixes that replace each other on PATH, saved variables that stay behind, scripts of activate.d.
"""

import json
import os
import sys
from pathlib import Path

root, args, env = Path(sys.argv[1]), sys.argv[2:], os.environ
HOOKS = {"posix": "etc/profile.d/conda.sh", "csh": "etc/profile.d/conda.csh", "fish": "etc/fish/conf.d/conda.fish"}


def find(name):
    if "/" in name:
        return name
    if name == "base":
        return str(root)
    for place in [*filter(None, env.get("CONDA_ENVS_PATH", "").split(":")), f"{root}/envs"]:
        if Path(place, name).is_dir():
            return f"{place}/{name}"
    sys.exit(f"EnvironmentNameNotFound: Could not find conda environment: {name}")


def scripts(prefix, folder):
    suffix = "sh" if shell == "posix" else shell
    found = sorted(Path(prefix, "etc/conda", folder).glob(f"*.{suffix}"))
    return [("source", None, str(path)) for path in (found if folder == "activate.d" else found[::-1])]


def declared(prefix):
    file = Path(prefix, "conda-meta/state")
    return json.loads(file.read_text())["env_vars"] if file.exists() else {}


def title(prefix):
    if prefix == str(root):
        return "base"
    return Path(prefix).name if Path(prefix).parent.name == "envs" else prefix


def path(remove, add):
    entries = env.get("PATH", "").split(":")
    if remove and f"{remove}/bin" in entries:
        at = entries.index(f"{remove}/bin")
        entries[at : at + 1] = [f"{add}/bin"] if add else []
    elif add:
        entries.insert(0, f"{add}/bin")
    if add and f"{root}/condabin" not in entries:
        entries.insert(1, f"{root}/condabin")
    return ("path", "PATH", ":".join(entries))


def at(prefix, level):
    name = title(prefix)
    return [
        ("prompt", None, f"({name}) {prompt}"),
        ("set", "CONDA_PREFIX", prefix),
        ("set", "CONDA_SHLVL", str(level)),
        ("set", "CONDA_DEFAULT_ENV", name),
        ("set", "CONDA_PROMPT_MODIFIER", f"({name}) "),
        *(("set", key, value) for key, value in declared(prefix).items()),
    ]


def unset(*names):
    return [("unset", name, "") for name in names]


def activate(words):
    stack, names = "--stack" in words, [word for word in words if not word.startswith("-")]
    prefix = find(names[0] if names else "base")
    saved = [("set", f"__CONDA_SHLVL_{level}_{key}", env[key]) for key in declared(prefix) if key in env]
    if level and prefix == now:
        return [*scripts(now, "deactivate.d"), *scripts(now, "activate.d")]
    if level == 0:
        return [path("", prefix), *NONE, *at(prefix, 1), *saved, *HOOK, *scripts(prefix, "activate.d")]
    before = [path("", prefix)] if stack else [path(now, prefix), *scripts(now, "deactivate.d")]
    levels = [
        ("set", f"CONDA_PREFIX_{level}", now),
        *([("set", f"CONDA_STACKED_{level + 1}", "true")] if stack else []),
    ]
    return [*before, *NONE, *at(prefix, level + 1), *saved, *levels, *HOOK, *scripts(prefix, "activate.d")]


def deactivate():
    if not level or not now:
        return []
    back, stacked = env.get(f"CONDA_PREFIX_{level - 1}", ""), f"CONDA_STACKED_{level}" in env
    held = {key: env.get(f"__CONDA_SHLVL_{level - 1}_{key}") for key in declared(now)}
    freed = [("set", key, value) if value else ("unset", key, "") for key, value in held.items()]
    gone = unset("CONDA_PREFIX", "CONDA_DEFAULT_ENV", "CONDA_PROMPT_MODIFIER")
    leave = scripts(now, "deactivate.d")
    if level == 1:
        ground = [("prompt", None, prompt), ("set", "CONDA_SHLVL", "0")]
        return [path(now, ""), *leave, *gone, *NONE, *freed, *ground, *HOOK]
    if not back:
        sys.exit("This should not happen! You may have non-consecutive `CONDA_PREFIX_<number>` environment variables.")
    gone = unset(f"CONDA_PREFIX_{level - 1}", *([f"CONDA_STACKED_{level}"] if stacked else []))
    step = [path(now, "" if stacked else back), *leave, *gone, *NONE, *freed]
    return [*step, *at(back, level - 1), *HOOK, *scripts(back, "activate.d")]


def line(kind, name, value):
    if shell == "posix":
        words = {
            "prompt": f"PS1='{value}'",
            "source": f'. "{value}"',
            "unset": f"unset {name}" if micromamba else f"export {name}=''",
        }
        return words.get(kind, f"export {name}='{value}'")
    if shell == "csh":
        words = {"prompt": f"set prompt='{value}';", "source": f'source "{value}";', "unset": f"unsetenv {name};"}
        return words.get(kind, f'setenv {name} "{value}";')
    entries = " ".join(f'"{entry}"' for entry in value.split(":"))
    words = {"prompt": "", "source": f'source "{value}";', "unset": f"set -e {name} || true;"}
    return words.get(kind, f"set -gx {name} {entries};" if kind == "path" else f'set -gx {name} "{value}";')


if not args or not args[0].startswith("shell"):
    print("stand-in conda:", *args)
    sys.exit(0)
micromamba = args[0] == "shell"  # micromamba shell activate NAME --shell posix
if micromamba:
    args = [f"shell.{args.pop()}", *args[1:-1]]
shell, command, *rest = args[0].removeprefix("shell."), *args[1:]
shell = {"bash": "posix", "zsh": "posix", "tcsh": "csh"}.get(shell, shell)
NONE = [] if micromamba else unset("_CE_M", "_CE_CONDA")
HOOK = [
    ("set", "CONDA_EXE", f"{root}/bin/conda"),
    ("set", "_CONDA_EXE", f"{root}/bin/conda"),
    ("set", "CONDA_PYTHON_EXE", f"{root}/bin/python"),
    ("set", "_CONDA_ROOT", str(root)),
][: 0 if micromamba else None]
level, now = int(env.get("CONDA_SHLVL", "").strip() or 0), env.get("CONDA_PREFIX", "")
prompt = env.get("prompt" if shell == "csh" else "PS1", "")
if env.get("CONDA_PROMPT_MODIFIER"):
    prompt = prompt.replace(env["CONDA_PROMPT_MODIFIER"], "")
if command == "hook":
    print((root / HOOKS[shell]).read_text())
else:
    for change in activate(rest) if command == "activate" else deactivate() if command == "deactivate" else []:
        print(line(*change))
