"""What each operation of jax means in a loop on rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tidefall.base.type_guards import is_array
from tidefall.runtime.xla.fused_rnn.program_builder import ProgramBuilder
from tidefall.runtime.xla.fused_rnn.values import (
    Applied,
    Carried,
    Contraction,
    Fixed,
    Flipped,
    NotFusible,
    Numbers,
    Rows,
    Sum,
    Value,
)

Rule = Callable[..., Any]
"""Takes the program, an equation and its arguments; returns the result, or a list of them."""


def _shape(builder: ProgramBuilder, equation: Any) -> tuple[int, ...]:
    """The shape of the result, without the batch."""
    aval = equation.outvars[0].aval
    if aval.dtype not in (np.float32, np.bool_) or not aval.shape:
        raise NotFusible
    if aval.shape[0] == builder.batch:
        return aval.shape[1:]
    if builder.batch != 1:
        raise NotFusible
    return aval.shape  # a single row, said without its batch


def _numbers(arguments: Sequence[Value]) -> list[Numbers]:
    """The arguments, if all of them depend on the iteration alone, else nothing."""
    numbers = [a for a in arguments if isinstance(a, Numbers)]
    return numbers if len(numbers) == len(arguments) else []


def _aligned(each: np.ndarray, rank: int) -> np.ndarray:
    """Numbers with as many dimensions, after that of the iterations."""
    return each.reshape(*each.shape, *(1,) * (rank + 1 - each.ndim))


# ---- on elements ----


def _elementwise(op: str, on_numbers: Any = None, bools: bool = False) -> Rule:
    def rule(builder: ProgramBuilder, equation: Any, *arguments: Value) -> Value:
        numbers = _numbers(arguments)
        if on_numbers is not None and numbers:
            aval = equation.outvars[0].aval
            if bools and aval.dtype != np.bool_:
                raise NotFusible
            each = on_numbers(*(_aligned(n.each, len(aval.shape)) for n in numbers))
            return Numbers(each.astype(aval.dtype))
        shape = _shape(builder, equation)
        is_bool = equation.invars[0].aval.dtype == np.bool_
        if bools != is_bool and (bools or op not in _COMPARISONS):
            raise NotFusible
        return builder.emit(op, shape, *(builder.rows(a, shape) for a in arguments))

    return rule


_COMPARISONS = frozenset({"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"})


def _add(builder: ProgramBuilder, equation: Any, a: Value, b: Value) -> Value:
    if isinstance(a, Sum) or isinstance(b, Sum):
        return _sum(a, b)
    return _plus(builder, equation, a, b)


def _sum(a: Value, b: Value) -> Sum:
    """The sum of contractions, and perhaps of the loop variable that adds them up."""
    parts: list[Contraction | Applied] = []
    position = None
    for value in (a, b):
        if isinstance(value, Sum):
            parts += value.parts
            found = value.position
        elif isinstance(value, Carried):
            found = value.position
        else:
            raise NotFusible
        if found is not None and position is not None:
            raise NotFusible
        position = found if found is not None else position
    return Sum(parts, position)


_plus = _elementwise("add", np.add)


def _integer_pow(builder: ProgramBuilder, equation: Any, x: Value) -> Value:
    if equation.params["y"] != 2:
        raise NotFusible
    return _elementwise("square")(builder, equation, x)


def _not(builder: ProgramBuilder, equation: Any, x: Value) -> Value:
    if isinstance(x, Numbers) and x.each.dtype == np.bool_:
        return Numbers(~x.each)
    shape = _shape(builder, equation)
    zero = Fixed(np.zeros((), np.float32))
    return builder.emit("equal", shape, builder.rows(x, shape), builder.rows(zero, shape))


def _select(builder: ProgramBuilder, equation: Any, which: Value, *cases: Value) -> Value:
    if isinstance(which, Numbers):
        if numbers := _numbers(cases):
            return Numbers(np.choose(which.each.astype(int), [n.each for n in numbers]))
        first = int(which.each.flat[0])
        if not np.all(which.each == first):
            raise NotFusible
        return cases[first]
    if len(cases) != 2 or equation.invars[0].aval.dtype != np.bool_:
        raise NotFusible
    shape = _shape(builder, equation)
    return builder.emit("select", shape, *(builder.rows(v, shape) for v in (which, *cases)))


def _convert(builder: ProgramBuilder, equation: Any, x: Value) -> Value:
    dtype = equation.params["new_dtype"]
    if isinstance(x, Numbers):
        return Numbers(x.each.astype(dtype))
    shape = _shape(builder, equation)
    rows = builder.rows(x, shape)
    if dtype == np.bool_ and equation.invars[0].aval.dtype != np.bool_:
        zero = Fixed(np.zeros((), np.float32))
        return builder.emit("not_equal", shape, rows, builder.rows(zero, shape))
    return rows


# ---- shapes ----


def _reshape(builder: ProgramBuilder, equation: Any, x: Value) -> Value:
    if isinstance(x, Numbers):
        return Numbers(x.each.reshape(builder.count, *equation.outvars[0].aval.shape))
    shape = _shape(builder, equation)
    if not isinstance(x, Rows) and equation.invars[0].aval.shape[:1] != (builder.batch,):
        raise NotFusible
    return Rows(builder.rows(x, shape).place, shape)


def _broadcast(builder: ProgramBuilder, equation: Any, x: Value) -> Value:
    aval = equation.outvars[0].aval
    if isinstance(x, Numbers):
        missing = (1,) * (len(aval.shape) + 1 - x.each.ndim)
        each = x.each.reshape(builder.count, *missing, *x.each.shape[1:])
        return Numbers(np.broadcast_to(each, (builder.count, *aval.shape)))
    shape = _shape(builder, equation)
    dims = equation.params["broadcast_dimensions"]
    given = equation.invars[0].aval.shape
    if isinstance(x, Rows) and builder.batch == 1 and math.prod(given) == math.prod(shape):
        return Rows(x.place, shape)
    if not dims or dims[0] != 0 or given[0] != builder.batch:
        raise NotFusible
    return Rows(builder.rows(x, shape).place, shape)


def _tile(builder: ProgramBuilder, equation: Any, x: Value) -> Value:
    shape = _shape(builder, equation)
    if equation.params["reps"][0] != 1:
        raise NotFusible
    return builder.rows(x, shape)  # a row of more than one element would not fit


def _transpose(builder: ProgramBuilder, equation: Any, x: Value) -> Value:
    if equation.params["permutation"] != (1, 0):
        raise NotFusible
    return Flipped(builder.rows(x, equation.invars[0].aval.shape[1:]))


def _columns(builder: ProgramBuilder, equation: Any, x: Value) -> Rows:
    """A matrix of rows, of which columns are taken."""
    shape = equation.invars[0].aval.shape
    if len(shape) != 2 or shape[0] != builder.batch:
        raise NotFusible
    return builder.rows(x, shape[1:])


def _part(rows: Rows, start: int, size: int) -> Rows:
    return Rows(replace(rows.place, column=rows.place.column + start), (size,))


def _slice(builder: ProgramBuilder, equation: Any, x: Value) -> Value:
    rows = _columns(builder, equation, x)
    p = equation.params
    (top, start), (bottom, end) = p["start_indices"], p["limit_indices"]
    if p["strides"] not in (None, (1, 1)) or top or bottom != builder.batch:
        raise NotFusible
    return _part(rows, start, end - start)


def _split(builder: ProgramBuilder, equation: Any, x: Value) -> list[Value]:
    if equation.params["axis"] != 1:
        raise NotFusible
    rows = _columns(builder, equation, x)
    sizes = [int(n) for n in equation.params["sizes"]]
    starts = np.cumsum([0, *sizes]).tolist()
    return [_part(rows, start, size) for start, size in zip(starts, sizes, strict=False)]


def _concatenate(builder: ProgramBuilder, equation: Any, *parts: Value) -> Value:
    if equation.params["dimension"] != 1 or len(_shape(builder, equation)) != 1:
        raise NotFusible
    shapes = [a.aval.shape[1:] for a in equation.invars]
    return builder.joined([builder.rows(p, s) for p, s in zip(parts, shapes, strict=True)])


# ---- stacks ----


def _at(numbers: tuple[Value, ...]) -> np.ndarray:
    """Which matrix of a stack each iteration means, if all of it is meant."""
    known = _numbers(numbers)
    if not known or any(n.each.any() for n in known[1:]):
        raise NotFusible
    return known[0].each


def _dynamic_slice(builder: ProgramBuilder, equation: Any, x: Value, *at: Value) -> Value:
    shape = equation.invars[0].aval.shape
    if equation.params["slice_sizes"] != (1, *shape[1:]):
        raise NotFusible
    if isinstance(x, Fixed) and is_array(x.value) and x.value.ndim == 1:
        return Numbers(x.value[builder.inside(_at(at), len(x.value))][:, None])
    return builder.read(x, _at(at))


def _dynamic_update_slice(
    builder: ProgramBuilder, equation: Any, x: Value, item: Value, *at: Value
) -> Value:
    shape = equation.invars[0].aval.shape
    if equation.invars[1].aval.shape != (1, *shape[1:]):
        raise NotFusible
    return builder.write(x, _at(at), item)


def _scatter(builder: ProgramBuilder, equation: Any, x: Value, at: Value, item: Value) -> Value:
    d = equation.params["dimension_numbers"]
    rank = len(equation.invars[0].aval.shape)
    if not isinstance(at, Numbers) or at.each.shape != (builder.count, 1):
        raise NotFusible
    if d.operand_batching_dims or d.scatter_indices_batching_dims:
        raise NotFusible
    windows = d.update_window_dims, d.inserted_window_dims, d.scatter_dims_to_operand_dims
    if windows == (tuple(range(rank - 1)), (0,), (0,)):
        return builder.write(x, at.each[:, 0], item)
    if windows == ((0, 1), (), (1,)):
        return _with_columns(builder, equation, x, at.each[:, 0], item)
    raise NotFusible


def _with_columns(
    builder: ProgramBuilder, equation: Any, x: Value, at: np.ndarray, item: Value
) -> Value:
    """A matrix with some of its columns replaced."""
    (count,) = _shape(builder, equation)
    rows, width = equation.invars[2].aval.shape
    start = int(at[0])
    end = start + width
    if rows != builder.batch or np.any(at != start) or start < 0 or end > count:
        raise NotFusible
    around = builder.rows(x, (count,))
    parts = [_part(around, 0, start), builder.rows(item, (width,)), _part(around, end, count - end)]
    return builder.joined([part for part in parts if part.columns])


# ---- products and sums ----


def _dot_general(builder: ProgramBuilder, equation: Any, a: Value, b: Value) -> Value:
    (of_a, of_b), batched = equation.params["dimension_numbers"]
    shapes = [v.aval.shape for v in equation.invars]
    matrices = all(len(s) == 2 for s in shapes) and batched == ((), ())
    if not matrices or any(v.aval.dtype != np.float32 for v in equation.invars):
        raise NotFusible
    if len(of_a) != 1 or equation.outvars[0].aval.dtype != np.float32:
        raise NotFusible
    if isinstance(b, Fixed):
        if of_a != (1,) or isinstance(a, Flipped) or shapes[0][0] != builder.batch:
            raise NotFusible
        return builder.product(builder.rows(a, shapes[0][1:]), b, of_b == (1,))
    if isinstance(a, Flipped):
        a, of_a, shapes[0] = a.rows, (1 - of_a[0],), shapes[0][::-1]
    if of_a != (0,) or of_b != (0,) or shapes[0][0] != builder.batch:
        raise NotFusible
    return Sum([Contraction(builder.rows(b, shapes[1][1:]), builder.rows(a, shapes[0][1:]))])


def _reduce_sum(builder: ProgramBuilder, equation: Any, x: Value) -> Value:
    shape = equation.invars[0].aval.shape
    if equation.params["axes"] != (0,) or len(shape) != 2 or shape[0] != builder.batch:
        raise NotFusible
    return Sum([Contraction(builder.rows(x, shape[1:]))])


def linear(equation: Any, arguments: list[Value]) -> Sum:
    """A linear operation on sums, which can as well be done after the builder."""
    given: list[Sum | Fixed] = []
    for value in arguments:
        if isinstance(value, Numbers) and np.all(value.each == value.each[:1]):
            value = Fixed(np.array(value.each[0]))  # positions
        elif isinstance(value, Fixed):
            if not is_array(value.value) or np.any(value.value):
                raise NotFusible  # only zeros are nothing to add
        elif not isinstance(value, Sum) or value.position is not None:
            raise NotFusible
        given.append(value)
    return Sum([Applied(equation, given)])


LINEAR = frozenset({"reshape", "squeeze", "transpose", "concatenate", "scatter"})
"""What may be done to sums."""
RULES: dict[str, Rule] = {
    "add": _add,
    "add_any": _add,
    "sub": _elementwise("sub", np.subtract),
    "mul": _elementwise("mul", np.multiply),
    "div": _elementwise("div"),
    "max": _elementwise("max", np.maximum),
    "min": _elementwise("min", np.minimum),
    "neg": _elementwise("neg", np.negative),
    "abs": _elementwise("abs"),
    "exp": _elementwise("exp"),
    "logistic": _elementwise("logistic"),
    "tanh": _elementwise("tanh"),
    "sqrt": _elementwise("sqrt"),
    "rsqrt": _elementwise("rsqrt"),
    "square": _elementwise("square"),
    "integer_pow": _integer_pow,
    "lt": _elementwise("less", np.less),
    "le": _elementwise("less_equal", np.less_equal),
    "gt": _elementwise("greater", np.greater),
    "ge": _elementwise("greater_equal", np.greater_equal),
    "eq": _elementwise("equal", np.equal),
    "ne": _elementwise("not_equal", np.not_equal),
    "and": _elementwise("both", np.logical_and, bools=True),
    "or": _elementwise("either", np.logical_or, bools=True),
    "xor": _elementwise("differ", bools=True),
    "not": _not,
    "select_n": _select,
    "convert_element_type": _convert,
    "reshape": _reshape,
    "squeeze": _reshape,
    "broadcast_in_dim": _broadcast,
    "tile": _tile,
    "transpose": _transpose,
    "slice": _slice,
    "split": _split,
    "concatenate": _concatenate,
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update_slice,
    "scatter": _scatter,
    "dot_general": _dot_general,
    "reduce_sum": _reduce_sum,
}
"""By the name of the primitive."""
