# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.__internal__.types`."""


class Tensor:
    """What every kind of tensor is, for `isinstance` (`tf.__internal__.types.Tensor`)."""
