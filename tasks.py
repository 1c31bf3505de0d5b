"""The tasks that `invoke` runs in a checkout; `lmodforge` is the same as a program."""

from lmodforge.tasks import namespace as ns

__all__ = ["ns"]
