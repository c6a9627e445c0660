"""The graph of a concrete function as a function by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidefall.function.types import AtomicFunction, FunctionType

if TYPE_CHECKING:
    from tidefall.function.concrete import ConcreteFunction


class InferenceFunction(AtomicFunction):
    """A traced graph, run as it is: no tape follows what happens inside."""

    def __init__(self, function: ConcreteFunction):
        self._function = function
        self.name = function.name
        self.graph = function.graph

    @property
    def function_type(self) -> FunctionType:
        return self._function.function_type

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call a function that captures nothing."""
        return self.call_with_captures(args, kwargs, self._function.captured_inputs)

    def call_with_captures(self, args: Any, kwargs: Any, captures: Any) -> Any:
        """Call with arguments, and with values in place of what was captured.

        Raises:
            ValueError: for another number of captures than there are.
        """
        function, wanted = self._function, len(self.graph.captures)
        if len(captures) != wanted:
            raise ValueError(f"{self.name} captures {wanted} tensors. Received: {len(captures)}")
        return function.call_with_captures(tuple(args), dict(kwargs), captures)

    def __repr__(self) -> str:
        return f"<AtomicFunction> {self.name}{self.function_type}"
