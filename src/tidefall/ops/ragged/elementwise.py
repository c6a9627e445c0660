"""Elementwise functions and operators of ragged tensors."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tidefall.base import dtypes
from tidefall.base.dispatch import (
    ASSERT,
    BINARY,
    UNARY,
    Api,
    handles,
    handles_elementwise,
    operators,
)
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.op import raw
from tidefall.ops.array import selecting
from tidefall.ops.math import bitwise, comparison, division, elementwise, logical, power, unary
from tidefall.ops.ragged.broadcast import broadcast
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import is_tensor


def _flat(value: Any) -> Any:
    return value.flat_values if isinstance(value, RaggedTensor) else value


def _bound(record: Api, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments by name, in the order of the parameters."""
    return inspect.signature(record.function).bind(*args, **kwargs).arguments


@handles_elementwise(UNARY)
def _unary(record: Api, *args: Any, **kwargs: Any) -> Any:
    """Apply a function of one tensor to the flat values."""
    given = _bound(record, args, kwargs)
    name, x = next(iter(given.items()))
    if not isinstance(x, RaggedTensor):
        return NotImplemented
    given[name] = x.flat_values
    return x.with_flat_values(record.function(**{k: _flat(v) for k, v in given.items()}))


@handles_elementwise(BINARY)
def _binary(record: Api, *args: Any, **kwargs: Any) -> Any:
    """Apply a function of two tensors to the flat values of both, broadcast."""
    given = _bound(record, args, kwargs)
    if len(given) < 2:
        return NotImplemented
    (first, x), (second, y) = list(given.items())[:2]
    if not (isinstance(x, RaggedTensor) or isinstance(y, RaggedTensor)):
        return NotImplemented
    x, y = common(x, y)
    given[first], given[second] = _flat(x), _flat(y)
    ragged = x if isinstance(x, RaggedTensor) else y
    return ragged.with_flat_values(record.function(**given))


@handles_elementwise(ASSERT)
def _assert(record: Api, *args: Any, **kwargs: Any) -> Any:
    """Compare the flat values of two tensors, broadcast."""
    given = _bound(record, args, kwargs)
    (first, x), (second, y) = list(given.items())[:2]
    if not (isinstance(x, RaggedTensor) or isinstance(y, RaggedTensor)):
        return NotImplemented
    x, y = common(x, y)
    given[first], given[second] = _flat(x), _flat(y)
    return record.function(**given)


def common(x: Any, y: Any) -> tuple[Any, Any]:
    """Two operands, the ragged ones with the same rows.

    A dense operand of a rank below that of the other's flat values is left as it is: it broadcasts
    inside of the rows.
    """
    if not isinstance(x, RaggedTensor):
        x = _dense(x, y)
    elif not isinstance(y, RaggedTensor):
        y = _dense(y, x)
    for one, other in ((x, y), (y, x)):
        if not isinstance(one, RaggedTensor):
            rank, inner = one.shape.rank, other.flat_values.shape.rank
            if rank is not None and inner is not None and rank < inner:
                return x, y
    return broadcast(x, y)


def _dense(value: Any, like: RaggedTensor) -> Any:
    """A value as a tensor, preferably of the dtype of the ragged tensor it meets."""
    if is_tensor(value):
        return convert_to_tensor(value)
    return convert_to_tensor(value, dtype_hint=like.dtype)


@handles("add_n", given=RaggedTensor)
def _add_n(inputs: Any, name: str | None = None) -> Any:
    values = list(inputs)
    if len(values) < 1:
        raise ValueError("`inputs` must contain at least one value.")
    if not all(isinstance(value, RaggedTensor) for value in values):
        ragged = next(value for value in values if isinstance(value, RaggedTensor))
        flat = [_flat(v) if isinstance(v, RaggedTensor) else convert_to_tensor(v) for v in values]
        return ragged.with_flat_values(raw.AddN(flat, name=name))
    total = values[0]
    for value in values[1:]:
        x, y = common(total, value)
        if _flat(x).dtype != _flat(y).dtype:
            raise ValueError(f"All inputs of add_n must have one dtype. Received: {inputs}")
        total = elementwise.add(x, y)
    return total


@handles("where", given=RaggedTensor)
def _where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """Elements of `x` or `y`, broadcast; or the coordinates of what is True."""
    if (x is None) != (y is None):
        raise ValueError("x and y must be either both None or both non-None.")
    if x is None:
        return _coordinates(condition)
    if not isinstance(condition, RaggedTensor):
        condition = convert_to_tensor(condition, dtypes.bool)
    if not is_tensor(x):
        x = convert_to_tensor(x, dtype_hint=y.dtype if is_tensor(y) else None)
    if not is_tensor(y):
        y = convert_to_tensor(y, dtype_hint=x.dtype)
    condition, x, y = all_common([condition, x, y])
    ragged = next(v for v in (condition, x, y) if isinstance(v, RaggedTensor))
    result = selecting.select_v2_op(_flat(condition), _flat(x), _flat(y), name=name)
    return ragged.with_flat_values(result)


def all_common(values: list[Any]) -> list[Any]:
    """Several operands, the ragged ones with the same rows."""
    widest = next(v for v in values if isinstance(v, RaggedTensor))
    for value in values:
        if value is not widest and value.shape.rank != 0:
            x, y = common(widest, value)
            widest = x if isinstance(x, RaggedTensor) else y
    found = []
    for value in values:
        if value is widest or value.shape.rank == 0:
            found.append(value)
        else:
            found.append(common(widest, value)[1])
    return found


def _coordinates(condition: Any) -> Any:
    """Where a ragged condition holds: int64 `[n, rank]`."""
    gather, stack = raw.GatherV2, raw.Pack
    places = raw.Where(condition.flat_values)
    row = places[:, 0]
    columns = [places[:, i] for i in range(1, condition.flat_values.shape.rank)]
    for partition in reversed(condition._nested_row_partitions):
        partition = partition.with_dtype(dtypes.int64)
        above = gather(partition.value_rowids(), row, 0)
        columns.insert(0, row - gather(partition.row_starts(), above, 0))
        row = above
    return stack([row, *columns], axis=1)


# ---- operators ----


def _logical(name: str, on_bool: Callable[..., Any], on_bits: Callable[..., Any]) -> None:
    def operator(self: Any, other: Any) -> Any:
        return (on_bool if self.dtype is dtypes.bool else on_bits)(self, other)

    def reflected(self: Any, other: Any) -> Any:
        return (on_bool if self.dtype is dtypes.bool else on_bits)(other, self)

    operators[f"__{name}__"], operators[f"__r{name}__"] = operator, reflected


def _arithmetic(name: str, function: Callable[..., Any]) -> None:
    def reflected(self: Any, other: Any) -> Any:
        return function(other, self)

    operators[f"__{name}__"], operators[f"__r{name}__"] = function, reflected


_arithmetic("add", elementwise.add)
_arithmetic("sub", elementwise.subtract)
_arithmetic("mul", elementwise.multiply)
_arithmetic("truediv", division.truediv)
_arithmetic("div", division.truediv)
_arithmetic("floordiv", division.floordiv)
_arithmetic("mod", division.floormod)
_arithmetic("pow", power.pow)
_logical("and", logical.logical_and, bitwise.bitwise_and)
_logical("or", logical.logical_or, bitwise.bitwise_or)
_logical("xor", logical.logical_xor, bitwise.bitwise_xor)
operators.update(
    {
        "__lt__": comparison.less,
        "__le__": comparison.less_equal,
        "__gt__": comparison.greater,
        "__ge__": comparison.greater_equal,
        "__eq__": comparison.equal,
        "__ne__": comparison.not_equal,
        "__neg__": elementwise.negative,
        "__abs__": unary.abs,
        "__invert__": lambda x: (
            logical.logical_not(x) if x.dtype is dtypes.bool else bitwise.invert(x)
        ),
    }
)
