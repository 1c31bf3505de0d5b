"""Names and paths that end up in a file name, a modulefile or a shell: what they may hold, and why not more."""

from __future__ import annotations

import re
import shlex
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_COMPONENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_UNSAFE_IN_PATH = re.compile(r"[^A-Za-z0-9/._+@=,-]")
_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*((a|b|rc)[0-9]+)?t?")  # 3.14.0rc1, 3.13t
_LONGEST = 100  # a file name of 255 bytes must hold a name, a version and a digest
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_URL_WITH_SECRET = re.compile(r"\A[a-z+]+://[^/]*@")


def mistake(message: str, hint: str = "") -> PydanticCustomError:
    """Make the error that a validator raises: the loader shows `message` and `hint` with their place in the file."""
    context = {"message": message, "hint": hint}
    return PydanticCustomError("site", "{message}", context)


def shell_words(what: str, text: str) -> list[str]:
    """Split a command or an option as a shell would."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise mistake(f"{what} `{text}` cannot be read: {error}", "quote it as in a shell") from None


def _text(text: str) -> str:
    if found := _CONTROL.search(text):
        raise mistake(f"the text holds a control character, U+{ord(found.group()):04X}", "delete it")
    return text.strip()


def _name(text: str) -> str:
    if not text:
        raise mistake("a name is empty", "letters, digits and . _ + - only, a letter or digit first")
    if not _COMPONENT.fullmatch(text):
        raise mistake(f"`{text}` is not a name", "letters, digits and . _ + - only, a letter or digit first")
    if len(text) > _LONGEST:
        raise mistake(f"a name of {len(text)} characters", f"at most {_LONGEST}: it becomes part of file names")
    return text


def module_name(text: str) -> str:
    """Check a module's full name, `name/version` or `category/name/version`, which is its path in the module tree."""
    if not text.strip():
        raise mistake("a module name is empty", "write name/version, such as `python/3.11.9`")
    if re.search(r"\s", text):
        raise mistake(f"module name `{text}` holds white space", "Lmod takes white space for the end of a name")
    if text.startswith("/"):
        raise mistake(f"module name `{text}` is absolute", "it is a path below the module tree: drop the leading `/`")
    for part in text.split("/"):
        _check_module_part(text, part)
    return text


def _check_module_part(text: str, part: str) -> None:
    if part in ("", "."):
        raise mistake(f"module name `{text}` has an empty part", "write name/version with one `/` between")
    if part == "..":
        raise mistake(f"module name `{text}` leaves the module tree", "`..` may not stand in a module name")
    if part.startswith("."):
        raise mistake(f"module name `{text}` has a part with a leading dot", "Lmod hides what begins with a dot")
    if part.endswith(".lua"):
        raise mistake(
            f"module name `{text}` ends a part with `.lua`", "drop it: that is the file's name, not the module's"
        )
    if len(part) > _LONGEST:
        raise mistake(f"module name `{text}` has a part of {len(part)} characters", f"at most {_LONGEST}")
    if not _COMPONENT.fullmatch(part.replace("{version}", "0")):
        raise mistake(
            f"module name `{text}` has a part `{part}` that Lmod or a shell would not survive",
            "letters, digits and . _ + - only, a letter or digit first",
        )


def digits(version: str) -> tuple[int, ...]:
    """Read the leading numbers of a version: (3, 12) of `3.12`."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, found.group().split("."))) if found else ()


def _version_number(text: str) -> str:
    if not _VERSION.fullmatch(text):
        raise mistake(f"`{text}` is not a version number", "numbers with dots between, such as 3.12 or 8.6.19")
    return text


def absolute_path(text: str) -> str:
    """Check a path for modulefiles, #! lines and PATH: absolute, normal, nothing that a shell reads."""
    if not text.startswith("/"):
        raise mistake(f"path `{text}` is not absolute", "begin it with `/`")
    if found := _UNSAFE_IN_PATH.search(text):
        raise mistake(
            f"path `{text}` holds {found.group()!r}, which no shell, #! line or PATH survives",
            "letters, digits and / . _ + @ = , - only",
        )
    parts = text.rstrip("/").split("/")[1:]
    if not parts or any(part in ("", ".", "..") for part in parts):
        raise mistake(f"path `{text}` is not normal", "no `//`, `/./` or `/../`, and not `/` itself")
    return text.rstrip("/")


def _public_url(text: str) -> str:
    if not re.match(r"(https?|file)://", text):
        raise mistake(f"`{text}` is not a URL", "begin it with https://, http:// or file://")
    if _URL_WITH_SECRET.match(text):
        raise mistake(
            "the URL holds a user name or a token, which would show in logs and locks", "leave it out of the site file"
        )
    return text


def _sha256(text: str) -> str:
    if not _SHA256.fullmatch(text):
        raise mistake(f"`{text}` is not a sha256", "64 hexadecimal digits, lower case")
    return text


def form(name: str, pattern: str) -> WithJsonSchema:
    """Tell editors and the reference what a text must look like; `form` is what people call it."""
    return WithJsonSchema({"type": "string", "format": name, "pattern": pattern})


Text = Annotated[str, AfterValidator(_text)]
Name = Annotated[str, AfterValidator(_name), form("name", f"^{_COMPONENT.pattern}$")]
VersionNumber = Annotated[str, AfterValidator(_version_number), form("version number", f"^{_VERSION.pattern}$")]
ModuleName = Annotated[
    str, AfterValidator(module_name), form("module name", r"^[A-Za-z0-9{][^/\s]*(/[A-Za-z0-9{][^/\s]*)*$")
]
AbsolutePath = Annotated[str, AfterValidator(absolute_path), form("absolute path", r"^(/[^/\s]+)+/?$")]
PublicUrl = Annotated[str, AfterValidator(_public_url), form("URL", "^(https?|file)://")]
Sha256 = Annotated[str, AfterValidator(_sha256), form("sha256", f"^{_SHA256.pattern}$")]
