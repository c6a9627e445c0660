"""`python.framework.{ops, tensor_shape}` beyond their public names.

Asked for by tf-keras, tensorflow-probability, tf-agents, tf2onnx.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

from tidefall import surface
from tidefall.base.composite import CompositeTensor
from tidefall.base.shapes import TensorShape
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, SymbolicTensor

__all__ = ["EagerTensor", "SymbolicTensor", "as_shape", "convert_to_tensor"]

_numbers = itertools.count()


def uid() -> int:
    """A number that no other call returned in this process."""
    return next(_numbers)


def as_shape(shape: Any) -> TensorShape:
    """A value as a `tf.TensorShape`, which is returned as it is."""
    return shape if isinstance(shape, TensorShape) else TensorShape(shape)


def unknown_shape(rank: int | None = None, **_options: Any) -> TensorShape:
    """The shape of unknown sizes, or of unknown rank as well."""
    return TensorShape(None if rank is None else [None] * rank)


def convert_to_tensor_or_composite(value: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A composite tensor as it is; anything else as a tensor."""
    if isinstance(value, CompositeTensor):
        return value
    return convert_to_tensor(value, dtype, name=name)


def name_from_scope_name(name: str) -> str:
    """The name of an op from the one of its scope, without the slash at its end."""
    return name.removesuffix("/")


@contextlib.contextmanager
def NullContextmanager(*_args: Any, **_kwargs: Any) -> Iterator[None]:
    """A context that does nothing."""
    yield


def __getattr__(name: str) -> Any:
    if name in ("name_scope_v1", "name_scope"):
        return surface.resolve("compat.v1", "name_scope")
    raise AttributeError(name)
