"""`tf.distribute.OneDeviceStrategy`: everything on one device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.base import nest
from tidefall.base.exports import export
from tidefall.distribute.context import Entry, entered
from tidefall.distribute.device_names import full_name
from tidefall.distribute.extended import StrategyExtended
from tidefall.distribute.strategy import Strategy
from tidefall.tensor.device_scope import device


class OneDeviceExtended(StrategyExtended):
    """One replica, whose variables are ordinary ones."""

    def create_variable(self, next_creator: Callable[..., Any], **kwargs: Any) -> Any:
        where = kwargs.pop("colocate_with", None)
        with device(where if isinstance(where, str) else self.worker_devices[0]):
            variable = next_creator(**kwargs)
        variable.distribute_strategy = self._strategy
        return variable

    def update(
        self,
        var: Any,
        fn: Callable[..., Any],
        args: Any = (),
        kwargs: Any = None,
        group: bool = True,
    ) -> Any:
        with device(self.worker_devices[0]), entered(Entry(self._strategy, None, update=0)):
            result = fn(var, *args, **(kwargs or {}))
        return result if group else nest.map_structure(self.local_results, result)


@export("distribute.OneDeviceStrategy")
class OneDeviceStrategy(Strategy):
    """Put all variables and computations on one device.

    Args:
        device: its name, such as "/gpu:0".

    >>> import tidefall as tf
    >>> strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    >>> strategy.extended.worker_devices
    ('/job:localhost/replica:0/task:0/device:CPU:0',)
    """

    def __init__(self, device: str):
        super().__init__(OneDeviceExtended(self, [full_name(device)]))
