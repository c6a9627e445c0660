"""Values of ONNX models as arrays and tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes, errors
from tidefall.export.onnx.importer.registry import CannotImport, dtype_of

_NOT_FOLDED = frozenset(
    [
        "RandomNormal",
        "RandomUniform",
        "RandomNormalLike",
        "RandomUniformLike",
        "Bernoulli",
        "Multinomial",
        "Dropout",
    ]
)


def is_known(node: Any) -> bool:
    """Whether a node on known values gives known values."""
    # Graphs inside may read what is not known.
    return node.op_type not in _NOT_FOLDED and not any(a.HasField("g") for a in node.attribute)


def array_of(tensor: Any) -> np.ndarray:
    """The array of a TensorProto; bytes for strings."""
    from onnx import TensorProto, numpy_helper

    if tensor.data_type == TensorProto.STRING:
        return np.array(list(tensor.string_data), object).reshape(list(tensor.dims))
    try:
        return numpy_helper.to_array(tensor)
    except (ValueError, TypeError) as error:
        raise errors.DataLossError(
            None, None, f"The tensor {tensor.name!r} cannot be read: {error}"
        ) from error


def tensor_dtype(element: int) -> dtypes.DType:
    """The dtype of a number of ONNX's.

    Raises:
        CannotImport: if TensorFlow has none like it.
    """
    from onnx import TensorProto, helper

    if element == TensorProto.STRING:
        return dtypes.string
    try:
        return dtypes.as_dtype(helper.tensor_dtype_to_np_dtype(element))
    except (KeyError, TypeError, ValueError) as error:
        name = TensorProto.DataType.Name(element)
        raise CannotImport(f"TensorFlow has no tensors of {name}") from error


def element_of(value: Any) -> int:
    """ONNX's number of the dtype of an array or tensor."""
    from onnx import TensorProto, helper

    dtype = dtype_of(value)
    return TensorProto.STRING if dtype.hasobject else helper.np_dtype_to_tensor_dtype(dtype)


def eager(run: Callable[[], Any]) -> list[Any]:
    """The results of a rule on known values, as arrays, also while a function is traced."""
    from tidefall.base.state import init_scope

    with init_scope():
        found = run()
        results = list(found) if isinstance(found, (list, tuple)) else [found]
        return [_as_array(r) for r in results]


def _as_array(value: Any) -> Any:
    if not hasattr(value, "numpy"):
        return value
    array = value.numpy()
    return array if isinstance(array, np.ndarray) else np.array(array, dtype_of(value))
