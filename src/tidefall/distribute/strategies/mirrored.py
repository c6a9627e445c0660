"""`tf.distribute.MirroredStrategy`: the same model on each of several devices of this process."""

from __future__ import annotations

from collections.abc import Sequence

from tidefall.base.exports import export
from tidefall.base.logs import get_logger
from tidefall.distribute.cross_device_ops import CrossDeviceOps
from tidefall.distribute.device_names import check_different, full_name, local_devices
from tidefall.distribute.extended import StrategyExtended
from tidefall.distribute.strategy import Strategy


@export("distribute.MirroredStrategy")
class MirroredStrategy(Strategy):
    """Train on several devices of this machine at once.

    Each variable has a component on each device, and all components change alike: gradients are
    summed over the replicas first.

    Args:
        devices: names of devices, such as `["/gpu:0", "/gpu:1"]`; by default, and for an empty
            list, all GPUs, or the CPU if there is none.
        cross_device_ops: a `tf.distribute.CrossDeviceOps`; None chooses.

    Raises:
        ValueError: for a device that is named twice.

    >>> import tidefall as tf
    >>> strategy = tf.distribute.MirroredStrategy(["/cpu:0"])
    >>> with strategy.scope():
    ...     weight = tf.Variable(1.0)
    >>> strategy.num_replicas_in_sync
    1
    """

    def __init__(
        self, devices: Sequence[str] | None = None, cross_device_ops: CrossDeviceOps | None = None
    ):
        names = [full_name(d) for d in devices] if devices else local_devices()
        check_different(names)
        super().__init__(StrategyExtended(self, names, cross_device_ops))
        get_logger().info("Using MirroredStrategy with devices %r", tuple(names))
