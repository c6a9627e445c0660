"""What a call looks like to the cache of traces.

A call is described by a skeleton (structure, dtypes, Python values, identities) and by the shapes
of its tensors. Equal skeleton and shapes mean the same trace; equal skeletons alone mean that a
trace with more general shapes can serve both.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from tidefall.base import dtypes, nest
from tidefall.base.composite import CompositeTensor
from tidefall.base.dtypes import DType
from tidefall.base.nest_nodes import ATTRS, CUSTOM, children, kind_of
from tidefall.base.state import state
from tidefall.function.variable_arguments import is_argument, spec_of
from tidefall.tensor.conversion import constant
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import EagerTensor, Tensor
from tidefall.tensor.type_spec import TypeSpec

_OBJECTS = frozenset({dtypes.resource, dtypes.variant})
LITERALS = (int, float, bool, str, bytes, complex, type(None))


def encode(value: Any, leaves: list[Any], shapes: list[Any]) -> Any:
    """Describe a value: returns its skeleton, and appends its tensors and their shapes."""
    kind = type(value)
    if kind is EagerTensor:
        array = value.storage
        leaves.append(value)
        shapes.append(array.shape)
        return array.dtype
    if kind is int or kind is str or kind is float or kind is bool or value is None:
        return kind, value
    if kind is tuple or kind is list:
        return kind, *[encode(item, leaves, shapes) for item in value]
    if kind is dict:
        return kind, *[(key, encode(value[key], leaves, shapes)) for key in sorted_keys(value)]
    return _encode_other(value, leaves, shapes)


def _dtype_key(dtype: DType) -> Any:
    """NumPy's dtype where there is one, so that eager and symbolic arguments look alike."""
    if dtype.is_numpy_compatible and not dtype.is_quantized and dtype not in _OBJECTS:
        return np.dtype(dtype.as_numpy_dtype)
    return dtype


def sorted_keys(mapping: Mapping[Any, Any]) -> Iterable[Any]:
    """The keys in the order in which calls flatten them."""
    try:
        return sorted(mapping)
    except TypeError:
        return list(mapping)


def _encode_other(value: Any, leaves: list[Any], shapes: list[Any]) -> Any:
    if isinstance(value, Tensor):
        leaves.append(value)
        shape = value.shape
        shapes.append(None if shape.rank is None else tuple(shape.as_list()))
        return _dtype_key(value.dtype)
    if isinstance(value, TensorSpec):
        leaves.append(value)
        shapes.append(None if value.shape.rank is None else tuple(value.shape.as_list()))
        return _dtype_key(value.dtype)
    if isinstance(value, (np.ndarray, np.generic)):
        return encode(_outside(value), leaves, shapes)
    if isinstance(value, CompositeTensor):
        spec = value._type_spec
        for part in nest.flatten(value, expand_composites=True):
            encode(part, leaves, shapes)
        return "composite", spec
    if isinstance(value, TypeSpec):
        for part in nest.flatten(value, expand_composites=True):
            encode(part, leaves, shapes)
        return "composite", value
    if is_argument(value):
        spec = spec_of(value, leaves)
        if not any(leaf is value.handle for leaf in leaves):
            leaves.append(value.handle)
            shapes.append(())
        return "variable", spec
    if getattr(value, "_is_variable", False):
        return "variable", _identity(value)
    node = kind_of(value)
    if node in (ATTRS, CUSTOM):
        parts = [encode(item, leaves, shapes) for item in children(value, node)]
        return type(value), _metadata_key(value, node), *parts
    if isinstance(value, (list, tuple)):
        return type(value), *[encode(item, leaves, shapes) for item in value]
    if isinstance(value, Mapping):
        items = [(key, encode(value[key], leaves, shapes)) for key in sorted_keys(value)]
        return type(value), *items
    if isinstance(value, LITERALS):
        return type(value), value
    if is_foreign_array(value):
        return encode(_outside(np.asarray(value)), leaves, shapes)
    if hasattr(value, "__tf_tracing_type__"):
        return "trace type", value.__tf_tracing_type__(None)
    if type(value).__hash__ is None:
        raise TypeError(
            f"Could not generate a generic TraceType for {value!r}: it can change, and a trace "
            "made for what it holds now would not know. Pass a tuple, a frozenset or a hashable "
            "object, or what it holds as tensors."
        )
    return "object", _identity(value)


def is_foreign_array(value: Any) -> bool:
    """True for an array of another library, one of jax say, that NumPy can read."""
    return (
        hasattr(value, "__array__")
        and hasattr(value, "dtype")
        and not isinstance(value, type)
        and not hasattr(value, "_should_act_as_resource_variable")
    )


def _metadata_key(value: Any, node: int) -> Any:
    """What a dataclass says of itself apart from its tensors."""
    return None if node == ATTRS else encode(value.__tf_flatten__()[0], [], [])


def _outside(value: Any) -> Any:
    """A tensor for an array argument, made outside of any graph being built."""
    if state.graph is None:
        return constant(value)
    return state.graph.capture(EagerTensor(np.array(value)))


class Identity:
    """Equal for the same object only, without keeping it alive."""

    __slots__ = ("_hash", "_ref")

    def __init__(self, target: Any):
        self._hash = id(target)
        try:
            self._ref: Callable[[], Any] = weakref.ref(target)
        except TypeError:
            self._ref = lambda: target

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Identity) or self._hash != other._hash:
            return False
        mine = self._ref()
        return mine is not None and mine is other._ref()

    def __repr__(self) -> str:
        target = self._ref()
        return "<an object that is gone>" if target is None else repr(target)

    def describe(self) -> str:
        """The object as the type of an argument, in TensorFlow's words."""
        return f"Weakref[{self!r}]"

    @property
    def alive(self) -> bool:
        """Whether the object still exists."""
        return self._ref() is not None


def _identity(value: Any) -> Identity:
    return Identity(value)
