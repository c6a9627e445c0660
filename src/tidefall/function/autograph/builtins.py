"""Python's builtin functions where they are called with tensors or datasets."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from tidefall.base import dtypes
from tidefall.control_flow import cond, functional, while_loop
from tidefall.control_flow.tensor_array import TensorArray
from tidefall.function.autograph import errors
from tidefall.function.autograph.conditions import is_staged
from tidefall.function.autograph.lists import StagedList
from tidefall.graph.control_dependencies import control_dependencies
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.ops.array import stacking
from tidefall.ops.array.sorting import argsort
from tidefall.ops.debugging.assertions import assert_
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import SymbolicTensor
from tidefall.transforms.vectorized_map import vectorized_map


def _is_dataset(value: Any) -> bool:
    return getattr(value, "_iterates_in_graphs", False) and hasattr(value, "reduce")


def _len(value: Any) -> Any:
    if isinstance(value, StagedList):
        return value.size()
    if isinstance(value, TensorArray):
        return value.size()
    if _is_dataset(value) and is_staged(value._variant_tensor):
        return _len_of_dataset(value)
    if not isinstance(value, SymbolicTensor):
        return len(value)
    if value.shape.rank == 0:
        raise ValueError(
            errors.placed(f"len requires a non-scalar tensor, got one of shape {value.shape}")
        )
    known = value.shape[0] if value.shape.rank else None
    return raw.Shape(value)[0] if known is None else known


def _len_of_dataset(dataset: Any) -> Any:
    """The number of elements; whether it is known and finite is asserted when the graph runs."""
    count = dataset.cardinality()
    message = "len requires a dataset with a definite number of elements, got "
    checks = [
        assert_(count != number, [f"{message}an {kind} one"])
        for number, kind in ((-1, "infinite"), (-2, "unknown"))
    ]
    with control_dependencies(checks):
        return raw.Identity(count)


def _range(*args: Any) -> Any:
    if not any(map(is_staged, args)):
        return range(*args)
    start, limit, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
    given = [convert_to_tensor(a) for a in args if is_staged(a)]
    dtype = next((t.dtype for t in given if t.dtype != dtypes.int32), dtypes.int32)
    parts = [_cast(v, dtype) for v in (start, limit, step)]
    return raw.Range(*parts)


def _cast(value: Any, dtype: Any) -> Any:
    if not is_staged(value):
        return convert_to_tensor(value, dtype)
    tensor = convert_to_tensor(value)
    return tensor if tensor.dtype == dtype else raw.Cast(tensor, DstT=dtype)


def _number(kind: Any, dtype: Any) -> Callable[..., Any]:
    def convert(value: Any = 0, *args: Any, **kwargs: Any) -> Any:
        if not is_staged(value) or args or kwargs:
            return kind(value, *args, **kwargs)
        tensor = convert_to_tensor(value)
        if tensor.dtype == dtypes.string:
            return raw.StringToNumber(tensor, out_type=dtype)
        return _cast(tensor, dtype)

    return convert


def _abs(value: Any) -> Any:
    if _is_dataset(value):
        return value.map(_abs)
    return abs(value)


def _extreme(python: Any, pairwise: Op, reduced: Op) -> Callable[..., Any]:
    def find(*args: Any, **kwargs: Any) -> Any:
        if kwargs or not any(map(is_staged, args)):
            values = args[0] if len(args) == 1 and isinstance(args[0], (list, tuple)) else ()
            if kwargs or not any(map(is_staged, values)):
                return python(*args, **kwargs)
            args = tuple(values)
        if len(args) == 1:
            tensor = convert_to_tensor(args[0])
            if tensor.shape.rank != 1:
                raise ValueError(
                    errors.placed(
                        f"{python.__name__} of a tensor requires one of rank 1, got one of shape "
                        f"{tensor.shape}"
                    )
                )
            return reduced(tensor, 0)
        result = args[0]
        for value in args[1:]:
            if is_staged(result) or is_staged(value):
                result = pairwise(result, value)
            else:
                result = python(result, value)
        return result

    return find


def _sorted(value: Any, *, key: Any = None, reverse: bool = False) -> Any:
    if not is_staged(value):
        return sorted(value, key=key, reverse=reverse)
    tensor = convert_to_tensor(value)
    if tensor.shape.rank != 1:
        raise ValueError(
            errors.placed(f"sorted of a tensor requires one of rank 1, got {tensor.shape}")
        )
    by = tensor if key is None else _mapped_rows(key, tensor)
    order = _argsort(by, reverse)
    return raw.GatherV2(tensor, order, 0)


def _argsort(tensor: Any, reverse: bool) -> Any:
    """Positions in ascending (or descending) order; equal elements stay in their order."""
    return argsort(tensor, direction="DESCENDING" if reverse else "ASCENDING", stable=True)


def _mapped_rows(key: Callable[[Any], Any], tensor: Any) -> Any:
    from tidefall.function.autograph.calls import call

    return functional.vectorized_map(call(key), tensor)


def _quantified(python: Any, reduced: Op, decides: bool) -> Callable[[Any], Any]:
    def decide(value: Any) -> Any:
        if _is_dataset(value):
            combine = raw.LogicalOr if decides else raw.LogicalAnd
            return value.reduce(convert_to_tensor(not decides), lambda a, b: combine(a, b))
        if not is_staged(value):
            items = value if isinstance(value, (list, tuple)) else ()
            if not any(map(is_staged, items)):
                return python(value)
            value = raw.Pack([convert_to_tensor(v) for v in items])
        return reduced(convert_to_tensor(value), 0)

    return decide


def _map(function: Any, *values: Any) -> Any:
    from tidefall.function.autograph.calls import call

    if not any(map(_is_dataset, values)):
        return map(call(function), *values)
    dataset = values[0] if len(values) == 1 else _zip(*values)
    return dataset.map(function)


def _filter(function: Any, values: Any) -> Any:
    from tidefall.function.autograph.calls import call

    if _is_dataset(values):
        return values.filter(function)
    return filter(None if function is None else call(function), values)


def _enumerate(values: Any, start: Any = 0) -> Any:
    return values.enumerate(start) if _is_dataset(values) else enumerate(values, start)


def _zip(*values: Any, **kwargs: Any) -> Any:
    if values and all(map(_is_dataset, values)):
        return type(values[0]).zip(values)
    return zip(*values, **kwargs)  # noqa: B905 - `strict` is the caller's


_NO_DEFAULT: Any = object()


def _next(iterator: Any, default: Any = _NO_DEFAULT) -> Any:
    in_graph = hasattr(iterator, "get_next_as_optional") and getattr(
        iterator, "_iterates_in_graphs", False
    )
    if default is _NO_DEFAULT:
        return iterator.get_next() if in_graph else next(iterator)
    if not in_graph:
        return next(iterator, default)
    element = iterator.get_next_as_optional()
    return cond.cond(element.has_value(), element.get_value, lambda: default)


def _stack(values: Any, axis: Any = 0, name: str = "stack") -> Any:
    if not isinstance(values, StagedList):
        return stacking.stack(values, axis, name)
    return values.stack() if axis == 0 else swapped(values.stack(), axis)


def swapped(tensor: Any, axis: int) -> Any:
    """The tensor with its first dimension moved to another place."""
    rank = tensor.shape.rank
    order = list(range(1, rank))
    order.insert(axis % rank, 0)
    return raw.Transpose(tensor, convert_to_tensor(order, dtypes.int32))


def _converting(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of TensorFlow's that takes functions, which are to be converted."""

    def run(*args: Any, **kwargs: Any) -> Any:
        from tidefall.function.autograph.calls import call

        def given(value: Any) -> Any:
            return call(value) if type(value) in (FunctionType, MethodType, partial) else value

        return function(*map(given, args), **{k: given(v) for k, v in kwargs.items()})

    return run


OVERLOADS: dict[Any, Callable[..., Any]] = {
    builtins.len: _len,
    builtins.range: _range,
    builtins.int: _number(int, dtypes.int32),
    builtins.float: _number(float, dtypes.float32),
    builtins.abs: _abs,
    builtins.max: _extreme(max, raw.Maximum, raw.Max),
    builtins.min: _extreme(min, raw.Minimum, raw.Min),
    builtins.sorted: _sorted,
    builtins.any: _quantified(any, raw.Any, True),
    builtins.all: _quantified(all, raw.All, False),
    builtins.map: _map,
    builtins.filter: _filter,
    builtins.enumerate: _enumerate,
    builtins.zip: _zip,
    builtins.next: _next,
    stacking.stack: _stack,
    **{
        function: _converting(function)
        for function in (
            cond.cond,
            while_loop.while_loop,
            functional.map_fn,
            vectorized_map,
            functional.foldl,
            functional.foldr,
            functional.scan,
        )
    },
}
"""What converted code calls in place of functions of Python's and TensorFlow's."""
