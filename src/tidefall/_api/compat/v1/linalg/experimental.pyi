# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.linalg.experimental`."""

from tidefall._api.linalg.experimental import conjugate_gradient as conjugate_gradient

