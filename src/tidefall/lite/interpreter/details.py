"""The dicts that say what a tensor is, with TensorFlow's keys."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter.registry import Node
from tidefall.lite.interpreter.tensors import TensorInfo, numpy_type


def tensor_details(tensor: TensorInfo, shape: tuple[int, ...]) -> dict[str, Any]:
    """The details of a tensor.

    Args:
        tensor: the tensor.
        shape: its present shape.
    """
    one = tensor.scales.size == 1
    return {
        "name": tensor.name,
        "index": tensor.index,
        "shape": np.array(shape, np.int32),
        "shape_signature": np.array(tensor.signature, np.int32),
        "dtype": numpy_type(tensor.type),
        "quantization": (float(tensor.scale), tensor.zero_point) if one else (0.0, 0),
        "quantization_parameters": {
            "scales": tensor.scales.copy(),
            "zero_points": tensor.zero_points.astype(np.int32),
            "quantized_dimension": tensor.axis,
            "block_size": 0,
        },
        "sparsity_parameters": {},
    }


def operator_details(index: int, node: Node, inputs: Any, outputs: Any) -> dict[str, Any]:
    """The details of an operator."""
    return {
        "index": index,
        "op_name": node.operator,
        "inputs": np.array(inputs, np.int32),
        "outputs": np.array(outputs, np.int32),
        "operand_types": [numpy_type(each.type) for each in node.inputs if each is not None],
        "result_types": [numpy_type(each.type) for each in node.outputs],
    }
