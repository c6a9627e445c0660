"""Binding: from the Python values of a call to tensors and complete attributes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.state import state
from tidefall.op.checks import (
    check_all_allowed,
    check_choice,
    check_kind,
    check_length,
    check_number_of_outputs,
    check_references,
    check_same_length,
    raise_fixed_mismatch,
    raise_mismatch,
    raise_not_allowed,
    raise_too_small,
)
from tidefall.op.definition import ArgDef, Attrs, OpDef
from tidefall.op.table import normalize_attr
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, Tensor, ndarray

_EXACT: dict[str, type] = {"int": int, "bool": bool, "float": float, "string": str}
"""The Python types that attributes need not be converted from."""


def _dtype_or_none(dtype: Any) -> DType | None:
    try:
        return as_dtype(dtype)
    except TypeError:
        return None


_SIMPLE = frozenset({int, bool, str, DType, type(None)})
_MAX_BINDINGS = 256


def _binding_key(inputs: Sequence[Any], given: Attrs) -> Any:
    """All that binding depends on, for eager tensors and small numbers; None for other inputs."""
    parts: list[Any] = []
    for value in inputs:
        if type(value) is EagerTensor:
            parts.append(value.storage.dtype)
        elif type(value) is int and -128 <= value < 128:
            parts.append(value)
        else:
            return None
    for name, value in given.items():
        if type(value) not in _SIMPLE:
            return None
        parts += (name, type(value), value)  # 1 equals True
    return tuple(parts)


def bind(definition: OpDef, inputs: Sequence[Any], given: Attrs) -> tuple[list[Any], Attrs]:
    """Convert the inputs to a flat list of tensors and complete the attributes.

    Eager calls with inputs of the same dtypes, the same numbers and attributes are bound once.

    Raises:
        TypeError: for a wrong number of inputs, an unknown or missing attribute.
        InvalidArgumentError: for inputs whose dtypes do not agree or are not allowed.
    """
    key = None if definition.has_lists or state.off_host else _binding_key(inputs, given)
    if key is None:
        return _bind(definition, inputs, given)
    found = definition.bindings.get(key)
    if found is None:
        tensors, attrs = _bind(definition, inputs, given)
        if len(definition.bindings) < _MAX_BINDINGS:
            numbers = [None if t is v else t for t, v in zip(tensors, inputs, strict=True)]
            definition.bindings[key] = (numbers, dict(attrs))
        return tensors, attrs
    numbers, attrs = found
    return [v if n is None else n for n, v in zip(numbers, inputs, strict=True)], dict(attrs)


def _bind(definition: OpDef, inputs: Sequence[Any], given: Attrs) -> tuple[list[Any], Attrs]:
    """What `bind` does for a call like none before.

    Raises:
        TypeError: for a wrong number of inputs, an unknown or missing attribute.
        InvalidArgumentError: for inputs whose dtypes do not agree or are not allowed.
    """
    if len(inputs) != len(definition.inputs):
        raise TypeError(
            f"{definition.name} takes {len(definition.inputs)} inputs "
            f"({', '.join(a.name for a in definition.inputs)}) but {len(inputs)} were given."
        )
    attrs = dict(definition.defaults)
    if given:
        for key, value in given.items():
            attr = definition.attrs.get(key)
            if attr is None:
                if key.startswith("_"):
                    attrs[key] = value
                    continue
                raise TypeError(f"{definition.name} got an unexpected attribute '{key}'.")
            if value is None and attr.has_default:
                continue
            made: Any = value
            if type(value) is not _EXACT.get(attr.kind):
                check_kind(definition.name, attr.kind, key, value)
                made = normalize_attr(attr.kind, value)
            attrs[key] = made
            if attr.kind == "string" and attr.allowed is not None:
                check_choice(definition, attr, made)
            elif attr.kind == "type" and attr.allowed and made.base_dtype not in attr.allowed:
                raise_not_allowed(definition, key, made)
            elif attr.kind == "list(type)" and attr.allowed:
                check_all_allowed(definition, key, made)
            elif attr.minimum is not None and attr.kind == "int" and made < attr.minimum:
                raise_too_small(definition, attr, made)
    types: dict[str, DType] = {
        key: attrs[key]
        for key in given
        if key in definition.inferred and isinstance(attrs[key], DType)
    }
    tensors: list[Any] = []
    arguments = definition.inputs
    for position, arg in enumerate(arguments):
        value = inputs[position]
        if arg.number_attr is None and arg.type_list_attr is None:
            type_attr = arg.type_attr
            if type_attr is None:
                tensors.append(_fixed(definition, arg, position, value))
                continue
            wanted = types.get(type_attr)
            if wanted is None:
                wanted = _lead_dtype(definition, type_attr, inputs)
            tensor = _matching(definition, arg, position, value, wanted, attrs)
            types[type_attr] = tensor.dtype.base_dtype
            tensors.append(tensor)
        else:
            _bind_list(definition, arg, position, value, inputs, tensors, types, attrs)
    attrs.update(types)
    _check(definition, attrs, types)
    if definition.has_references:
        check_references(definition, tensors)
    return tensors, attrs


def _bind_list(
    definition: OpDef,
    arg: ArgDef,
    position: int,
    value: Sequence[Any],
    inputs: Sequence[Any],
    tensors: list[Any],
    types: dict[str, DType],
    attrs: Attrs,
) -> None:
    if not isinstance(value, (list, tuple)):
        raise TypeError(
            f"Expected list for '{arg.name}' argument to '{definition.name}' Op, not {value!r}."
        )
    if arg.type_list_attr is not None:
        wanted = attrs.get(arg.type_list_attr)
        if wanted is not None and len(wanted) == len(value):
            items = [
                convert_to_tensor(v, t, name=f"{arg.name}_{i}")
                for i, (v, t) in enumerate(zip(value, wanted, strict=True))
            ]
        else:
            items = [convert_to_tensor(v, name=f"{arg.name}_{i}") for i, v in enumerate(value)]
        check_length(definition, arg, arg.type_list_attr, items)
        attrs[arg.type_list_attr] = types_found = [t.dtype.base_dtype for t in items]
        check_all_allowed(definition, arg.type_list_attr, types_found)
        tensors.extend(items)
        return
    if state.graph is not None and any(v is None for v in value):
        raise TypeError(
            f"Tensors in list passed to '{arg.name}' of '{definition.name}' Op have types that "
            f"don't all match: None is no tensor. Received: {value!r}"
        )
    number = arg.number_attr or ""  # it has one, having no list of types
    check_same_length(definition, position, inputs)
    attrs[number] = len(value)
    check_length(definition, arg, number, value)
    if arg.type_attr is None:
        tensors.extend(
            _fixed(definition, arg, position, item, f"{arg.name}_{i}")
            for i, item in enumerate(value)
        )
        return
    wanted = types.get(arg.type_attr) or _lead_dtype(definition, arg.type_attr, inputs)
    for i, item in enumerate(value):
        name = f"{arg.name}_{i}"
        tensor = _matching(definition, arg, len(tensors), item, wanted, attrs, name)
        wanted = types[arg.type_attr] = tensor.dtype.base_dtype
        tensors.append(tensor)


def _lead_dtype(definition: OpDef, type_attr: str, inputs: Sequence[Any]) -> DType | None:
    """The dtype of the first tensor among the inputs that share a type attribute."""
    for arg, value in zip(definition.inputs, inputs, strict=True):
        if arg.type_attr != type_attr:
            continue
        for item in value if arg.is_list else (value,):
            if isinstance(item, Tensor) or hasattr(item, "__tf_tensor__"):
                dtype = item.dtype
                return (dtype if isinstance(dtype, DType) else as_dtype(dtype)).base_dtype
    return None


def _matching(
    definition: OpDef,
    arg: ArgDef,
    position: int,
    value: Any,
    wanted: DType | None,
    attrs: Attrs,
    name: str | None = None,
) -> Any:
    if type(value) is EagerTensor or isinstance(value, Tensor):
        tensor = convert_to_tensor(value) if state.needs_dispatch else value
    else:
        # A plain value must take the dtype of the tensors it meets; alone, it only prefers one.
        if wanted is not None and not hasattr(value, "__tf_tensor__"):
            return convert_to_tensor(value, wanted, name=name or arg.name)
        hint = None if arg.type_attr is None else attrs.get(arg.type_attr)
        if hint is not None and isinstance(value, (ndarray, np.generic)):
            wanted = _of_array(definition, arg, value, hint)
            return convert_to_tensor(value, wanted, name=name or arg.name)
        if type(value) is float and hint is not None and hint.is_integer and not state.graph:
            raise TypeError(f"Cannot convert {value} to EagerTensor of dtype {hint.name}")
        if hint is not None and hint.is_complex and np.iscomplexobj(value):
            hint = None  # Python's complex numbers are wider than the usual complex64
        tensor = convert_to_tensor(value, dtype_hint=hint, name=name or arg.name)
    if (
        wanted is not None
        and tensor.dtype is not wanted
        and tensor.dtype.base_dtype != wanted.base_dtype
    ):
        raise_mismatch(definition, arg, position, tensor.dtype, wanted)
    return tensor


def _of_array(definition: OpDef, arg: ArgDef, value: Any, default: DType) -> DType | None:
    """The dtype a NumPy array is cast to for an attribute with a default; None for its own.

    TensorFlow casts it eagerly, and in graphs if the op does not take its own dtype. Where it
    makes no difference to the result, larger integers are left alone.
    """
    assert arg.type_attr is not None
    if value.dtype.kind in "SUOMm":
        return None
    allowed = definition.attrs[arg.type_attr].allowed
    own = _dtype_or_none(value.dtype)
    if own is None or (allowed is not None and own not in allowed):
        return default
    if isinstance(value, np.generic):
        return None
    index = default.is_integer and all(
        output.type_attr != arg.type_attr for output in definition.outputs
    )
    return None if index or state.graph is not None else default


def _fixed(
    definition: OpDef, arg: ArgDef, position: int, value: Any, name: str | None = None
) -> Any:
    dtype = arg.dtype
    if isinstance(value, Tensor):
        if value.dtype.base_dtype != dtype:
            assert dtype is not None
            raise_fixed_mismatch(definition, arg, position, value.dtype, dtype)
        return convert_to_tensor(value) if state.needs_dispatch else value
    if dtype is dtypes.resource and getattr(value, "_is_variable", False):
        return convert_to_tensor(value.handle)
    return convert_to_tensor(value, dtype, name=name or arg.name)


def _check(definition: OpDef, attrs: Attrs, types: dict[str, DType]) -> None:
    for key, value in types.items():
        allowed = definition.attrs[key].allowed
        if allowed is not None and value not in allowed and value.base_dtype not in allowed:
            raise_not_allowed(definition, key, value)
    if len(attrs) < len(definition.attrs):
        for key in definition.attrs:
            if key not in attrs:
                raise TypeError(f"{definition.name} is missing its required attribute '{key}'.")
    if definition.lists_out:
        check_number_of_outputs(definition, attrs)
