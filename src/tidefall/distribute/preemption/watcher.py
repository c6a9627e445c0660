"""`PreemptionWatcher`, which tells programs that train on TPUs why these went away."""

from __future__ import annotations

from tidefall.base.exports import export
from tidefall.base.logs import get_logger


@export("distribute.experimental.PreemptionWatcher")
class PreemptionWatcher:
    """Knows whether the TPUs of a program were preempted: here never, as there are none.

    >>> import tidefall as tf
    >>> watcher = tf.distribute.experimental.PreemptionWatcher()
    >>> print(watcher.preemption_message)
    None
    """

    def __init__(self) -> None:
        get_logger().warning(
            "PreemptionWatcher only watches TPUs, of which there are none; "
            "tf.distribute.experimental.PreemptionCheckpointHandler takes SIGTERM as a notice."
        )

    @property
    def preemption_message(self) -> str | None:
        """What the preempted worker said; None if no worker was preempted."""
        return None

    def block_until_worker_exit(self) -> None:
        """Wait until preempted workers are gone."""
