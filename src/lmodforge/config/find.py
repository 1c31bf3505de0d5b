"""Find the site file that somebody means: a file, or a name among the site-configs here and those that are shipped."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from lmodforge.config.shipped import shipped
from lmodforge.errors import SiteError

_FOLDER = "site-configs"


def find_site(text: str, cwd: Path) -> Path:
    """Find the file for what follows `--site`; raises SiteError when there is none.

    What lies below `cwd`, the current directory, is named from there: that is how messages show it.
    """
    if "/" in text or text.endswith((".yaml", ".yml")):
        return _file(text, cwd)
    for folder in _folders(cwd):
        if (path := folder / f"{text}.yaml").is_file():
            return _as_seen_from(path, cwd)
    names = site_names(cwd)
    near = "".join(f"did you mean `{name}`? " for name in get_close_matches(text, names, 1))
    raise SiteError(f"there is no site `{text}`", f"{near}write the path of a file or one of: {', '.join(names)}")


def site_names(cwd: Path) -> list[str]:
    """List the sites that have a name; a file whose name begins with `_` is a base of others."""
    found = {path.stem for folder in _folders(cwd) for path in folder.glob("*.yaml")}
    return sorted(name for name in found if not name.startswith("_"))


def _folders(cwd: Path) -> tuple[Path, Path]:
    return cwd / _FOLDER, shipped(_FOLDER)


def _file(text: str, cwd: Path) -> Path:
    path = cwd / text
    if not path.is_file():
        raise SiteError(f"there is no file `{text}`", "`invoke init` writes a site file to begin with")
    return _as_seen_from(path, cwd)


def _as_seen_from(path: Path, cwd: Path) -> Path:
    """Shorten a path for messages; what is not below `cwd` stays absolute."""
    return path.relative_to(cwd) if path.is_relative_to(cwd) else path
