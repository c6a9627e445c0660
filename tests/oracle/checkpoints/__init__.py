"""Scenarios of checkpoints; importing this package registers them all."""

from tests.oracle.checkpoints import (
    formats,
    managers,
    objects,
    old_style,
    options,
    partitions,
    training,
    values,
)

__all__ = [
    "formats",
    "managers",
    "objects",
    "old_style",
    "options",
    "partitions",
    "training",
    "values",
]
