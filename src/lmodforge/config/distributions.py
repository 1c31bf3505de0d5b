"""Distributions as people write them: one model per kind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from lmodforge.config.base import Model
from lmodforge.config.lifecycle import LifeCycle
from lmodforge.config.naming import AbsolutePath, ModuleName, Name, PublicUrl, Text, VersionNumber, mistake


def _interpreter(text: str) -> str:
    if text not in ("host", "uv") and not text.startswith("/"):
        raise mistake(
            f"`{text}` is not an interpreter", "`host`, `uv`, or an absolute path such as /usr/bin/python3.11"
        )
    return text


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


Distribution = Annotated[PythonDistribution | ExistingDistribution, Field(discriminator="kind")]
