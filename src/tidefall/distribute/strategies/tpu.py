"""`tf.distribute.TPUStrategy`: for `isinstance`, and to say that there are no TPUs."""

from __future__ import annotations

from typing import Any

from tidefall.base.exports import export
from tidefall.distribute.cluster_resolver.tpu import TPUClusterResolver
from tidefall.distribute.strategy import Strategy
from tidefall.distribute.tpu.system import no_tpu


@export("distribute.TPUStrategy")
class TPUStrategy(Strategy):
    """Training on TPUs, which Tidefall does not have: it cannot be made.

    Args:
        tpu_cluster_resolver: which TPUs; by default what the environment names.
        experimental_device_assignment: a `tf.tpu.experimental.DeviceAssignment`.
        experimental_spmd_xla_partitioning: whether XLA partitions the program.

    Raises:
        ValueError: if nothing names a TPU.
        NotFoundError: else.

    >>> import tidefall as tf
    >>> isinstance(tf.distribute.get_strategy(), tf.distribute.TPUStrategy)
    False
    """

    def __init__(
        self,
        tpu_cluster_resolver: TPUClusterResolver | None = None,
        experimental_device_assignment: Any = None,
        experimental_spmd_xla_partitioning: bool = False,
    ):
        raise no_tpu(tpu_cluster_resolver or TPUClusterResolver(""))


@export("distribute.experimental.TPUStrategy", "compat.v1.distribute.experimental.TPUStrategy")
class TPUStrategyV1(Strategy):
    """The older name of `tf.distribute.TPUStrategy`; it cannot be made either.

    Args:
        tpu_cluster_resolver: which TPUs; by default what the environment names.
        device_assignment: a `tf.tpu.experimental.DeviceAssignment`.

    Raises:
        ValueError: if nothing names a TPU.
        NotFoundError: else.
    """

    def __init__(
        self, tpu_cluster_resolver: TPUClusterResolver | None = None, device_assignment: Any = None
    ):
        raise no_tpu(tpu_cluster_resolver or TPUClusterResolver(""))
