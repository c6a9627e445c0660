# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.distribute.coordinator`."""

from collections.abc import Iterable
import tidefall as tf
from tidefall._api._types import PerWorkerDataset
from typing import Any

class ClusterCoordinator:
    """Runs functions on the workers of a cluster, as they are free, whatever becomes of some."""
    @staticmethod
    def __new__(cls, strategy: Any) -> tf.distribute.coordinator.ClusterCoordinator: ...
    def __init__(self, strategy: Any) -> None: ...
    @property
    def strategy(self) -> Any:
        """The strategy."""
    def schedule(self, fn: Any, args: Any = None, kwargs: Any = None) -> tf.distribute.coordinator.RemoteValue:
        """Have a function run by whichever worker is free, and do not wait for it."""
    def join(self) -> None:
        """Wait until all functions have run."""
    def done(self) -> bool:
        """Whether all functions have run."""
    def create_per_worker_dataset(self, dataset_fn: Any) -> PerWorkerDataset:
        """Let each worker have a dataset of its own."""
    def fetch(self, val: Any) -> Any:
        """Wait for values, and return them as NumPy arrays."""
class PerWorkerValue(tf.__internal__.CompositeTensor):
    """Values, one for each worker: a scheduled function is given that of the worker it runs on."""
    def __init__(self, values: Iterable[tf.distribute.coordinator.RemoteValue]) -> None: ...
    def of_worker(self, index: int) -> tf.distribute.coordinator.RemoteValue:
        """The value of one worker."""
class RemoteValue:
    """A value that is there once a worker has run a function."""
    def fetch(self) -> Any:
        """Wait for the value, and return it as NumPy arrays."""
    def get(self) -> Any:
        """Wait for the value, and return it as tensors of this process."""
def experimental_get_current_worker_index() -> tf.Tensor:
    """Return the index of the worker that runs the function this is called in."""
