"""Joining, splitting and repeating: concat, stack, unstack, split, repeat."""

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
    var,
)

HOST = ("eager", "host")
VARIED = ("float32", "bfloat16", "int64", "uint8", "bool", "complex64", "string")

CONCAT = [
    *cases("concat", [[T(2, 3), T(1, 3)], 0], dtypes=VARIED),
    case("concat", [f32(2, 3), f32(2, 1), f32(2, 2)], 1, grad=True, grad2=True),
    case("concat", [f32(2, 3), f32(2, 3)], -1, grad=True),
    case("concat", [f32(0, 3), f32(2, 3)], 0, grad=True),
    case("concat", [f32(2, 3)], 0),
    case("concat", [f32(2), [1.0, 2.0]], 0),
    case("concat", [var(f32(2)), f32(1)], 0, grad=True),
    case("concat", f32(2, 3), 0),
    case("concat", [f32(2, 1), f32(2, 2)], const(1, "int64")),
    case("concat", [f32(2, 1), f32(2, 2)], tensor(1), executors=HOST, label="fed axis"),
    raises("concat", [f32(2, 3), f32(1, 1)], 0, executors=HOST),
    raises("concat", [f32(2, 3), f32(3)], 0, executors=HOST),
    raises("concat", [f32(), f32()], 0, executors=HOST),
    raises("concat", [f32(2), f32(2)], 1, executors=HOST),
    raises("concat", [f32(2), ints(2)], 0, executors=HOST),
    raises("concat", [[1, 2], [3.0]], 0),
    case("raw_ops.Concat", concat_dim=1, values=[f32(2, 1), f32(2, 3)], grad=True),
    case("raw_ops.ConcatOffset", concat_dim=1, shape=[[2, 3, 4], [2, 5, 4], [2, 1, 4]]),
]

STACK = [
    *cases("stack", [[T(2, 3), T(2, 3)]], dtypes=VARIED),
    case("stack", [f32(2, 3), f32(2, 3)], axis=1, grad=True, grad2=True),
    case("stack", [f32(2, 3), f32(2, 3)], axis=-1, grad=True),
    case("stack", [f32(), f32(), f32()], grad=True),
    case("stack", [1, 2, 3]),
    case("stack", [f32(), 2.5]),
    case("stack", f32(2, 3)),
    case("stack", f32(2, 3), axis=1),
    case("stack", [f32(0, 2), f32(0, 2)], axis=1),
    program("stack of sizes", lambda tf, x: tf.stack([tf.shape(x)[0], 1, 3]), f32(2, 5)),
    raises("stack", [f32(2, 3), f32(3)], executors=HOST),
    raises("stack", [f32(2), f32(2)], axis=3, executors=HOST),
    raises("stack", [f32(2), ints(2)], executors=HOST),
    *cases("unstack", [T(2, 3)], dtypes=VARIED),
    case("unstack", f32(2, 3), axis=1, grad=True, grad2=True),
    case("unstack", f32(2, 3, 2), axis=-1, grad=True),
    case("unstack", f32(2, 3), 2),
    case("unstack", f32(3), grad=True),
    raises("unstack", f32(2, 3), 3, executors=HOST),
    raises("unstack", f32(2, 3), axis=2, executors=HOST),
    raises("unstack", f32(), executors=HOST),
]

SPLIT = [
    *cases("split", [T(4, 3), 2], dtypes=VARIED),
    case("split", f32(2, 6), 3, axis=1, grad=True, grad2=True),
    case("split", f32(2, 6), 2, axis=-1),
    case("split", f32(2, 3), 1),
    case("split", f32(2, 6), [1, 2, 3], axis=1, grad=True),
    case("split", f32(6), [1, -1, 2], grad=True),
    case("split", f32(6), [0, 6]),
    case("split", strings(3), [1, 2]),
    case("split", f32(6), const([2, 4], "int64")),
    case("split", f32(6), tensor([2, 4]), executors=HOST, label="fed sizes"),
    case("split", f32(0, 4), 2, axis=1),
    raises("split", f32(2, 3), 2, axis=1, executors=HOST),
    raises("split", f32(2, 3), 3, axis=2, executors=HOST),
    raises("split", f32(2, 3), [1, 1], axis=1, executors=HOST),
    raises("split", f32(2, 3), [-1, -1], axis=1, executors=HOST),
    raises("split", f32(2, 3), [4, -1], axis=1, executors=HOST),
    raises("split", f32(2, 3), 0, executors=HOST),
    raises("split", f32(2, 3), const(2), executors=HOST),
]

REPEAT = [
    *cases("repeat", [T(3), 2], dtypes=VARIED),
    case("repeat", f32(2, 3), 2, grad=True),
    case("repeat", f32(2, 3), 3, axis=0, grad=True),
    case("repeat", f32(2, 3), 2, axis=-1, grad=True),
    case("repeat", f32(2, 3), [1, 2], axis=0, grad=True, executors=HOST),
    case("repeat", f32(2, 3), [2], axis=1),
    case("repeat", f32(3), [0, 2, 1], executors=HOST),
    case("repeat", ints(), 4),
    case("repeat", f32(0, 2), 2, axis=0),
    case("repeat", f32(2, 3), tensor([2, 0, 1]), axis=1, executors=HOST),
    raises("repeat", f32(2, 3), [1, 2, 3], axis=0, executors=HOST),
    raises("repeat", f32(2, 3), -1, axis=0),
    raises("repeat", f32(2, 3), 2, axis=5, executors=HOST),
    raises("repeat", f32(2, 3), 2.5, axis=0, executors=HOST),
]

CASES = [*CONCAT, *STACK, *SPLIT, *REPEAT]
