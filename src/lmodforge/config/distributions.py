"""Distributions as people write them: one model per kind."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from lmodforge.config.base import Model
from lmodforge.config.lifecycle import LifeCycle
from lmodforge.config.naming import (
    AbsolutePath,
    ModuleName,
    Name,
    PublicUrl,
    Sha256,
    Text,
    VersionNumber,
    form,
    mistake,
)

Platform = Literal["linux-x86_64", "linux-aarch64", "linux-ppc64le", "macos-x86_64", "macos-arm64"]
"""Operating system and machine."""

_SETTING = re.compile(r"[a-z][a-z0-9_]*")
_NOT_A_SETTING = {
    "channels": "the `channels` of the site are written there",
    "default_channels": "`defaults` stands for the `channels` of the site there",
}


def _interpreter(text: str) -> str:
    if text not in ("host", "uv") and not text.startswith("/"):
        raise mistake(
            f"`{text}` is not an interpreter", "`host`, `uv`, or an absolute path such as /usr/bin/python3.11"
        )
    return text


def _setting(text: str) -> str:
    if not _SETTING.fullmatch(text):
        raise mistake(f"`{text}` is not a setting of conda's", "write it as `conda config --describe` lists it")
    if text in _NOT_A_SETTING:
        raise mistake(f"`{text}` cannot be set here", _NOT_A_SETTING[text])
    return text


def _setting_value(value: object, inner: ValidatorFunctionWrapHandler) -> object:
    try:
        return inner(value)
    except ValidationError:  # one of each kind of value, in the words of Python's types
        raise mistake("a setting is a text, a list of texts, or a map of texts", "deeper ones are not known") from None


SettingValue = Annotated[Text | tuple[Text, ...] | dict[Text, Text], WrapValidator(_setting_value)]
Setting = Annotated[str, AfterValidator(_setting), form("setting", f"^{_SETTING.pattern}$")]


class ModuleLook(Model):
    """What a module says about itself; the same keys for distributions, environments and tools."""

    summary: Annotated[
        Text, Field(description="One sentence: what it is for. Shown by `module whatis` and `spider`.")
    ] = ""
    keywords: Annotated[tuple[Text, ...], Field(description="Words that `module keyword` finds it by.")] = ()
    url: Annotated[Text, Field(description="Where its users read more.")] = ""
    help: Annotated[Text, Field(description="Added at the end of what `module help` prints.")] = ""
    lifecycle: Annotated[LifeCycle, Field(description="Other names, hidden, deprecated, removed.")] = LifeCycle()


class _Distribution(ModuleLook):
    module: Annotated[
        ModuleName,
        Field(description="Full name of its module, such as `python/3.11.9`; `{version}` stands for the version."),
    ]
    default: Annotated[bool, Field(description="Load this one when the module is named without a version.")] = False


class PythonDistribution(_Distribution):
    """A plain Python: an interpreter that is there, or one that uv installs, in a prefix of its own."""

    kind: Annotated[Literal["python"], Field(description="What kind of distribution it is.")]
    version: Annotated[
        VersionNumber | None, Field(description="Such as 3.11.9 or 3.11; left out: what the interpreter is.")
    ] = None
    interpreter: Annotated[
        str,
        AfterValidator(_interpreter),
        Field(
            description="`host` (the one that runs lmodforge, or one in /usr/bin or /usr/local/bin), an absolute path, "
            "or `uv` (uv downloads it into the prefix)."
        ),
    ] = "host"
    downloads: Annotated[
        PublicUrl | None,
        Field(
            description="For `interpreter: uv` where only a mirror is reached: a list of Pythons with their hashes, "
            "in the form of uv's `--python-downloads-json-url`."
        ),
    ] = None
    prefix: Annotated[AbsolutePath | None, Field(description="Default: the module's name below `paths.software`.")] = (
        None
    )
    environments: Annotated[tuple[Name, ...], Field(description="The environments built for it, by name.")] = ()

    @model_validator(mode="after")
    def _downloads_are_uvs(self) -> PythonDistribution:
        if self.downloads and self.interpreter != "uv":
            raise mistake("`downloads` without `interpreter: uv` does nothing", "add it, or drop `downloads`")
        return self

    @model_validator(mode="after")
    def _uv_needs_a_version(self) -> PythonDistribution:
        if self.interpreter == "uv" and self.version is None:
            raise mistake(
                "`interpreter: uv` needs a `version`", "write the Python that uv shall install, such as 3.12.11"
            )
        return self


class ExistingDistribution(_Distribution):
    """A prefix that somebody else installed: it gets a module and a page, and is never changed."""

    kind: Annotated[Literal["existing"], Field(description="What kind of distribution it is.")]
    version: Annotated[Name, Field(description="The version that its module shows.")]
    prefix: Annotated[AbsolutePath, Field(description="Where it is installed; `bin` below it goes on PATH.")]

    @property
    def environments(self) -> tuple[str, ...]:
        """Nothing is ever built in a prefix of somebody else's."""
        return ()


class InstallerSource(Model):
    """Where an installer comes from, when not from its makers; one of the keys."""

    url: Annotated[PublicUrl | None, Field(description="Exactly this file.")] = None
    mirror: Annotated[
        PublicUrl | None, Field(description="A directory that holds the installers under their makers' names.")
    ] = None
    file: Annotated[AbsolutePath | None, Field(description="A file on this host.")] = None

    @model_validator(mode="after")
    def _one(self) -> InstallerSource:
        if len([source for source in (self.url, self.mirror, self.file) if source]) > 1:
            raise mistake("the installer has several sources", "keep one of `url`, `mirror` and `file`")
        return self


class CondaDistribution(_Distribution):
    """A base prefix with conda packages; the kinds below say which."""

    kind: Annotated[
        Literal["miniforge", "miniconda", "anaconda", "micromamba"],
        Field(description="What kind of distribution it is."),
    ]

    version: Annotated[Name, Field(description="As its makers write it, such as 25.3.0-3 or py312_24.9.2-0.")]
    sha256: Annotated[
        dict[Platform, Sha256],
        Field(
            default_factory=dict,
            description="Hash of the installer per platform, checked before it runs; left out: the one that is known.",
        ),
    ]
    installer: Annotated[
        InstallerSource, Field(description="Where the installer comes from; left out: its makers' site.")
    ] = InstallerSource()
    prefix: Annotated[AbsolutePath | None, Field(description="Default: the module's name below `paths.software`.")] = (
        None
    )
    environments: Annotated[tuple[Name, ...], Field(description="The environments built for it, by name.")] = ()
    condarc: Annotated[
        dict[Setting, SettingValue],
        Field(default_factory=dict, description="Further settings of conda's for the `.condarc` of the prefix."),
    ]


class MiniforgeDistribution(CondaDistribution):
    """Miniforge: conda and mamba with conda-forge."""

    kind: Annotated[Literal["miniforge"], Field(description="What kind of distribution it is.")]
    source: Annotated[
        Literal["installer", "channel"],
        Field(
            alias="from",
            description="`installer`, or `channel`: conda, mamba, python and pip from the `channels`, for places that "
            "reach a mirror but not the download site; conda's version is what stands before the `-` of `version`.",
        ),
    ] = "installer"


class MinicondaDistribution(CondaDistribution):
    """Miniconda: conda with Anaconda's packages, under Anaconda's terms."""

    kind: Annotated[Literal["miniconda"], Field(description="What kind of distribution it is.")]


class AnacondaDistribution(CondaDistribution):
    """Anaconda: conda with several hundred of Anaconda's packages, under Anaconda's terms."""

    kind: Annotated[Literal["anaconda"], Field(description="What kind of distribution it is.")]


class MicromambaDistribution(CondaDistribution):
    """micromamba: a single program, and a root prefix without a base environment."""

    kind: Annotated[Literal["micromamba"], Field(description="What kind of distribution it is.")]


Distribution = Annotated[
    PythonDistribution
    | ExistingDistribution
    | MiniforgeDistribution
    | MinicondaDistribution
    | AnacondaDistribution
    | MicromambaDistribution,
    Field(discriminator="kind"),
]
