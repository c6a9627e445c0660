"""What is said of inputs and attributes that do not fit an op, in TensorFlow's words.

TensorFlow raises other classes while a graph is built than when an op is run at once.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.errors import InvalidArgumentError, ResourceExhaustedError
from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.op.definition import ArgDef, AttrDef, OpDef


def raise_mismatch(
    definition: OpDef, arg: ArgDef, position: int, got: DType, wanted: DType
) -> NoReturn:
    """An input whose dtype is not that of the inputs it has to agree with."""
    if state.graph is not None:
        first = next(a.name for a in definition.inputs if a.type_attr == arg.type_attr)
        raise TypeError(
            f"Input '{arg.name}' of '{definition.name}' Op has type {got.name} that does not match "
            f"type {wanted.name} of argument '{first}'. Use tf.cast to make the dtypes equal."
        )
    raise InvalidArgumentError(
        None,
        None,
        f"cannot compute {definition.name} as input #{position}(zero-based) was expected to be a "
        f"{_short(wanted)} tensor but is a {_short(got)} tensor. Use tf.cast to make the "
        f"dtypes equal. [Op:{definition.name}] name: ",
    )


def raise_fixed_mismatch(
    definition: OpDef, arg: ArgDef, position: int, got: DType, wanted: DType
) -> NoReturn:
    """An input whose dtype is not the only one the op takes."""
    if state.graph is not None:
        raise TypeError(
            f"Input '{arg.name}' of '{definition.name}' Op has type {got.name} that does not match "
            f"expected type of {wanted.name}. Use tf.cast to change the dtype."
        )
    raise_mismatch(definition, arg, position, got, wanted)


def check_kind(op_name: str, kind: str, key: str, value: Any) -> None:
    """Refuse a Python value that is no attribute of a kind.

    Raises:
        TypeError: naming the attribute, what it must be and what came.
    """
    if kind.startswith("list("):
        if not isinstance(value, _LISTS):
            raise TypeError(f"Expected list for '{key}' argument to '{op_name}' Op, not {value!r}.")
        for item in value:
            check_kind(op_name, kind[5:-1], key, item)
        return
    accepts = _ACCEPTS.get(kind)
    if accepts is not None and not accepts(value):
        raise TypeError(f"Expected {kind} for argument '{key}' of {op_name}, not {value!r}.")


def _is_int(value: Any) -> bool:
    if isinstance(value, (str, bytes)):
        return False
    try:
        int(value)
    except (TypeError, ValueError):
        return False
    return True


_LISTS: tuple[type[Any], ...] = (list, tuple, np.ndarray, TensorShape)
_ACCEPTS: dict[str, Callable[[Any], bool]] = {
    "int": _is_int,
    "bool": lambda value: isinstance(value, (bool, np.bool_)),
    "float": lambda value: isinstance(value, (numbers.Real, np.number)),
    "string": lambda value: isinstance(value, (str, bytes)),
}


def check_choice(definition: OpDef, attr: AttrDef, value: Any) -> None:
    """Refuse a value that is not among the allowed ones."""
    if not isinstance(value, str):
        raise TypeError(f"Expected string for argument '{attr.name}' not {value!r}.")
    if value in attr.allowed_order:
        return
    choices = ", ".join(f'"{choice}"' for choice in attr.allowed_order)
    if state.graph is not None:
        raise ValueError(
            f"Attr '{attr.name}' of '{definition.name}' Op passed string '{value}' not in: "
            f"{choices}."
        )
    raise InvalidArgumentError(
        None,
        None,
        f"Value for attr '{attr.name}' of \"{value}\" is not in the list of allowed values: "
        f"{choices}\n\t; NodeDef: {{{{node {definition.name}}}}} [Op:{definition.name}] name: ",
    )


def check_length(definition: OpDef, arg: ArgDef, attr_name: str, items: Sequence[Any]) -> None:
    """Refuse a list input that is too short."""
    attr = definition.attrs[attr_name]
    if attr.minimum is None or len(items) >= attr.minimum:
        return
    if state.graph is not None:
        raise ValueError(
            f"List argument '{arg.name}' to '{definition.name}' Op with length {len(items)} "
            f"shorter than minimum length {attr.minimum}."
        )
    raise_too_small(definition, attr, len(items))


def raise_too_small(definition: OpDef, attr: AttrDef, value: int) -> NoReturn:
    """An attribute below its minimum."""
    if state.graph is not None:
        raise ValueError(
            f"Attr '{attr.name}' of '{definition.name}' Op passed {value} less than minimum "
            f"{attr.minimum}."
        )
    message = f"Value for attr '{attr.name}' of {value} must be at least minimum {attr.minimum}"
    raise InvalidArgumentError(
        None,
        None,
        f"{message}\n\t; NodeDef: {{{{node {definition.name}}}}}; Op<name={definition.name}> "
        f"[Op:{definition.name}] name: ",
    )


def raise_not_allowed(definition: OpDef, key: str, value: DType) -> NoReturn:
    """A dtype the op has no kernels for."""
    names = definition_names(definition, key)
    if state.graph is not None:
        arg = next((a.name for a in definition.inputs if a.type_attr == key), key)
        raise TypeError(
            f"Value passed to parameter '{arg}' has DataType {value.name} not in list of "
            f"allowed values: {', '.join(names)}"
        )
    raise InvalidArgumentError(
        None,
        None,
        f"Value for attr '{key}' of {_short(value)} is not in the list of allowed values: "
        f"{', '.join(_short(dtypes.as_dtype(n)) for n in names)}\n\t; NodeDef: "
        f"{{{{node {definition.name}}}}}; Op<name={definition.name}> [Op:{definition.name}] name: ",
    )


def check_all_allowed(definition: OpDef, key: str, values: Iterable[DType]) -> None:
    """Refuse a list of dtypes with one that the op has no kernels for."""
    allowed = definition.attrs[key].allowed
    for value in values:
        if allowed is not None and value.base_dtype not in allowed:
            raise_not_allowed(definition, key, value)


def _short(dtype: DType) -> str:
    """TensorFlow's C++ name of a dtype, as its eager messages spell it."""
    return {"float32": "float", "float64": "double", "float16": "half"}.get(dtype.name, dtype.name)


def definition_names(definition: OpDef, attr: str) -> list[str]:
    """Names of the dtypes an attribute allows, in the op table's order."""
    return [dtype.name for dtype in definition.attrs[attr].allowed_order]


def check_same_length(definition: OpDef, position: int, inputs: Sequence[Any]) -> None:
    """Raise a ValueError if a list is not as long as the first one that it must go with."""
    arg = definition.inputs[position]
    for first, value in zip(definition.inputs[:position], inputs, strict=False):
        if first.number_attr == arg.number_attr and len(value) != len(inputs[position]):
            raise ValueError(
                f"List argument '{arg.name}' to '{definition.name}' Op with length "
                f"{len(inputs[position])} must match length {len(value)} of argument "
                f"'{first.name}'."
            )


def check_references(definition: OpDef, tensors: Sequence[Any]) -> None:
    """Raise a TypeError if what an op is to change is a value, not a variable of TensorFlow 1."""
    for arg, tensor in zip(definition.inputs, tensors, strict=False):
        if arg.is_ref and not tensor.dtype._is_ref_dtype:
            raise TypeError(
                f"Input '{arg.name}' of '{definition.name}' Op requires l-value input: it must be "
                "a variable or a table of a graph of TensorFlow 1, not a tensor."
            )


_MOST_OUTPUTS = 2**20
"""More than any program splits a tensor into; each output is an object."""


def check_number_of_outputs(definition: OpDef, attrs: Any) -> None:
    """Raise a ResourceExhaustedError for an op that an attribute asks for too many outputs."""
    for output in definition.outputs:
        count = attrs.get(output.number_attr) if output.number_attr is not None else None
        if count is not None and count > _MOST_OUTPUTS:
            raise ResourceExhaustedError(
                None,
                None,
                f"{definition.name} would have {count} outputs by its attribute "
                f"'{output.number_attr}'; at most {_MOST_OUTPUTS} are made.",
            )
