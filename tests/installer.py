"""Stand-ins for what the makers of conda distributions offer: they keep the contract, and hold no conda."""

import hashlib
import json
import sys
from pathlib import Path

from standin import FILES, HERE

CONDA_FORGE = "https://conda.anaconda.org/conda-forge"
DEFAULTS = "https://repo.anaconda.com/pkgs/main"
PACKAGES = {"conda": "BSD-3-Clause", "mamba": "BSD-3-Clause", "pip": "MIT", "python": "PSF-2.0"}

# The options, messages and traces of header.sh of constructor 3.16.
_HEADER = r"""# A stand-in for an installer made by constructor: it keeps the contract, and there is no conda in it.
set -eu
unset LD_LIBRARY_PATH LD_PRELOAD LD_AUDIT
case "$0" in *.sh) ;; *) echo 'Please run using "bash"/"dash"/"sh"/"zsh", but not "." or "source".' >&2; exit 1 ;; esac
unset CONDARC MAMBARC
OPTIONS="$*" PREFIX="${HOME}/@NAME@" BATCH=0 FORCE=0
USAGE="
usage: $0 [options]

Installs @NAME@ @VERSION@
-b           run install in batch mode (without manual intervention),
             it is expected the license terms (if any) are agreed upon
-f           no error if install prefix already exists
-h           print this help message and exit
-p PREFIX    install prefix, defaults to $PREFIX, must not contain spaces.
-s           skip running pre/post-link/install scripts
@MENUS@
-u           update an existing installation
-t           run package tests after installation (may install conda-build)
"
while getopts "bifhkp:s@M@ut" option; do
  case "$option" in
    h) printf "%s\\n" "$USAGE"; exit 2 ;;
    b) BATCH=1 ;;
    i) BATCH=0 ;;
    f | u) FORCE=1 ;;
    p) PREFIX="$OPTARG" ;;
    k | s | m | t) ;;
    *) echo "ERROR: did not recognize option '$option', please try -h"; exit 1 ;;
  esac
done
if [ "$BATCH" = 0 ]; then echo "this stand-in asks no questions: use -b" >&2; exit 2; fi
case "$PREFIX" in *" "*) echo "ERROR: Cannot install into directories with spaces." >&2; exit 1 ;; esac
if [ "$FORCE" = 0 ] && [ -e "$PREFIX" ]; then
  echo "ERROR: File or directory already exists: '$PREFIX'" >&2
  echo "If you want to update an existing installation, use the -u option." >&2
  exit 1
fi
@BODY@
mkdir -p "$PREFIX"
PREFIX=$(cd "$PREFIX" && pwd)
echo "PREFIX=$PREFIX"
cd "$PREFIX"
echo "Unpacking bootstrapper..."
printf '#!/bin/sh\nexit 0\n' >_conda
chmod +x _conda
export TMP="$PREFIX/install_tmp"
mkdir -p "$TMP"
mktemp -d >/dev/null
mkdir -p bin condabin conda-meta envs etc/profile.d lib/python3.12/site-packages pkgs
ln -s python3.12 lib/python3.1
[ "$(id -u)" = 0 ] || : >.nonadmin
mkdir -p "$HOME/.conda"
echo "$PREFIX" >>"$HOME/.conda/environments.txt"
place() { mkdir -p "${1%/*}"; sed "s|@PREFIX@|$PREFIX|g" >"$1"; }
place ./.condarc <<'EOF'
channels:
  - @CHANNELS@
mirrored_channels:
  conda-forge: ["https://conda.anaconda.org/conda-forge", "https://prefix.dev/conda-forge"]
EOF
place bin/conda <<'EOF'
@CONDA@
EOF
place bin/activate <<'EOF'
#!/bin/sh
_CONDA_ROOT="@PREFIX@"
. "$_CONDA_ROOT/etc/profile.d/conda.sh" || return $?
conda activate "$@"
EOF
place bin/deactivate <<'EOF'
#!/bin/sh
_CONDA_ROOT="@PREFIX@"
. "$_CONDA_ROOT/etc/profile.d/conda.sh" || return $?
conda deactivate "$@"
EOF
place etc/profile.d/conda.sh <<'EOF'
export CONDA_EXE='@PREFIX@/bin/conda'
conda() {
  case "$1" in
    activate | deactivate) eval "$("$CONDA_EXE" shell.posix "$@" || echo false)" ;;
    *) "$CONDA_EXE" "$@" ;;
  esac
}
EOF
place bin/python <<'EOF'
#!/bin/sh
exec @PYTHON@ "$@"
EOF
place conda-meta/history <<'EOF'
==> 2026-01-01 00:00:00 <==
# cmd: constructor
@HISTORY@
EOF
@RECORDS@
@STANDIN@
chmod 755 bin/*
ln bin/conda bin/mamba
ln bin/conda condabin/conda
: >conda-meta/initial-state.explicit.txt
rm -rf install_tmp
echo "installation finished."
"""

# `source activate` and the shell function of the modules ask it; `env list` is what people type first.
_CONDA = r"""#!/bin/sh
find_env() {
  case "$1" in */*) echo "$1"; return ;; base) echo "@PREFIX@"; return ;; esac
  rest="${CONDA_ENVS_PATH:-}:@PREFIX@/envs:"
  while [ -n "$rest" ]; do
    [ ! -d "${rest%%:*}/$1" ] || { echo "${rest%%:*}/$1"; return; }
    rest="${rest#*:}"
  done
  echo "EnvironmentNameNotFound: Could not find conda environment: $1" >&2
  return 1
}
case "$1 $2" in
  "--version ") echo "conda @VERSION@" ;;
  "shell.posix activate")
    found=$(find_env "${3:-base}") || exit 1
    cat <<END
export PATH='$found/bin:$PATH'
export CONDA_PREFIX='$found' CONDA_DEFAULT_ENV='${found##*/}' CONDA_SHLVL='1' CONDA_PROMPT_MODIFIER='(${found##*/}) '
END
    ;;
  "shell.posix deactivate") echo "PATH=\${PATH#\$CONDA_PREFIX/bin:}; export CONDA_PREFIX='' CONDA_SHLVL='0'" ;;
  "env list") ls -d "@PREFIX@" "@PREFIX@"/envs/* ;;
  *) echo "this stand-in knows no such command: $*" >&2; exit 1 ;;
esac"""


def write_installer(
    path: Path,
    *,
    channel: str = CONDA_FORGE,
    body: str = "",
    version: str = "25.3.0",
    menus: bool = True,
    standin: bool = False,
) -> str:
    """Write an installer that brings PACKAGES from a channel, and return its sha256.

    `body` runs before it unpacks; with `standin` its conda is the one of tests/standin, for all shells.
    """
    records = {
        f"{name}-{version}-0.json": {
            "name": name,
            "version": version,
            "license": licence,
            "url": f"{channel}/noarch/{name}-{version}-0.conda",
        }
        for name, licence in PACKAGES.items()
    }
    filled = {
        "@NAME@": "miniforge3",
        "@BODY@": body,
        "@M@": "m" if menus else "",
        "@MENUS@": "-m           disable the creation of menu items / shortcuts" if menus else "",
        "@CONDA@": _CONDA,
        "@VERSION@": version,
        "@CHANNELS@": "defaults" if channel == DEFAULTS else "conda-forge",
        "@PYTHON@": sys.executable,
        "@STANDIN@": _standin() if standin else "",
        "@HISTORY@": "\n".join(f"+{channel}/noarch::{name}-{version}-0" for name in PACKAGES),
        "@RECORDS@": "\n".join(f"echo '{json.dumps(record)}' >conda-meta/{file}" for file, record in records.items()),
    }
    text = _HEADER
    for word, value in filled.items():
        text = text.replace(word, value)
    path.write_text(text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _standin() -> str:
    """Write the files of tests/standin over the simple ones."""
    files = {name: (HERE / source).read_text().replace("@ROOT@", "@PREFIX@") for name, source in FILES.items()}
    files["bin/conda"] = f'#!/bin/sh\nexec {sys.executable} -I {HERE}/program.py "@PREFIX@" "$@"\n'
    return "\n".join(f"place {name} <<'STANDIN'\n{text}STANDIN" for name, text in files.items())


def write_micromamba(path: Path, *, standin: bool = False) -> str:
    """Write a program in the place of micromamba, and return its sha256; with `standin`, that of tests/standin."""
    rest = f'exec {sys.executable} -I {HERE}/program.py "${{0%/bin/*}}" "$@"\n' if standin else ""
    path.write_text(f'#!/bin/sh\n# A stand-in for micromamba.\n[ "$1" = --version ] && echo 2.8.1 && exit\n{rest}')
    return hashlib.sha256(path.read_bytes()).hexdigest()
