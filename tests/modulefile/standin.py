"""A stand-in for a conda prefix: not conda, but what conda's activator and its files for shells do to a shell.

Written from the behaviour of conda 26.7: the order of its commands, variables that are emptied in sh and unset in csh and
fish, prefixes that replace each other on PATH, saved variables that stay behind, scripts of activate.d.
"""

import json
import sys
from pathlib import Path

PROGRAM = r"""
import json, os, shlex, sys
from pathlib import Path
root, args = Path(sys.argv[1]), sys.argv[2:]
if not args or not args[0].startswith("shell."):
    print("stand-in conda:", *args); sys.exit(0)
shell, command, rest = args[0][6:], args[1], args[2:]
shell = {"bash": "posix", "zsh": "posix", "tcsh": "csh"}.get(shell, shell)
env = os.environ
def find(name):
    if "/" in name: return Path(name)
    if name == "base": return root
    for place in [*filter(None, env.get("CONDA_ENVS_PATH", "").split(":")), str(root / "envs")]:
        if (Path(place) / name).is_dir(): return Path(place) / name
    sys.exit(f"EnvironmentNameNotFound: Could not find conda environment: {name}")
def scripts(prefix, folder):
    suffix = {"posix": "sh"}.get(shell, shell)
    found = sorted((Path(prefix) / "etc/conda" / folder).glob("*." + suffix))
    return [("source", str(path)) for path in (found if folder == "activate.d" else found[::-1])]
def state(prefix):
    file = Path(prefix) / "conda-meta/state"
    return json.loads(file.read_text())["env_vars"] if file.exists() else {}
def called(prefix): return Path(prefix).name if Path(prefix).parent.name == "envs" else "base" if Path(prefix) == root else str(prefix)
def path(remove, add):
    entries = env.get("PATH", "").split(":")
    if remove and f"{remove}/bin" in entries:
        at = entries.index(f"{remove}/bin"); entries[at:at + 1] = [f"{add}/bin"] if add else []
    elif add: entries.insert(0, f"{add}/bin")
    if add and f"{root}/condabin" not in entries: entries.insert(1, f"{root}/condabin")
    return ("path", ":".join(entries))
level, now = int(env.get("CONDA_SHLVL", "").strip() or 0), env.get("CONDA_PREFIX", "")
prompt = env.get("prompt" if shell == "csh" else "PS1", "").replace(env.get("CONDA_PROMPT_MODIFIER") or "\0", "", 1)
mine = [("unset", "_CE_M"), ("unset", "_CE_CONDA")]
hook = [("set", "CONDA_EXE", f"{root}/bin/conda"), ("set", "_CONDA_EXE", f"{root}/bin/conda"),
        ("set", "CONDA_PYTHON_EXE", f"{root}/bin/python"), ("set", "_CONDA_ROOT", str(root))]
def at(prefix, level):
    return [("prompt", f"({called(prefix)}) {prompt}"), ("set", "CONDA_PREFIX", str(prefix)), ("set", "CONDA_SHLVL", str(level)),
            ("set", "CONDA_DEFAULT_ENV", called(prefix)), ("set", "CONDA_PROMPT_MODIFIER", f"({called(prefix)}) "),
            *(("set", key, value) for key, value in state(prefix).items())]
if command == "hook":
    print((root / {"posix": "etc/profile.d/conda.sh", "csh": "etc/profile.d/conda.csh", "fish": "etc/fish/conf.d/conda.fish"}[shell]).read_text())
    sys.exit(0)
elif command == "activate":
    stack, names = "--stack" in rest, [word for word in rest if not word.startswith("-")]
    prefix = find(names[0] if names else "base")
    saved = [("set", f"__CONDA_SHLVL_{level}_{key}", env[key]) for key in state(prefix) if key in env]
    if level and str(prefix) == now: todo = [*scripts(now, "deactivate.d"), *scripts(now, "activate.d")]
    elif level == 0: todo = [path("", prefix), *mine, *at(prefix, 1), *saved, *hook, *scripts(prefix, "activate.d")]
    else:
        todo = [path("" if stack else now, prefix), *([] if stack else scripts(now, "deactivate.d")), *mine, *at(prefix, level + 1), *saved,
                ("set", f"CONDA_PREFIX_{level}", now), *([("set", f"CONDA_STACKED_{level + 1}", "true")] if stack else []),
                *hook, *scripts(prefix, "activate.d")]
elif command == "deactivate" and level and now:
    back = env.get(f"CONDA_PREFIX_{level - 1}", "")
    if level > 1 and not back: sys.exit("This should not happen! You may have non-consecutive CONDA_PREFIX_<number>")
    stacked = f"CONDA_STACKED_{level}" in env
    held = {key: env.get(f"__CONDA_SHLVL_{level - 1}_{key}") for key in state(now)}
    freed = [("set", key, value) if value else ("unset", key) for key, value in held.items()]
    gone = [("unset", name) for name in ("CONDA_PREFIX", "CONDA_DEFAULT_ENV", "CONDA_PROMPT_MODIFIER")]
    if level == 1: todo = [path(now, ""), *scripts(now, "deactivate.d"), *gone, *mine, *freed, ("prompt", prompt), ("set", "CONDA_SHLVL", "0"), *hook]
    else:
        todo = [path(now, "" if stacked else back), *scripts(now, "deactivate.d"), ("unset", f"CONDA_PREFIX_{level - 1}"), *mine,
                *([("unset", f"CONDA_STACKED_{level}")] if stacked else []), *freed, *at(back, level - 1), *hook, *scripts(back, "activate.d")]
else: todo = []
for kind, *given in todo:
    name, value = given if len(given) == 2 else (None, given[0])
    if shell == "posix":
        print({"set": f"export {name}='{value}'", "unset": f"export {value}=''", "path": f"export PATH='{value}'",
               "prompt": f"PS1='{value}'", "source": f'. "{value}"'}[kind])
    elif shell == "csh":
        print({"set": f'setenv {name} "{value}";', "unset": f"unsetenv {value};", "path": f'setenv PATH "{value}";',
               "prompt": f"set prompt='{value}';", "source": f'source "{value}";'}[kind])
    elif kind != "prompt":
        entries = " ".join(f'"{entry}"' for entry in value.split(":"))
        print({"set": f'set -gx {name} "{value}";', "unset": f"set -e {value} || true;", "path": f"set -gx PATH {entries};",
               "source": f'source "{value}";'}[kind])
"""

SH = r"""
export CONDA_EXE='@ROOT@/bin/conda'
export _CONDA_EXE='@ROOT@/bin/conda'
export _CE_M=''
export _CE_CONDA=''
export CONDA_PYTHON_EXE='@ROOT@/bin/python'
export _CONDA_ROOT='@ROOT@'
__conda_exe() ( "$CONDA_EXE" "$@" )
__conda_hashr() { \hash -r; }
__conda_activate() {
    \local asked
    asked="$(PS1="${PS1:-}" __conda_exe shell.posix "$@")" || \return
    \eval "$asked"
    __conda_hashr
}
__conda_reactivate() { __conda_activate reactivate; }
conda() {
    \local cmd="${1-__missing__}"
    case "$cmd" in
        activate|deactivate) __conda_activate "$@" ;;
        install|update|upgrade|remove|uninstall) __conda_exe "$@" || \return; __conda_activate reactivate ;;
        *) __conda_exe "$@" ;;
    esac
}
if [ -z "${CONDA_SHLVL+x}" ]; then
    \export CONDA_SHLVL=0
    PATH="@ROOT@/condabin${PATH:+":${PATH}"}"
    \export PATH
    if [ -z "${PS1+x}" ]; then PS1=; fi
fi
"""

CSH = r"""
setenv CONDA_EXE "@ROOT@/bin/conda"; setenv _CONDA_EXE "@ROOT@/bin/conda"; unsetenv _CE_M; unsetenv _CE_CONDA
setenv CONDA_PYTHON_EXE "@ROOT@/bin/python"; setenv _CONDA_ROOT "@ROOT@"
if ("`alias conda`" == "") then
    alias conda source "@ROOT@/etc/profile.d/conda.csh"
    setenv CONDA_SHLVL 0
    if (! $?prompt) then
        set prompt=""
    endif
else
    switch ( "${1}" )
        case "activate":
        case "deactivate":
            set ask_conda="`(setenv prompt '${prompt}' ; '${_CONDA_EXE}' shell.csh ${argv})`"
            set conda_tmp_status=$status
            if( $conda_tmp_status != 0 ) exit ${conda_tmp_status}
            eval "${ask_conda}"
            rehash
            breaksw
        default:
            $_CONDA_EXE $argv[1-]
            breaksw
    endsw
endif
"""

FISH = r"""
set -gx CONDA_EXE "@ROOT@/bin/conda"; set -gx _CONDA_EXE "@ROOT@/bin/conda"
set -gx CONDA_PYTHON_EXE "@ROOT@/bin/python"; set -gx _CONDA_ROOT "@ROOT@"
if not set -q CONDA_SHLVL
    set -gx CONDA_SHLVL 0
    set -gx PATH @ROOT@/condabin $PATH
end
function conda --inherit-variable CONDA_EXE
    switch "$argv[1]"
        case activate deactivate
            eval ($CONDA_EXE shell.fish $argv)
        case '*'
            $CONDA_EXE $argv
    end
end
"""

ACTIVATE = (
    '#!/bin/sh\n_CONDA_ROOT="@ROOT@"\n\\. "$_CONDA_ROOT/etc/profile.d/conda.sh" || return $?\nconda activate "$@"\n'
)

# As gdal's do: an unset variable breaks it under `set -u`, and the first test under `set -e` where it is not guarded.
GDAL = {
    "activate.d/gdal.sh": 'if [ "$GDAL_DATA" ]; then export _SET_GDAL_DATA="$GDAL_DATA"; fi\nexport GDAL_DATA="$CONDA_PREFIX/share/gdal"\n',
    "deactivate.d/gdal.sh": 'unset GDAL_DATA\nif [ "$_SET_GDAL_DATA" ]; then export GDAL_DATA="$_SET_GDAL_DATA"; unset _SET_GDAL_DATA; fi\n',
    "activate.d/gdal.csh": 'setenv GDAL_DATA "$CONDA_PREFIX/share/gdal"\n',
    "deactivate.d/gdal.csh": "unsetenv GDAL_DATA\n",
    "activate.d/gdal.fish": "set -gx GDAL_DATA $CONDA_PREFIX/share/gdal\n",
    "deactivate.d/gdal.fish": "set -e GDAL_DATA\n",
}


def make_conda(root: Path, environments=("sci", "ml")) -> Path:
    """Make a prefix with environments; the first has activation scripts and a declared variable."""
    program = root / "lib" / "standin.py"
    files = {
        "etc/profile.d/conda.sh": SH,
        "etc/profile.d/conda.csh": CSH,
        "etc/fish/conf.d/conda.fish": FISH,
        "bin/activate": ACTIVATE,
        "bin/conda": f'#!/bin/sh\nexec {sys.executable} -ISE "{program}" "@ROOT@" "$@"\n',
        "condabin/conda": '#!/bin/sh\nexec "@ROOT@/bin/conda" "$@"\n',
        "lib/standin.py": PROGRAM,
        "conda-meta/history": "",
    }
    for name in environments:
        files |= {f"envs/{name}/conda-meta/history": "", f"envs/{name}/bin/python": "#!/bin/sh\n"}
    first = environments[0]
    files[f"envs/{first}/conda-meta/state"] = json.dumps({"env_vars": {"SCI_DECLARED": "declared"}})
    files |= {f"envs/{first}/etc/conda/{name}": text for name, text in GDAL.items()}
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if name == "lib/standin.py" else text.replace("@ROOT@", str(root)))
        path.chmod(0o755 if "bin/" in name else 0o644)
    return root
