"""Scenarios of checkpoints; importing this package registers them all."""

from tests.oracle.checkpoints import managers, objects, old_style, options, training, values

__all__ = ["managers", "objects", "old_style", "options", "training", "values"]
