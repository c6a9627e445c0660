"""Which options table each builtin operator takes."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from tidefall.lite import schema
from tidefall.lite.converter.ir import RESOURCE
from tidefall.lite.schema import (
    ActivationFunctionType,
    BuiltinOperator,
    MirrorPadMode,
    Padding,
    Table,
    TensorType,
)

_SHARED: dict[str, str] = {
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "CONV_3D_TRANSPOSE": "Conv3DOptions",
    "L2_NORMALIZATION": "L2NormOptions",
    "L2_POOL_2D": "Pool2DOptions",
    "MAXIMUM": "MaximumMinimumOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "MEAN": "ReducerOptions",
    "MINIMUM": "MaximumMinimumOptions",
    "RANDOM_STANDARD_NORMAL": "RandomOptions",
    "RANDOM_UNIFORM": "RandomOptions",
    "REDUCE_ALL": "ReducerOptions",
    "REDUCE_ANY": "ReducerOptions",
    "REDUCE_MAX": "ReducerOptions",
    "REDUCE_MIN": "ReducerOptions",
    "REDUCE_PROD": "ReducerOptions",
    "SUM": "ReducerOptions",
    "UNIDIRECTIONAL_SEQUENCE_RNN": "SequenceRNNOptions",
}
"""Operators that share a table with others, or whose table is called otherwise."""

_KINDS: dict[str, Any] = {
    "padding": Padding,
    "fused_activation_function": ActivationFunctionType,
    "mode": MirrorPadMode,
}
_DTYPES = frozenset(
    {
        "in_data_type", "out_data_type", "out_type", "output_type", "idx_out_type", "key_dtype",
        "value_dtype",
    }
)  # fmt: skip


@cache
def options_class(code: str) -> type[Table] | None:
    """The table of an operator, if it has one."""
    name = _SHARED.get(code)
    if name is not None:
        return getattr(schema, name)
    wanted = code.replace("_", "").lower() + "options"
    return _by_lower_name().get(wanted)


@cache
def _by_lower_name() -> dict[str, type[Table]]:
    return {
        name.lower(): value
        for name, value in vars(schema).items()
        if name.endswith("Options") and isinstance(value, type)
    }


def make_options(code: str, given: dict[str, Any]) -> Table | None:
    """The options of an operator as the schema's table.

    Args:
        code: the builtin's name.
        given: its fields by name; enumerations by the names of their members, dtypes as NumPy's.

    Raises:
        TypeError: if the table has no field of a name.
    """
    kind = options_class(code)
    if kind is None:
        if given:
            raise TypeError(f"{code} takes no options, got {', '.join(given)}")
        return None
    fields: dict[str, Any] = {}
    for name, value in given.items():
        if name in _DTYPES:
            value = tensor_type(value)
        elif name in _KINDS:
            value = _KINDS[name][value] if isinstance(value, str) else value
        fields[name] = value
    return kind(**fields)


_SPECIAL = {"bool": TensorType.BOOL, "object": TensorType.STRING}


def tensor_type(dtype: Any) -> TensorType:
    """The schema's number of a NumPy dtype."""
    if np.dtype(dtype) == RESOURCE:
        return TensorType.RESOURCE
    name = np.dtype(dtype).name
    found = _SPECIAL.get(name)
    return TensorType[name.upper()] if found is None else found


def builtin(code: str) -> BuiltinOperator | None:
    """The number of a builtin operator; None for a custom one."""
    return BuiltinOperator.__members__.get(code)
