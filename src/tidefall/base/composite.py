"""What type specs and composite tensors are, for `isinstance`; both are opened by `nest`."""

from __future__ import annotations

import abc
from typing import Any


class TypeSpecBase:
    """Marks every type spec, so that `nest` recognises one without importing `specs`."""

    __slots__ = ()


class CompositeTensor(abc.ABC):
    """A value made of several tensors, such as a ragged or sparse tensor.

    A subclass tells its type with `_type_spec`; the spec takes the value apart and puts it
    together again (`_to_components`, `_from_components`), which is how `tf.nest` with
    `expand_composites=True`, tapes and `tf.function` see the tensors inside.
    """

    is_tensor_like = False
    """Whether `tf.is_tensor` counts the value as a tensor: ragged, sparse, slices."""

    @property
    @abc.abstractmethod
    def _type_spec(self) -> Any:
        """The `tf.TypeSpec` of this value."""
        raise NotImplementedError(f"{type(self).__name__}._type_spec")

    def _shape_invariant_to_type_spec(self, shape: Any) -> Any:
        """The type spec a loop variable has whose shape invariant is `shape`."""
        raise NotImplementedError(f"{type(self).__name__}._shape_invariant_to_type_spec")

    def __tf_tracing_type__(self, context: Any = None) -> Any:
        return self._type_spec
