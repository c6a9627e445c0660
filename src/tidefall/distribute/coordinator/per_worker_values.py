"""Values of which each worker has its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from tidefall.base.composite import CompositeTensor
from tidefall.base.exports import export
from tidefall.distribute.coordinator.remote_value import RemoteValue, as_arrays
from tidefall.distribute.coordinator.tasks import WorkerTask
from tidefall.tensor import type_spec_registry
from tidefall.tensor.type_spec import TypeSpec


class ResourceOwner(Protocol):
    """A worker, for the resources that it has.

    Attributes:
        index: its number.
        task: the process.
        life: how often it was lost.
    """

    @property
    def index(self) -> int: ...

    @property
    def task(self) -> WorkerTask: ...

    @property
    def life(self) -> int: ...


class PerWorkerResource(RemoteValue):
    """What one worker has of a resource.

    It is made when a function first needs it, and again after the worker was lost.

    Args:
        build: makes it for a worker.
        owner: the worker.
        type_spec: the type of what is made, for the tracing of functions that take it.
    """

    def __init__(self, build: Callable[[ResourceOwner], Any], owner: ResourceOwner, type_spec: Any):
        self._build = build
        self._owner = owner
        self._type_spec = type_spec
        self._lock = threading.Lock()
        self._life = -1
        self._value: Any = None

    def get(self) -> Any:
        """The resource, made if need be."""
        return self.in_life(self._owner.life)

    def in_life(self, life: int) -> Any:
        """The resource of one life of the worker, made if need be."""
        with self._lock:
            if self._life == life:
                return self._value
        # Not under the lock: this may be stuck for ever on a worker that hangs, and in its next
        # life the worker makes another one.
        value = self._build(self._owner)
        with self._lock:
            if self._life < life:
                self._life, self._value = life, value
            return self._value if self._life == life else value

    def fetch(self) -> Any:
        return as_arrays(self.get())


@export(
    "distribute.coordinator.PerWorkerValue", "distribute.experimental.coordinator.PerWorkerValues"
)
class PerWorkerValues(CompositeTensor):
    """Values, one for each worker: a scheduled function is given that of the worker it runs on.

    `iter` of what `ClusterCoordinator.create_per_worker_dataset` returns is one, of iterators.

    Args:
        values: a `RemoteValue` for each worker.

    Raises:
        AssertionError: for other values.

    >>> import tidefall as tf
    >>> tf.distribute.coordinator.PerWorkerValue is (
    ...     tf.distribute.experimental.coordinator.PerWorkerValues
    ... )
    True
    """

    def __init__(self, values: Iterable[RemoteValue]):
        self._values = tuple(values)
        for value in self._values:
            if not isinstance(value, RemoteValue):
                raise AssertionError("`PerWorkerValues` should only take `RemoteValue`s.")

    def of_worker(self, index: int) -> RemoteValue:
        """The value of one worker."""
        return self._values[index]

    @property
    def _type_spec(self) -> PerWorkerValuesSpec:
        return PerWorkerValuesSpec(self._values[0]._type_spec)


@type_spec_registry.register("tf.PerWorkerValuesSpec")
class PerWorkerValuesSpec(TypeSpec):
    """The type of values that each worker has one of.

    Args:
        value_spec: the type of the value of one worker.
    """

    __slots__ = ("_value_spec",)

    def __init__(self, value_spec: Any):
        self._value_spec = value_spec

    @property
    def value_type(self) -> type[PerWorkerValues]:
        return PerWorkerValues

    def _serialize(self) -> tuple[Any, ...]:
        return (self._value_spec,)

    @property
    def _component_specs(self) -> Any:
        return self._value_spec

    def _to_components(self, value: PerWorkerValues) -> Any:
        return self._value_spec

    def _from_components(self, components: Any) -> Any:
        return components


class PerWorkerDistributedIterator(PerWorkerValues):
    """The iterators of all workers over a per-worker dataset."""

    def __next__(self) -> Any:
        return self.get_next()

    def get_next(self) -> Any:
        """Raise: a scheduled function, which is given one worker's iterator, calls it."""
        raise NotImplementedError(
            "Iterating over an `AsyncDistributedIterator` is not supported right now: give it to a "
            "function in `ClusterCoordinator.schedule`, which calls `next` of its worker's "
            "iterator."
        )
