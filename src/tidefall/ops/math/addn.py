"""Sums of many tensors of one shape."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base.dispatch import OTHER
from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.op.traits import LINEAR, SAFE_IN_HALF, SAME_SHAPE
from tidefall.ops.common import jnp, shape_text
from tidefall.ops.precision import is_narrow
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


def _shape(c: Inference) -> TensorShape:
    merged = TensorShape(None)
    for i, shape in enumerate(c.shapes()):
        try:
            merged = merged.merge_with(shape)
        except ValueError:
            raise ValueError(
                "Inputs to operation AddN of type AddN must have the same size and shape. "
                f"Input 0: {shape_text(c.shape(0))} != input {i}: {shape_text(shape)}"
            ) from None
    return merged


def _sum_host(inputs: list[Any]) -> Any:
    first = inputs[0]
    if not isinstance(first, np.ndarray):
        return _sum_lists(inputs)
    if any(x.shape != first.shape for x in inputs):
        raise ValueError("the shapes differ")
    if len(inputs) == 1:
        return first
    if is_narrow(first.dtype):
        wide = functools.reduce(np.add, (x.astype(np.float32) for x in inputs))
        return wide.astype(first.dtype)
    total = np.add(first, inputs[1])
    for x in inputs[2:]:
        total = np.add(total, x, out=total if total.ndim else None)
    return total


def _sum_lists(inputs: list[Any]) -> Any:
    """The elementwise sum of tensor lists."""
    if not hasattr(inputs[0], "plus"):
        raise UnimplementedError(
            None,
            None,
            "AddN of variants that are no tensor lists is not implemented in Tidefall yet.",
        )
    return functools.reduce(lambda a, b: a.plus(b), inputs)


def _sum_xla(inputs: list[Any]) -> Any:
    if hasattr(inputs[0], "plus"):
        return _sum_lists(inputs)
    return functools.reduce(jnp.add, inputs)


def _grad(op: Any, dy: Any) -> list[Any]:
    return [dy] * len(op.inputs)


add_n_op = op(
    "AddN",
    shape=_shape,
    host=_sum_host,
    xla=_sum_xla,
    effects=PURE,
    traits=(SAME_SHAPE, LINEAR, SAFE_IN_HALF),
    gradient=_grad,
)
accumulate_n_op = op(
    "AccumulateNV2",
    shape=_shape,
    host=_sum_host,
    xla=_sum_xla,
    effects=PURE,
    traits=(SAME_SHAPE,),
    gradient=_grad,
)


@export("math.add_n", "add_n", dispatch=OTHER)
def add_n(inputs: Any, name: str | None = None) -> Any:
    """Sum of all the tensors in a list.

    Args:
        inputs: tensors or `tf.IndexedSlices` of one dtype and shape; a single tensor is summed over
            its first dimension.
        name: name of the node in a graph.

    Returns:
        A tensor of that dtype and shape.

    Raises:
        ValueError: if there are no inputs.
        InvalidArgumentError: if dtypes or shapes differ.

    >>> import tidefall as tf
    >>> tf.add_n([tf.constant([1, 2]), tf.constant([10, 20])]).numpy()
    array([11, 22], dtype=int32)
    """
    message = "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype"
    if isinstance(inputs, Tensor):
        if not inputs.shape.rank:
            raise ValueError(f"{message} and shape. Received: {inputs!r}")
        inputs = list(inputs)
    if not isinstance(inputs, Sequence) or not inputs:
        raise ValueError(f"{message} and shape. Received: {inputs!r}")
    inputs = [_dense(value) for value in inputs]
    if len(inputs) == 1:
        return raw.Identity(inputs[0], name=name) if name else inputs[0]
    return add_n_op(inputs, name=name)


def _dense(value: Any) -> Any:
    return convert_to_tensor(value)


@export("math.accumulate_n")
def accumulate_n(
    inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: str | None = None
) -> Any:
    """Sum of all the tensors in a list; `tf.add_n` does the same.

    Args:
        inputs: tensors of one dtype and shape.
        shape: the shape expected of them.
        tensor_dtype: the dtype expected of them.
        name: name of the node in a graph.

    Returns:
        A tensor of that dtype and shape.

    Raises:
        ValueError: if there are no inputs, or they do not have the shape expected.
        TypeError: if they do not have the dtype expected.

    >>> import tidefall as tf
    >>> tf.math.accumulate_n([tf.constant([1, 2]), tf.constant([10, 20])]).numpy()
    array([11, 22], dtype=int32)
    """
    message = "inputs must be a list of at least one Tensor with the same dtype and shape"
    if not isinstance(inputs, (list, tuple)) or not inputs:
        raise ValueError(f"{message}. Received: {inputs!r}")
    tensors = [convert_to_tensor(value) for value in inputs]
    if any(t.dtype != tensors[0].dtype for t in tensors):
        raise ValueError(f"{message}. Received dtypes: {[t.dtype.name for t in tensors]}")
    if tensor_dtype is not None and as_dtype(tensor_dtype) != tensors[0].dtype:
        raise TypeError(
            f"The `tensor_dtype` argument is {as_dtype(tensor_dtype)}, but `input` is of type "
            f"{tensors[0].dtype}. These must be equal. Try casting the input to the desired type."
        )
    expected = TensorShape(shape)
    for tensor in tensors:
        expected = expected.merge_with(tensor.shape)
    if len(tensors) == 1:
        return raw.Identity(tensors[0], name=name) if name else tensors[0]
    return add_n_op(tensors, name=name)
