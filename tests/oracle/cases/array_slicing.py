"""Slices: `x[...]` in all its forms, tf.slice, tf.strided_slice and what undoes them."""

from typing import Any

import numpy as np

from tests.oracle.spec import (
    T,
    case,
    cases,
    const,
    f32,
    ints,
    program,
    raises,
    strings,
    tensor,
    values,
    var,
)

HOST = ("eager", "host")

KEYS: dict[str, Any] = {
    "0": 0,
    "-1": -1,
    "1:": slice(1, None),
    ":-1": slice(None, -1),
    "::2": slice(None, None, 2),
    "::-1": slice(None, None, -1),
    "-1:-4:-2": slice(-1, -4, -2),
    "5:": slice(5, None),
    "-100:100": slice(-100, 100),
    "2:1": slice(2, 1),
    "...": ...,
    "None": None,
    "()": (),
    ":,0": (slice(None), 0),
    "0,1:": (0, slice(1, None)),
    "...,0": (..., 0),
    "0,...": (0, ...),
    "0,...,None,0": (0, ..., None, 0),
    "None,:,None,-1": (None, slice(None), None, -1),
    "1:2,::2,::-1": (slice(1, 2), slice(None, None, 2), slice(None, None, -1)),
    "1,2,3": (1, 2, 3),
    "...,1:3,None": (..., slice(1, 3), None),
    "int64": np.int64(1),
    "list": [1, 2],
}

GETITEM = [
    *[
        program(f"x[{name}]", lambda tf, x, key=key: x[key], f32(2, 3, 4), grad=True)
        for name, key in KEYS.items()
    ],
    program("x[1:] twice", lambda tf, x: x[1:][:, ::2], f32(3, 4), grad=True, grad2=True),
    program("strings[1]", lambda tf, x: x[1], strings(3)),
    program("strings[::-1]", lambda tf, x: x[::-1], strings(3)),
    program("bools[1:]", lambda tf, x: x[1:], values(3, dtype="bool")),
    program("complex[0]", lambda tf, x: x[0], values(2, 2, dtype="complex64"), grad=True),
    program("bfloat16[:, 1]", lambda tf, x: x[:, 1], values(2, 3, dtype="bfloat16"), grad=True),
    program("variable[1]", lambda tf, v: v[1], var(f32(3, 2)), grad=True),
    program("variable[:, 0]", lambda tf, v: v[:, 0], var(f32(3, 2)), grad=True),
    program("empty[1:]", lambda tf, x: x[1:], f32(0, 3)),
    program("empty[:, 1]", lambda tf, x: x[:, 1], f32(0, 3)),
    program("by a tensor", lambda tf, x, i: x[i], f32(3, 4), tensor(1), grad=(0,)),
    program("by a negative tensor", lambda tf, x, i: x[i], f32(3, 4), tensor(-1), grad=(0,)),
    program("by two tensors", lambda tf, x, i, j: x[i, j], f32(3, 4), tensor(1), tensor(2)),
    program(
        "by a tensor beside constants",
        lambda tf, x, i: x[i, ..., 1:3, None],
        f32(3, 2, 4),
        tensor(2),
        grad=(0,),
    ),
    program("by an int64 tensor", lambda tf, x, i: x[:, i], f32(3, 4), tensor(2, "int64")),
    program("from a tensor on", lambda tf, x, i: x[i:], f32(3, 4), tensor(1), executors=HOST),
    program(
        "between tensors",
        lambda tf, x, i, j: x[i:j, ::2],
        f32(5, 4),
        tensor(1),
        tensor(4),
        grad=(0,),
        executors=HOST,
    ),
    program("up to a size", lambda tf, x: x[: tf.shape(x)[0] - 1], f32(3, 4), grad=True),
    program("by a variable", lambda tf, x, i: x[i], f32(3), var(tensor(2)), executors=HOST),
    program("by a mask", lambda tf, x, m: x[m], f32(3, 2), tensor([True, False, True]), grad=(0,)),
    program(
        "by a mask of rank 2",
        lambda tf, x, m: x[m],
        ints(2, 2),
        tensor([[True, False]] * 2),
        executors=HOST,
    ),
    program("by a NumPy mask", lambda tf, x: x[np.array([True, False])], f32(2, 2)),
    program("all of a scalar", lambda tf, x: x[...], f32()),
    program("a new axis of a scalar", lambda tf, x: x[None], f32(), grad=True),
]


def _bad(label: str, key: Any, *shape: int, graph: bool = True) -> Any:
    return program(
        f"x[{label}] raises",
        lambda tf, x: x[key],
        f32(*(shape or (2, 3))),
        raises=True,
        executors=HOST if graph else ("eager",),
    )


ERRORS = [
    _bad("5", 5),
    _bad("-3", -3),
    _bad("0,5", (0, 5)),
    _bad("0,0,0", (0, 0, 0)),
    _bad("two ellipses", (..., ...)),
    _bad("::0", slice(None, None, 0)),
    _bad("0.5", 0.5),
    _bad("string", "a"),
    _bad("float bound", slice(0, 2.5)),
    _bad("int array", np.array([0, 1])),
    _bad("True", True),
    _bad("0 of a scalar", 0, 0, graph=False),
    program("x[float tensor] raises", lambda tf, x: x[tf.constant(1.0)], f32(2), raises=True),
    program("x[vector] raises", lambda tf, x: x[tf.constant([0, 1])], f32(2), raises=True),
    program(
        "x[mask of another size] raises",
        lambda tf, x: x[tf.constant([True, False, True])],
        f32(2, 3),
        raises=True,
        executors=HOST,
    ),
]

SLICE = [
    *cases("slice", [T(3, 4), [1, 0], [2, 3]], dtypes=("float32", "int8", "bool", "string")),
    case("slice", f32(3, 4), [1, 1], [-1, 2], grad=True, grad2=True),
    case("slice", f32(3, 4), const([0, 1], "int64"), const([3, -1], "int64"), grad=True),
    case("slice", f32(3, 4), [3, 0], [0, 4]),
    case("slice", f32(), const([], "int32"), const([], "int32")),
    case("slice", f32(3, 4), tensor([1, 2]), [2, 2], grad=(0,)),
    case("slice", f32(3, 4), tensor([1, 2]), tensor([-1, 1]), executors=HOST, grad=(0,)),
    raises("slice", f32(2, 3), [0, 0], [3, 1], executors=HOST),
    raises("slice", f32(2, 3), [0, 5], [-1, -1], executors=HOST),
    raises("slice", f32(2, 3), [0, -1], [1, 1], executors=HOST),
    raises("slice", f32(2, 3), [0], [1], executors=HOST),
    raises("slice", f32(2, 3), [0, 0], [1], executors=HOST),
]

STRIDED = [
    case("strided_slice", f32(3, 4), [0, 1], [3, 4], [1, 2], grad=True, grad2=True),
    case("strided_slice", f32(3, 4), [1], [3]),
    case("strided_slice", f32(3, 4), [2, 3], [0, 0], [-1, -2], grad=True),
    case("strided_slice", f32(3, 4), [0, 1], [0, 2], begin_mask=1, end_mask=1),
    case("strided_slice", f32(3, 4), [1], [0], shrink_axis_mask=1, grad=True),
    case("strided_slice", f32(3, 4), [0, 1], [0, 2], new_axis_mask=1),
    case("strided_slice", f32(3, 4), [0, 0, 0], [1, 1, 1], ellipsis_mask=2, new_axis_mask=2),
    case("strided_slice", f32(3, 4), [0, 1], [1, 2], new_axis_mask=1, shrink_axis_mask=3),
    case("strided_slice", f32(3, 4), [-5], [10]),
    case("strided_slice", f32(3, 4), const([1], "int64"), const([3], "int64"), grad=True),
    raises("strided_slice", f32(3, 4), [0, 0], [2], [1, 2], executors=HOST),
    raises("strided_slice", f32(3, 4), [0], [1], [0], executors=HOST),
    raises("strided_slice", f32(3, 4), [1], [0], [-1], shrink_axis_mask=1, executors=HOST),
    raises("strided_slice", f32(3, 4), [5], [6], shrink_axis_mask=1, executors=HOST),
    raises("strided_slice", f32(3, 4), [[0]], [[1]], executors=HOST),
    case(
        "raw_ops.StridedSliceGrad",
        shape=[4, 3],
        begin=[1, 0],
        end=[4, 0],
        strides=[2, 1],
        dy=f32(2, 3),
        end_mask=2,
        grad=("dy",),
    ),
    case(
        "raw_ops.StridedSliceGrad",
        shape=[4, 3],
        begin=[0, -1],
        end=[0, 0],
        strides=[1, 1],
        dy=f32(4),
        begin_mask=1,
        end_mask=1,
        shrink_axis_mask=2,
    ),
    case(
        "raw_ops.TensorStridedSliceUpdate",
        input=f32(4, 3),
        begin=[1, 0],
        end=[4, 0],
        strides=[2, 1],
        value=f32(2, 3),
        end_mask=2,
        grad=("input", "value"),
    ),
    case(
        "raw_ops.TensorStridedSliceUpdate",
        input=f32(4, 3),
        begin=[1],
        end=[2],
        strides=[1],
        value=f32(3),
        shrink_axis_mask=1,
        grad=("input", "value"),
    ),
]

CASES = [*GETITEM, *ERRORS, *SLICE, *STRIDED]
