"""Storage as users are told about it: how much, how many files, and which command says how full it is."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lmodforge.config.base import Model
from lmodforge.config.naming import Text
from lmodforge.config.scheduler import Size


class Storage(Model):
    """A file system on which users have a quota."""

    path: Annotated[Text, Field(description="A user's directory, such as `/home/{user}` or `/project/{pi}`.")]
    summary: Annotated[Text, Field(description="What belongs there.")] = ""
    quota: Annotated[Size | None, Field(description="How much a user may keep, such as `30 GB`.")] = None
    files: Annotated[int | None, Field(ge=1, description="How many files a user may keep.")] = None
    per: Annotated[Text, Field(description="Whose quota it is, such as `user` or `group`.")] = "user"
    backup: Annotated[Text, Field(description="How it is backed up, such as `daily snapshots`; left out: unsaid.")] = ""
    purged: Annotated[Text, Field(description="When files are removed, such as `30 days after the last use`.")] = ""
    check: Annotated[Text, Field(description="The command that tells users what they use, such as `quota -s`.")] = ""
