# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.__internal__.types`."""

from tidefall._api.__internal__.types import Tensor as Tensor

