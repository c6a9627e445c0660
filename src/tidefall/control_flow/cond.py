"""Choosing between functions: `tf.cond`, `tf.case`, `tf.switch_case`, and the ops If and Case.

A branch is traced into a graph of its own; what it uses from outside becomes an input of the If or
Case node. Eagerly, Python's own control flow does the work.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes, nest
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.control_flow.branch_gradient import case_gradient, if_gradient
from tidefall.control_flow.branch_lowering import case_xla, if_xla
from tidefall.control_flow.subgraphs import (
    check_branches,
    merged_shapes,
    op_for,
    scalar_condition,
    share_captures,
    trace_branch,
    truth,
    watch_in_outer,
)
from tidefall.control_flow.while_loop import while_loop as while_loop
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.static_values import static_value
from tidefall.op import raw
from tidefall.op.effects import calls
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.op.traits import BRANCH
from tidefall.runtime.graph_function import GraphFunction, rebuild_outputs
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


@export("cond")
def cond(pred: Any, true_fn: Any = None, false_fn: Any = None, name: str | None = None) -> Any:
    """Call one of two functions, depending on a condition.

    Args:
        pred: scalar bool, or a tensor of shape ().
        true_fn: called without arguments when `pred` holds.
        false_fn: called without arguments otherwise; must return the same structure and dtypes.

    Returns:
        What the chosen function returns.

    Raises:
        TypeError: for functions that are not callable or branches that do not match.

    >>> import tidefall as tf
    >>> tf.cond(tf.constant(True), lambda: tf.constant(1), lambda: tf.constant(2)).numpy()
    np.int32(1)
    """
    if not callable(true_fn):
        raise TypeError(f"'true_fn' must be callable. Received: {true_fn!r}")
    if not callable(false_fn):
        raise TypeError(f"'false_fn' must be callable. Received: {false_fn!r}")
    if state.graph is None:
        return true_fn() if bool(np.asarray(pred)) else false_fn()
    if isinstance(pred, (bool, np.bool_)):
        return true_fn() if pred else false_fn()
    pred = scalar_condition(pred, "tf.cond")
    if pred.shape.rank != 0:
        pred = raw.Squeeze(pred)  # to an If node, what is not a scalar is true unless it is empty
    graphs = [trace_branch(true_fn, "cond_true"), trace_branch(false_fn, "cond_false")]
    check_branches("tf.cond", graphs)
    return _structured(graphs[0], if_node(pred, graphs, name or "cond"))


def if_node(pred: Any, graphs: list[FuncGraph], name: str) -> Any:
    """Add an If node for two traced branches with the same outputs.

    Returns:
        What the branches return, a list of tensors; the node itself if they return nothing.
    """
    inputs = share_captures(graphs)
    watch_in_outer(graphs)
    return op_for(graphs, raw.If, raw.StatelessIf)(
        pred,
        inputs,
        Tout=[t.dtype for t in graphs[0].outputs],
        then_branch=GraphFunction(graphs[0].name, graphs[0]),
        else_branch=GraphFunction(graphs[1].name, graphs[1]),
        output_shapes=merged_shapes(graphs),
        name=name,
    )


def _structured(graph: FuncGraph, outputs: Any) -> Any:
    flat = outputs if isinstance(outputs, list) else []
    structure = graph.structured_outputs
    return None if structure is None else rebuild_outputs(structure, flat)


@export("__internal__.smart_cond.smart_cond")
def smart_cond(
    pred: Any, true_fn: Any = None, false_fn: Any = None, name: str | None = None
) -> Any:
    """`tf.cond` that builds only one branch when the condition is known while tracing."""
    if isinstance(pred, (bool, int, np.bool_)):
        return true_fn() if pred else false_fn()
    known = static_value(convert_to_tensor(pred))
    if known is not None:
        return true_fn() if bool(known) else false_fn()
    return cond(pred, true_fn, false_fn, name)


@export("switch_case")
def switch_case(
    branch_index: Any, branch_fns: Any, default: Any = None, name: str = "switch_case"
) -> Any:
    """Call one of several functions, chosen by number.

    Args:
        branch_index: int32 scalar.
        branch_fns: a list of functions, a dict from number to function, or pairs of both.
        default: called for numbers without a function; the last function by default.

    >>> import tidefall as tf
    >>> tf.switch_case(1, [lambda: tf.constant("a"), lambda: tf.constant("b")]).numpy()
    b'b'
    """
    branches = _numbered(branch_fns, default)
    index = (
        convert_to_tensor(branch_index, dtypes.int32)
        if not isinstance(branch_index, Tensor)
        else branch_index
    )
    if state.graph is None:
        number = int(index)
        return branches[number if 0 <= number < len(branches) else len(branches) - 1]()
    graphs = [trace_branch(f, f"switch_case_branch{i}") for i, f in enumerate(branches)]
    check_branches("tf.switch_case", graphs)
    inputs = share_captures(graphs)
    watch_in_outer(graphs)
    outputs = op_for(graphs, raw.Case, raw.StatelessCase)(
        index,
        inputs,
        Tout=[t.dtype for t in graphs[0].outputs],
        branches=[GraphFunction(g.name, g) for g in graphs],
        output_shapes=merged_shapes(graphs),
        name=name,
    )
    return _structured(graphs[0], outputs)


def _numbered(branch_fns: Any, default: Any) -> list[Callable[[], Any]]:
    if isinstance(branch_fns, dict):
        branch_fns = list(branch_fns.items())
    if not isinstance(branch_fns, (list, tuple)) or not branch_fns:
        raise TypeError("branch_fns must be a non-empty list, tuple or dict of functions.")
    if all(callable(f) for f in branch_fns):
        branch_fns = list(enumerate(branch_fns))
    table = dict(branch_fns)
    if sorted(table) != list(range(len(table))):
        raise ValueError(
            f"branch_fns must be numbered 0 to {len(table) - 1}. Received: {sorted(table)}"
        )
    branches = [table[i] for i in range(len(table))]
    if default is not None:
        branches.append(default)
    return branches


@export("case")
def case(
    pred_fn_pairs: Any,
    default: Any = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str = "case",
) -> Any:
    """Call the function of the first condition that holds.

    Args:
        pred_fn_pairs: pairs of a bool scalar and a function.
        default: called when no condition holds.
        exclusive: at most one condition may hold; checked when the function runs.
        strict: accepted; a condition is a bool scalar anyway.

    Raises:
        InvalidArgumentError: if none holds and there is no default, or several hold although they
            are `exclusive`. Compiled code does not check this.

    >>> import tidefall as tf
    >>> x = tf.constant(3)
    >>> pairs = [(x < 2, lambda: tf.constant("few")), (x < 5, lambda: tf.constant("some"))]
    >>> tf.case(pairs, default=lambda: tf.constant("many")).numpy()
    b'some'
    """
    pairs = list(pred_fn_pairs.items()) if isinstance(pred_fn_pairs, dict) else list(pred_fn_pairs)
    if state.graph is None and exclusive and sum(bool(np.asarray(p)) for p, _ in pairs) > 1:
        raise InvalidArgumentError(
            None, None, "tf.case: more than one condition holds with exclusive=True."
        )

    def build(rest: list[Any]) -> Any:
        if not rest:
            if default is None:
                raise InvalidArgumentError(
                    None, None, "tf.case: none of the conditions evaluated as True."
                )
            return default()
        pred, function = rest[0]
        if len(rest) == 1 and default is None and state.graph is not None:
            return _after_check(
                pred, "None of conditions evaluated as True:", [p for p, _ in pairs], function
            )
        return cond(pred, function, lambda: build(rest[1:]))

    if state.graph is None or not exclusive or len(pairs) < 2:
        return build(pairs)
    holding = raw.Pack([p for p, _ in pairs])
    count = raw.Sum(raw.Cast(holding, DstT=dtypes.int32), [0])
    return _after_check(
        raw.LessEqual(count, 1),
        "exclusive=True: more than 1 conditions evaluated as True:",
        [holding],
        lambda: build(pairs),
    )


def _after_check(
    condition: Any, message: str, values: list[Any], function: Callable[[], Any]
) -> Any:
    """What a function returns, after an assertion; for graphs."""
    graph = state.graph
    assert graph is not None
    check = raw.Assert(condition, [f"Input error: {message}", *values], name="Assert")
    with graph.control_dependencies([check]):
        return nest.map_structure(
            lambda t: raw.Identity(t) if isinstance(t, Tensor) else t, function()
        )


def _branch_shapes(c: Inference) -> list[TensorShape]:
    given = c.attr("output_shapes")
    if given:
        return list(given)
    count = len(c.attr("Tout"))
    return [TensorShape(None)] * count


def _if_host(cond: Any, input: list[Any], *, then_branch: Any, else_branch: Any) -> list[Any]:
    return (then_branch if truth(cond) else else_branch).run(input)


def _case_host(branch_index: Any, input: list[Any], *, branches: list[Any]) -> list[Any]:
    number = int(branch_index)
    return branches[number if 0 <= number < len(branches) else -1].run(input)


_if_host.takes_device_arrays = True  # type: ignore[attr-defined]
_case_host.takes_device_arrays = True  # type: ignore[attr-defined]


for _name in ("If", "StatelessIf"):
    op(
        _name,
        shape=_branch_shapes,
        host=_if_host,
        xla=if_xla,
        effects=calls("input"),
        traits=(BRANCH,),
        gradient=if_gradient,
    )
for _name in ("Case", "StatelessCase"):
    op(
        _name,
        shape=_branch_shapes,
        host=_case_host,
        xla=case_xla,
        effects=calls("input"),
        traits=(BRANCH,),
        gradient=case_gradient,
    )
