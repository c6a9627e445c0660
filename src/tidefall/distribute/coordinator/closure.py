"""One call of a function, to be run on whichever worker is free."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

from tidefall.base import nest
from tidefall.base.errors import CancelledError
from tidefall.distribute.coordinator.dispatch import dispatched_to
from tidefall.distribute.coordinator.per_worker_values import (
    PerWorkerResource,
    PerWorkerValues,
    ResourceOwner,
)
from tidefall.distribute.coordinator.remote_value import FunctionValue, RemoteValue
from tidefall.function.binding import flat_concrete_arguments
from tidefall.function.concrete import ConcreteFunction
from tidefall.function.polymorphic import Function
from tidefall.tensor.tensor import TypedTensor


class _Slot:
    """Stands, in the inputs of a closure, for a tensor that each worker has its own of.

    Args:
        values: what the tensor is a component of.
        component: which component.
    """

    __slots__ = ("__weakref__", "_component", "_values")
    per_call = True
    """Traces of functions do not keep it."""

    def __init__(self, values: PerWorkerValues, component: int):
        self._values = values
        self._component = component

    def of_worker(self, index: int, life: int) -> Any:
        value = self._values.of_worker(index)
        found = value.in_life(life) if isinstance(value, PerWorkerResource) else value.get()
        return nest.flatten(found, expand_composites=True)[self._component]


class Closure:
    """A traced function with its flat arguments.

    The value it returns is given to its caller; it is filled in as long as somebody holds it.

    Args:
        function: the function.
        arguments: its flat arguments, without captures.
        value: what it returns.
    """

    __slots__ = ("_arguments", "_function", "_slots", "_value")

    def __init__(self, function: ConcreteFunction, arguments: Sequence[Any], value: FunctionValue):
        self._function = function
        self._arguments = arguments
        self._slots = [(i, t.storage) for i, t in enumerate(arguments) if _is_slot(t)]
        self._value = weakref.ref(value)

    @property
    def name(self) -> str:
        """The name of the function."""
        return self._function.name

    def run_on(self, worker: ResourceOwner, life: int) -> Sequence[Any]:
        """Run it, and return its flat outputs.

        Args:
            worker: the worker.
            life: in which of its lives, which decides on the resources that it takes.
        """
        inputs = list(self._arguments)
        for position, slot in self._slots:
            inputs[position] = slot.of_worker(worker.index, life)
        with dispatched_to(worker.index):
            inputs += self._function.captured_inputs
            return worker.task.run(self._function, inputs)

    def succeed(self, outputs: Sequence[Any]) -> None:
        """Give the flat outputs to the function's value."""
        value = self._value()
        if value is not None:
            value.succeed(outputs)

    def fail(self, error: BaseException) -> None:
        """Let the function's value raise an error."""
        value = self._value()
        if value is not None:
            value.fail(error)

    def cancel(self) -> None:
        """Let the function's value say that it was not run."""
        self.fail(
            CancelledError(
                None,
                None,
                "The corresponding function is cancelled. Please reschedule the function.",
            )
        )


def make_closure(fn: Any, args: Any, kwargs: Any) -> tuple[Closure, FunctionValue]:
    """Trace a function, if it was not yet, for arguments like these.

    Returns:
        The closure, and the value it will have.

    Raises:
        TypeError: for anything but a `tf.function` or a concrete function.
        ValueError: for arguments that are values of scheduled functions.
    """
    if not isinstance(fn, (Function, ConcreteFunction)):
        raise TypeError(
            "`tf.distribute.coordinator.ClusterCoordinator.schedule` only accepts a `tf.function` "
            f"or a concrete function. Received: {fn!r}"
        )
    args, kwargs = tuple(args or ()), dict(kwargs or {})
    if any(isinstance(item, RemoteValue) for item in nest.flatten((args, kwargs))):
        raise ValueError(
            "`tf.distribute.experimental.coordinator.RemoteValue` used as an input to scheduled "
            "function is not yet supported: fetch it first."
        )
    args, kwargs = nest.map_structure(_for_any_worker, (args, kwargs))
    if isinstance(fn, ConcreteFunction):
        function, arguments = fn, flat_concrete_arguments(fn, args, kwargs)
    else:
        function, arguments = fn.get_concrete_function(*args, **kwargs), fn.flat(args, kwargs)
    value = FunctionValue(function)
    return Closure(function, arguments, value), value


def _for_any_worker(item: Any) -> Any:
    """What stands for per-worker values while a function is traced, and until a worker is known."""
    if not isinstance(item, PerWorkerValues):
        return item
    spec = item.of_worker(0)._type_spec
    if spec is None:
        raise ValueError("The values of scheduled functions cannot be the input of another one.")
    parts = [
        TypedTensor(_Slot(item, i), part.dtype)
        for i, part in enumerate(nest.flatten(spec, expand_composites=True))
    ]
    return nest.pack_sequence_as(spec, parts, expand_composites=True)


def _is_slot(tensor: Any) -> bool:
    return isinstance(tensor, TypedTensor) and isinstance(tensor.storage, _Slot)
