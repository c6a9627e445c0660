"""The kernel of loops on rows agrees with NumPy, eagerly and in compiled programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.native.ways import ALL
from tidefall.base.errors import InternalError
from tidefall.native.fused_rnn import Program, Register, Step, View, Weight, fused_rnn_loop
from tidefall.native.library import call, enabled, status

pytestmark = pytest.mark.skipif(not enabled(), reason=f"native kernels: {status().reason}")

INF, NAN = np.inf, np.nan
SPECIAL = [0.0, -0.0, 1e-30, -1e-6, 0.3, -2.5, 20.0, -88.0, 90.0, -110.0, INF, -INF, NAN, 1.0, 7.0]


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x.astype(np.float64)))


OPERATIONS = {
    "copy": lambda a: a,
    "neg": np.negative,
    "abs": np.abs,
    "square": np.square,
    "exp": lambda a: np.exp(a.astype(np.float64)),
    "logistic": _sigmoid,
    "tanh": lambda a: np.tanh(a.astype(np.float64)),
    "sqrt": np.sqrt,
    "rsqrt": lambda a: 1 / np.sqrt(a),
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "max": np.maximum,
    "min": np.minimum,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "both": np.logical_and,
    "either": np.logical_or,
    "differ": np.logical_xor,
    "select": lambda a, b, c: np.where(a != 0, c, b),
}


@ALL
@pytest.mark.parametrize("op", OPERATIONS)
def test_an_operation_on_elements_agrees_with_numpy(op: str, run: Any) -> None:
    function = OPERATIONS[op]
    count = function.__code__.co_argcount if hasattr(function, "__code__") else function.nin
    a = np.array(SPECIAL, np.float32)
    given = [np.tile(np.roll(a, 2 * i), (3, 1)) for i in range(count)]
    if op == "select":
        given[0] = np.nan_to_num(given[0], posinf=0, neginf=0)
    places = tuple(View("input", i, 15) for i in range(count))
    program = Program(3, 2, 1, each=[Step(op, 15, View("output", 0, 15), places)])
    (result,) = fused_rnn_loop(run, given, [((3, 15), np.float32)], program)
    with np.errstate(all="ignore"):
        expected = np.asarray(function(*given), np.float32)
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-37)


@ALL
@pytest.mark.parametrize("transposed", [False, True], ids=["", "transposed"])
@pytest.mark.parametrize(
    ("batch", "block", "depth", "columns"),
    [(1, 1, 1, 1), (5, 2, 7, 3), (16, 16, 5, 32), (19, 16, 33, 70), (40, 16, 128, 64)],
)
def test_states_go_through_products(
    batch: int, block: int, depth: int, columns: int, transposed: bool, run: Any
) -> None:
    """h becomes `x[t] @ w`, plus the h before, from the last matrix of x to the first."""
    draw = np.random.default_rng(1).normal
    x = draw(size=(4, batch, depth)).astype(np.float32)
    w = draw(size=(depth, columns)).astype(np.float32)
    bias = draw(size=columns).astype(np.float32)
    h, z, new = (View("working", Register(columns), columns) for _ in range(3))
    program = Program(batch, block, 4, [Weight(1, depth, columns, transposed)])
    program.before = [
        Step("copy", columns, h, (View("shared", 2, columns),)),
        Step("fill", columns, View("block", 2, columns), (), 2.0),
    ]
    program.each = [
        Step("product", columns, z, (View("input", 0, depth, 0, 3, -1),)),
        Step("add", columns, new, (z, h)),
        Step("copy", columns, View("output", 0, columns, 0, 0, 1), (h,)),
        Step("column_sums", columns, View("block", 2, columns), (new,)),
        Step("copy", columns, h, (new,)),
    ]
    program.after = [Step("copy", columns, View("output", 1, columns), (h,))]
    outputs = [(4, batch, columns), (batch, columns), (program.blocks, columns)]
    given = [x, np.ascontiguousarray(w.T) if transposed else w, bias]
    before, last, sums = fused_rnn_loop(run, given, [(s, np.float32) for s in outputs], program)
    states = np.cumsum([np.broadcast_to(bias, (batch, columns)), *(x[::-1] @ w)], 0)
    np.testing.assert_allclose(before, states[:-1], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(last, states[-1], rtol=1e-4, atol=1e-4)
    expected = states[1:].sum((0, 1)) + 2.0 * program.blocks
    np.testing.assert_allclose(sums.sum(0), expected, rtol=1e-4, atol=1e-3)


@ALL
@pytest.mark.parametrize("columns", [64, 70])
def test_sums_with_products_are_those_products_work(columns: int, run: Any) -> None:
    draw = np.random.default_rng(2).normal
    x, h, a, b = (draw(size=shape).astype(np.float32) for shape in [(5, 7), (5, 3), (5, 70), (70,)])
    w, u = (draw(size=(n, columns)).astype(np.float32) for n in (7, 3))
    p, q, r, s = (View("working", Register(columns), columns) for _ in range(4))
    program = Program(5, 3, 1, [Weight(4, 7, columns, False), Weight(5, 3, columns, False)])
    program.each = [
        Step("product", columns, p, (View("input", 0, 7),), 0),
        Step("product", columns, q, (View("input", 1, 3),), 1),
        Step("add", columns, r, (p, q)),
        Step("add", columns, s, (r, View("shared", 3, columns))),
        Step("add", columns, View("output", 0, columns), (View("input", 2, 70), s)),
    ]
    assert [step.op for step in program.needed()] == ["product", "product", "add"]
    (result,) = fused_rnn_loop(run, [x, h, a, b, w, u], [((5, columns), np.float32)], program)
    np.testing.assert_allclose(result, x @ w + h @ u + b[:columns] + a[:, :columns], 1e-5, 1e-5)


def test_a_product_that_is_read_twice_stays_beside_the_sum() -> None:
    x, w = np.array([[1, 2]], np.float32), np.array([[3], [4]], np.float32)
    p = View("working", Register(1), 1)
    program = Program(1, 1, 1, [Weight(1, 2, 1, False)])
    program.each = [
        Step("product", 1, p, (View("input", 0, 2),), 0),
        Step("add", 1, View("output", 0, 1), (p, View("input", 0, 2))),
        Step("neg", 1, View("output", 1, 1), (p,)),
    ]
    total, negative = fused_rnn_loop(call, [x, w], [((1, 1), np.float32)] * 2, program)
    assert (total.item(), negative.item()) == (12, -11)


def test_a_product_of_what_changes_before_the_sum_stays_where_it_is() -> None:
    x, w = np.array([[1]], np.float32), np.array([[3]], np.float32)
    p, h = (View("working", Register(1), 1) for _ in range(2))
    program = Program(1, 1, 1, [Weight(1, 1, 1, False)])
    program.before = [Step("copy", 1, h, (View("input", 0, 1),))]
    program.each = [
        Step("product", 1, p, (h,), 0),
        Step("neg", 1, h, (View("input", 0, 1),)),
        Step("add", 1, View("output", 0, 1), (p, h)),
    ]
    assert fused_rnn_loop(call, [x, w], [((1, 1), np.float32)], program)[0].item() == 2


def test_columns_of_matrices_are_read_and_written_in_place() -> None:
    x = np.arange(24, dtype=np.float32).reshape(4, 6)
    whole = Register(6)
    parts = [View("working", Register(2, View("working", whole, 6, c)), 2) for c in (2, 0, 4)]
    source = View("input", 0, 6)
    program = Program(4, 3, 1)
    program.each = [
        Step("neg", 2, part, (replace(source, column=column),))
        for part, column in zip(parts, (0, 2, 4), strict=True)
    ]
    program.each.append(Step("copy", 6, View("output", 0, 6), (View("working", whole, 6),)))
    (result,) = fused_rnn_loop(call, [x], [((4, 6), np.float32)], program)
    np.testing.assert_array_equal(result, -x[:, [2, 3, 0, 1, 4, 5]])


def test_steps_whose_results_nobody_reads_are_left_out() -> None:
    x = View("input", 0, 2)
    used, dead = (View("working", Register(2), 2) for _ in range(2))
    program = Program(1, 1, 1)
    program.each = [
        Step("neg", 2, used, (x,)),
        Step("exp", 2, dead, (used,)),
        Step("copy", 2, View("output", 0, 2), (used,)),
    ]
    one = Program(1, 1, 1, each=[program.each[0], program.each[2]])
    assert program.settings() == one.settings()


def test_settings_that_make_no_sense_are_an_error() -> None:
    with pytest.raises(InternalError, match="too few settings"):
        call("row_loop", [], [], (1, 1, 1))
