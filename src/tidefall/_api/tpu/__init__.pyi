# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.tpu`."""

from tidefall._api.tpu import experimental as experimental
from typing import Any
from typing import NamedTuple

class XLAOptions(NamedTuple):
    """How XLA compiles for TPUs, for `tf.distribute.RunOptions`; it changes nothing here."""
    use_spmd_for_xla_partitioning: Any = True
    enable_xla_dynamic_padder: Any = True
    use_shardy_partitioner: Any = False
