# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.types.experimental.distributed`."""

from tidefall._api.types.experimental.distributed import Mirrored as Mirrored
from tidefall._api.types.experimental.distributed import PerReplica as PerReplica

