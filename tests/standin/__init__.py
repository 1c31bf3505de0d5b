"""Make a stand-in for a conda prefix: the files that a conda prefix has for shells, and conda.py as its `conda`."""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
FILES = {
    "etc/profile.d/conda.sh": "conda.sh",
    "etc/profile.d/conda.csh": "conda.csh",
    "etc/fish/conf.d/conda.fish": "conda.fish",
    "bin/activate": "activate",
}
# As gdal's scripts do: a variable that is unset breaks them under `set -u`.
SET = 'if [ "$GDAL_DATA" ]; then export _OLD_GDAL="$GDAL_DATA"; fi\nexport GDAL_DATA="$CONDA_PREFIX/share/gdal"\n'
UNSET = 'unset GDAL_DATA\nif [ "$_OLD_GDAL" ]; then export GDAL_DATA="$_OLD_GDAL"; unset _OLD_GDAL; fi\n'
GDAL = {
    "activate.d/gdal.sh": SET,
    "deactivate.d/gdal.sh": UNSET,
    "activate.d/gdal.csh": 'setenv GDAL_DATA "$CONDA_PREFIX/share/gdal"\n',
    "deactivate.d/gdal.csh": "unsetenv GDAL_DATA\n",
    "activate.d/gdal.fish": "set -gx GDAL_DATA $CONDA_PREFIX/share/gdal\n",
    "deactivate.d/gdal.fish": "set -e GDAL_DATA\n",
}


def make_conda(root: Path, environments=("sci", "ml")) -> Path:
    """Make a prefix with environments; the first has activation scripts and a declared variable."""
    first = environments[0]
    files = {name: (HERE / source).read_text().replace("@ROOT@", str(root)) for name, source in FILES.items()}
    files |= {
        "bin/conda": f'#!/bin/sh\nexec {sys.executable} -ISE "{HERE}/conda.py" "{root}" "$@"\n',
        "bin/micromamba": f'#!/bin/sh\nexec "{root}/bin/conda" "$@"\n',
        "condabin/conda": f'#!/bin/sh\nexec "{root}/bin/conda" "$@"\n',
        "conda-meta/history": "",
        f"envs/{first}/conda-meta/state": json.dumps({"env_vars": {"SCI_DECLARED": "declared"}}),
        **{f"envs/{first}/etc/conda/{name}": text for name, text in GDAL.items()},
        **{f"envs/{name}/conda-meta/history": "" for name in environments},
        **{f"envs/{name}/bin/python": "#!/bin/sh\n" for name in environments},
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if "bin/" in name else 0o644)
    return root
