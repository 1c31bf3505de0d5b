"""Which licence a package from an index states, read from its metadata once it is installed; nothing is concluded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from packaging.utils import canonicalize_name

from lmodforge.apply.system import System
from lmodforge.receipts.models import PackageEntry

_DIST_INFO = re.compile(r"(?P<name>.+)-[^-]+\.dist-info")
_LIBRARY = re.compile(r"python3\.\d+t?")
_LONGEST = 60
"""Of what counts as a name: some packages put the whole text of their licence into this field."""
_SPDX = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "zlib/libpng License": "Zlib",
}
"""What the trove classifiers of PyPI are called otherwise."""


def entries(packages: Iterable[tuple[str, str]], prefix: str, system: System) -> tuple[PackageEntry, ...]:
    """Return name, version and licence of packages that are installed in a prefix."""
    licences = dict(_licences(prefix, system))
    return tuple(
        PackageEntry(name=name, version=version, licence=licences.get(canonicalize_name(name), ""))
        for name, version in packages
    )


def _licences(prefix: str, system: System) -> Iterator[tuple[str, str]]:
    for library in filter(_LIBRARY.fullmatch, system.names(f"{prefix}/lib")):
        packages = f"{prefix}/lib/{library}/site-packages"
        for name in system.names(packages):
            if found := _DIST_INFO.fullmatch(name):
                metadata = system.read(f"{packages}/{name}/METADATA") or b""
                yield canonicalize_name(found["name"]), licence_of(metadata.decode(errors="replace"))


def licence_of(metadata: str) -> str:
    """Read the licence from a METADATA file: its SPDX expression, else its classifiers, else a short name."""
    head = metadata.partition("\n\n")[0]
    fields = re.findall(r"^(License-Expression|License|Classifier): *(.*)$", head, re.MULTILINE)
    expressions = [value for name, value in fields if name == "License-Expression"]
    classified = [value.rpartition(" :: ")[2] for name, value in fields if value.startswith("License :: ")]
    named = [_SPDX.get(each, each) for each in classified if each != "OSI Approved"]
    written = [value for name, value in fields if name == "License" and value not in ("", "UNKNOWN")]
    short = [value for value in written if len(value) <= _LONGEST]
    return next(filter(None, [*expressions, ", ".join(dict.fromkeys(named)), *short]), "").strip()
