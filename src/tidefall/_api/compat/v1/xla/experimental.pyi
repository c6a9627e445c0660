# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.xla.experimental`."""

from tidefall._api.xla.experimental import compile as compile
from tidefall._api.xla.experimental import jit_scope as jit_scope

