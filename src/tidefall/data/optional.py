"""`tf.experimental.Optional`: an element that may be missing, as a value of graphs."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.composite import CompositeTensor
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.data.engine.structure import Structure, normalize
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import TypedTensor
from tidefall.tensor.type_spec import TypeSpec

_COMPONENTS = [TensorSpec([], dtypes.variant)]


class OptionalValue:
    """What an optional's variant tensor holds: flat raw values, or None."""

    __slots__ = ("values",)
    per_call = True
    takes_device_arrays = True  # whoever made one need not wait for what compiled code computes

    def __init__(self, values: Sequence[Any] | None):
        self.values = values

    def __repr__(self) -> str:
        return "<empty optional>" if self.values is None else "<optional>"


def _scalar(c: Inference) -> TensorShape:
    return TensorShape([])


def _value_shapes(c: Inference) -> list[TensorShape]:
    return [TensorShape(shape) for shape in c.attr("output_shapes")]


def _has_value(optional: OptionalValue) -> np.ndarray:
    return np.array(optional.values is not None)


def _get_value(optional: OptionalValue) -> Sequence[Any]:
    if optional.values is None:
        raise InvalidArgumentError(None, None, "The given optional does not have a value.")
    return optional.values


from_value_op = op(
    "OptionalFromValue",
    shape=_scalar,
    host=OptionalValue,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
none_op = op(
    "OptionalNone",
    shape=_scalar,
    host=lambda: OptionalValue(None),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
has_value_op = op(
    "OptionalHasValue", shape=_scalar, host=_has_value, effects=PURE, gradient=NOT_DIFFERENTIABLE
)
get_value_op = op(
    "OptionalGetValue",
    shape=_value_shapes,
    host=_get_value,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("experimental.Optional", "data.experimental.Optional")
class Optional(CompositeTensor):
    """A value that may or may not be there.

    >>> import tidefall as tf
    >>> optional = tf.experimental.Optional.from_value(42)
    >>> bool(optional.has_value()), int(optional.get_value())
    (True, 42)
    """

    @abc.abstractmethod
    def has_value(self, name: str | None = None) -> Any:
        """A scalar bool tensor: whether there is a value."""

    @abc.abstractmethod
    def get_value(self, name: str | None = None) -> Any:
        """The value, in its own structure.

        Raises:
            tf.errors.InvalidArgumentError: there is none.
        """

    @property
    @abc.abstractmethod
    def element_spec(self) -> Any:
        """The type spec of the value."""

    @staticmethod
    def empty(element_spec: Any) -> Optional:
        """An optional without a value.

        Args:
            element_spec: the type spec that a value would have.
        """
        return new_optional(none_op(), element_spec)

    @staticmethod
    def from_value(value: Any) -> Optional:
        """An optional with a value.

        Args:
            value: a structure of tensors and what can be converted to them.
        """
        structure, tensors = normalize(value)
        return new_optional(from_value_op(tensors), structure.spec)


class _OptionalImpl(Optional):
    def __init__(self, variant_tensor: Any, element_spec: Any):
        self._variant_tensor = variant_tensor
        self._element_spec = element_spec
        self._last_spec: OptionalSpec | None = None

    def has_value(self, name: str | None = None) -> Any:
        return has_value_op(self._variant_tensor, name=name)

    def get_value(self, name: str | None = None) -> Any:
        structure = self._type_spec.structure
        variant = self._variant_tensor
        if state.graph is None and isinstance(variant, TypedTensor):
            values = variant.storage.values
            if values is not None:
                return structure.pack(values)
        return structure.from_tensors(get_value_op(variant, name=name, **structure.attrs))

    @property
    def element_spec(self) -> Any:
        return self._element_spec

    @property
    def _type_spec(self) -> OptionalSpec:
        # Keras replaces `_element_spec` when it learns it.
        spec = self._last_spec
        if spec is None or spec._element_spec is not self._element_spec:
            spec = self._last_spec = OptionalSpec(self._element_spec)
        return spec


def new_optional(variant: Any, element_spec: Any) -> Optional:
    """The optional behind a variant tensor."""
    return _OptionalImpl(variant, element_spec)


@export("OptionalSpec")
class OptionalSpec(TypeSpec):
    """The type of an optional.

    Args:
        element_spec: the type spec of its value.

    >>> import tidefall as tf
    >>> spec = tf.OptionalSpec(tf.TensorSpec([], tf.int32))
    >>> tf.experimental.Optional.from_value(1).element_spec
    TensorSpec(shape=(), dtype=tf.int32, name=None)
    """

    __slots__ = ("_element_spec", "_structure")

    def __init__(self, element_spec: Any):
        self._element_spec = element_spec
        self._structure: Structure | None = None

    @property
    def structure(self) -> Structure:
        """The structure of the value."""
        if self._structure is None:
            self._structure = Structure(self._element_spec)
        return self._structure

    @property
    def value_type(self) -> type[Optional]:
        """The class of optionals."""
        return _OptionalImpl

    @staticmethod
    def from_value(value: Optional) -> OptionalSpec:
        """The spec of an optional."""
        return OptionalSpec(value.element_spec)

    def _serialize(self) -> tuple[Any, ...]:
        return (self._element_spec,)

    @property
    def _component_specs(self) -> Any:
        return _COMPONENTS

    def _to_components(self, value: Any) -> Any:
        return [value._variant_tensor]

    def _from_components(self, components: Any) -> Optional:
        return _OptionalImpl(components[0], self._element_spec)
