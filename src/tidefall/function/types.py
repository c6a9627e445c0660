"""`tf.types.experimental`: the types of functions and of their arguments."""

from __future__ import annotations

import abc
import inspect
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from tidefall.base.exports import export
from tidefall.tensor.type_spec import TypeSpec


@export("types.experimental.TraceType")
class TraceType(abc.ABC):
    """What an object is to `tf.function`: calls with equal types share a trace.

    Classes of your own say their type with a method `__tf_tracing_type__(self, context)`. The types
    of tensors, such as `tf.TensorSpec`, are trace types.

    >>> import tidefall as tf
    >>> isinstance(tf.TensorSpec([2]), tf.types.experimental.TraceType)
    True
    """

    @abc.abstractmethod
    def is_subtype_of(self, other: TraceType) -> bool:
        """Whether a trace made for `other` serves objects of this type."""

    @abc.abstractmethod
    def most_specific_common_supertype(self, others: Sequence[TraceType]) -> TraceType | None:
        """The narrowest type that covers this one and `others`; None if there is none."""

    @abc.abstractmethod
    def placeholder_value(self, placeholder_context: Any) -> Any:
        """What stands for an object of this type while a function is traced."""

    def to_tensors(self, value: Any) -> list[Any]:
        """The tensors inside a value of this type."""
        return []

    def from_tensors(self, tensors: Iterator[Any]) -> Any:
        """A value of this type, made of tensors."""
        return self.placeholder_value(None)

    def flatten(self) -> list[TraceType]:
        """The types of the tensors inside."""
        return []

    def cast(self, value: Any, cast_context: Any) -> Any:
        """A value as one of this type.

        Raises:
            AssertionError: if it is of another type.
        """
        given = value
        if hasattr(value, "__tf_tracing_type__"):
            given = value.__tf_tracing_type__(cast_context)
        if given != self:
            raise AssertionError(f"Can not cast {value!r} to type {self!r}")
        return value

    @abc.abstractmethod
    def __hash__(self) -> int: ...

    @abc.abstractmethod
    def __eq__(self, other: object) -> bool: ...


TraceType.register(TypeSpec)


@export("types.experimental.SupportsTracingProtocol")
@runtime_checkable
class SupportsTracingProtocol(Protocol):
    """Objects that say which type they are to `tf.function`.

    >>> import tidefall as tf
    >>> class Named:
    ...     def __tf_tracing_type__(self, context):
    ...         return tf.TensorSpec([])
    >>> isinstance(Named(), tf.types.experimental.SupportsTracingProtocol)
    True
    """

    @abc.abstractmethod
    def __tf_tracing_type__(self, context: Any) -> TraceType:
        """The type of the object."""
        ...


@export("types.experimental.FunctionType")
class FunctionType(inspect.Signature):
    """The parameters of a function with their types, and the type of what it returns.

    >>> import tidefall as tf
    >>> print(tf.types.experimental.FunctionType.from_callable(lambda a, b=2: a))
    (a, b=2)
    """

    @classmethod
    def from_callable(cls, obj: Any, *, follow_wrapped: bool = True) -> FunctionType:  # type: ignore[override]
        """The parameters of a Python function."""
        return super().from_callable(obj, follow_wrapped=follow_wrapped)

    @property
    def output(self) -> Any:
        """The type of what is returned; None where it is not known."""
        found = self.return_annotation
        return None if found is inspect.Signature.empty else found


@export("types.experimental.Callable")
class TensorCallable:
    """Base of what can be called with tensors.

    >>> import tidefall as tf
    >>> isinstance(tf.function(lambda x: x), tf.types.experimental.Callable)
    True
    """

    @property
    def function_type(self) -> FunctionType:
        """The parameters and their types."""
        raise NotImplementedError


@export("types.experimental.AtomicFunction")
class AtomicFunction(TensorCallable):
    """One graph as a function, without gradients.

    >>> import tidefall as tf
    >>> issubclass(tf.types.experimental.AtomicFunction, tf.types.experimental.Callable)
    True
    """

    @property
    @abc.abstractmethod
    def function_type(self) -> FunctionType:
        """The parameters and their types."""

    def call_with_captures(self, args: Any, kwargs: Any, captures: Any) -> Any:
        """Call with arguments, and with values in place of what was captured."""
        raise NotImplementedError
