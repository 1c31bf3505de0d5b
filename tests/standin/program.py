"""A stand-in for the programs `conda` and `micromamba`: `shell` goes to conda.py, the rest is here."""

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent

if __name__ == "__main__":
    if sys.argv[2:] == ["--version"]:
        print("conda 25.3.0")
    else:
        runpy.run_path(str(HERE / "conda.py"), run_name="__main__")
