"""Control flow as functional ops: `tf.cond`, `tf.case`, `tf.switch_case` and `tf.while_loop`.

A branch or loop body is traced into a graph of its own; what it uses from outside becomes an
input of the If, Case or While node. Eagerly, Python's own control flow does the work.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.autodiff.backprop import backprop, differentiable, zeros_like
from tidefall.core import dtypes, nest
from tidefall.core.composite import CompositeTensor
from tidefall.core.convert import convert_to_tensor
from tidefall.core.errors import InvalidArgumentError, UnimplementedError
from tidefall.core.exports import export
from tidefall.core.inference import Inference
from tidefall.core.op import find_op, op
from tidefall.core.shapes import TensorShape
from tidefall.core.state import graph_scope, state, tapes_paused
from tidefall.core.tensor import Tensor
from tidefall.function.concrete import GraphFunction, rebuild_outputs
from tidefall.function.loop_gradient import repeatable, variable_zeros, while_gradient
from tidefall.function.loop_lowering import while_xla
from tidefall.graph.graph import FuncGraph
from tidefall.graph.static import static_value
from tidefall.ops.common import jnp, lax
from tidefall.runtime import streams
from tidefall.runtime.xla import TracedVariable, lower_call

_numbers = itertools.count()


# ---- branches ----


def _trace_branch(function: Callable[[], Any], name: str) -> FuncGraph:
    graph = FuncGraph(f"{name}_{next(_numbers)}")
    graph.outer_tapes = state.tapes
    with graph_scope(graph), tapes_paused():
        result = function()
        structured = nest.map_structure(_branch_output, result)
        graph.outputs = [
            graph.capture(t)
            for t in nest.flatten(structured, expand_composites=True)
            if isinstance(t, Tensor)
        ]
        graph.structured_outputs = structured
    return graph


def _branch_output(item: Any) -> Any:
    if item is None or isinstance(item, CompositeTensor):
        return item
    return convert_to_tensor(item)


def _share_captures(graphs: Sequence[FuncGraph]) -> list[Any]:
    """Give all graphs the same inputs: the captures of any of them, in one order."""
    outer: dict[int, Any] = {}
    for graph in graphs:
        for tensor in graph.external_captures:
            outer.setdefault(id(tensor), tensor)
    captures = list(outer.values())
    for graph in graphs:
        own = graph._captures
        graph.arguments = [
            own[id(t)][1] if id(t) in own else graph._capture_placeholder(t, None) for t in captures
        ]
        graph._captures = {}
    return captures


def _check_branches(name: str, graphs: Sequence[FuncGraph]) -> None:
    first = graphs[0]
    for other in graphs[1:]:
        try:
            nest.assert_same_structure(
                first.structured_outputs, other.structured_outputs, expand_composites=True
            )
        except (ValueError, TypeError) as error:
            raise type(error)(
                f"{name}: the branches must return the same structure. {error}"
            ) from None
        for i, (a, b) in enumerate(zip(first.outputs, other.outputs, strict=True)):
            if a.dtype != b.dtype:
                raise TypeError(
                    f"{name}: the branches must return the same dtypes, but output {i} is "
                    f"{a.dtype.name} in one and {b.dtype.name} in another."
                )


def _watch_in_outer(graphs: Sequence[FuncGraph]) -> None:
    """Tell the graph being built, and the tapes, which variables the inner graphs use."""
    graph = state.graph
    if graph is None or not graph.building_function:
        return
    for inner in graphs:
        for variable in inner.variables:
            graph.watch_variable(variable)  # type: ignore[attr-defined]
            for tape in state.tapes:
                tape.watch_variable(variable)


def _merged_shapes(graphs: Sequence[FuncGraph]) -> list[TensorShape]:
    merged = []
    for outputs in zip(*(g.outputs for g in graphs), strict=True):
        shape = outputs[0].shape
        for other in outputs[1:]:
            shape = shape.most_specific_compatible_shape(other.shape)
        merged.append(shape)
    return merged


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
    pred = convert_to_tensor(pred)
    graphs = [_trace_branch(true_fn, "cond_true"), _trace_branch(false_fn, "cond_false")]
    _check_branches("tf.cond", graphs)
    inputs = _share_captures(graphs)
    _watch_in_outer(graphs)
    outputs = find_op("If")(
        pred,
        inputs,
        Tout=[t.dtype for t in graphs[0].outputs],
        then_branch=GraphFunction(graphs[0].name, graphs[0]),
        else_branch=GraphFunction(graphs[1].name, graphs[1]),
        output_shapes=_merged_shapes(graphs),
        name=name or "cond",
    )
    return _structured(graphs[0], outputs)


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
    graphs = [_trace_branch(f, f"switch_case_branch{i}") for i, f in enumerate(branches)]
    _check_branches("tf.switch_case", graphs)
    inputs = _share_captures(graphs)
    _watch_in_outer(graphs)
    outputs = find_op("Case")(
        index,
        inputs,
        Tout=[t.dtype for t in graphs[0].outputs],
        branches=[GraphFunction(g.name, g) for g in graphs],
        output_shapes=_merged_shapes(graphs),
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
        exclusive: checked eagerly: at most one condition may hold.

    Raises:
        InvalidArgumentError: if none holds and there is no default.
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
            return function()
        return cond(pred, function, lambda: build(rest[1:]))

    return build(pairs)


def _branch_shapes(c: Inference) -> list[TensorShape]:
    given = c.attr("output_shapes")
    if given:
        return list(given)
    count = len(c.attr("Tout"))
    return [TensorShape(None)] * count


def _truth(value: Any) -> bool:
    """What a condition means: numbers by value, strings and other shapes by being non-empty."""
    array = np.asarray(value)
    if array.ndim:
        return array.size > 0
    return bool(array)


def _if_host(cond: Any, input: list[Any], *, then_branch: Any, else_branch: Any) -> list[Any]:
    return (then_branch if _truth(cond) else else_branch).run(input)


def _case_host(branch_index: Any, input: list[Any], *, branches: list[Any]) -> list[Any]:
    number = int(branch_index)
    return branches[number if 0 <= number < len(branches) else -1].run(input)


_if_host.takes_device_arrays = True  # type: ignore[attr-defined]
_case_host.takes_device_arrays = True  # type: ignore[attr-defined]


def _variables_of(values: Sequence[Any]) -> list[int]:
    return [i for i, v in enumerate(values) if isinstance(v, TracedVariable)]


def _with_state(function: Any, values: Sequence[Any]) -> Callable[[Any], Any]:
    """Lower a branch as a pure function of arrays: the variables' values go in and come out."""
    resources = _variables_of(values)

    def pure(arrays: Any) -> Any:
        plain, held, positions = arrays
        given = list(values)
        fresh = iter(plain)
        copies = {}
        for i, value in enumerate(values):
            if i in resources:
                copies[i] = TracedVariable(value, held[resources.index(i)])
                given[i] = copies[i]
            elif _is_array(value):
                given[i] = next(fresh)
        with streams.at(positions):
            outputs = lower_call(function, given)
            positions = streams.positions()
        states = [jnp.asarray(copies[i].value) for i in resources]
        return [jnp.asarray(o) for o in outputs], states, positions

    return pure


def _is_array(value: Any) -> bool:
    return (
        hasattr(value, "dtype")
        and hasattr(value, "shape")
        and not isinstance(value, TracedVariable)
    )


def _operands(values: Sequence[Any]) -> tuple[list[Any], list[Any], Any]:
    plain = [jnp.asarray(v) for v in values if _is_array(v)]
    states = [jnp.asarray(values[i].value) for i in _variables_of(values)]
    return plain, states, streams.positions()


def _store(values: Sequence[Any], held: Sequence[Any], positions: Any) -> None:
    streams.set_positions(positions)
    for i, value in zip(_variables_of(values), held, strict=True):
        values[i].value = value


def _if_xla(cond: Any, input: list[Any], *, then_branch: Any, else_branch: Any) -> list[Any]:
    if isinstance(cond, (np.ndarray, np.generic)):
        return lower_call(then_branch if _truth(cond) else else_branch, input)
    outputs, held, positions = lax.cond(
        jnp.reshape(cond, ()).astype(bool),
        _with_state(then_branch, input),
        _with_state(else_branch, input),
        _operands(input),
    )
    _store(input, held, positions)
    return outputs


def _case_xla(branch_index: Any, input: list[Any], *, branches: list[Any]) -> list[Any]:
    if isinstance(branch_index, (np.ndarray, np.generic)):
        number = int(branch_index)
        return lower_call(branches[number if 0 <= number < len(branches) else -1], input)
    last = len(branches) - 1
    index = jnp.where((branch_index < 0) | (branch_index > last), last, branch_index)
    lowered = [_with_state(b, input) for b in branches]
    outputs, held, positions = lax.switch(index, lowered, _operands(input))
    _store(input, held, positions)
    return outputs


def _zero_gradient(graph: FuncGraph, index: int, tensor: Any) -> Any:
    """The gradient of an input that a branch does not use."""
    if tensor.dtype == dtypes.resource:
        return variable_zeros(graph, graph.inputs[index], tensor)
    return find_op("ZerosLike")(tensor) if tensor.dtype == dtypes.variant else zeros_like(tensor)


def _branch_gradient(
    op: Any, name: str, functions: list[Any], gradients: Sequence[Any]
) -> list[Any]:
    """Gradients of a branching op: the same op over the gradients of its branches."""
    from tidefall.function.replay import replay

    inputs = list(op.inputs[1:])
    wanted = [i for i, t in enumerate(inputs) if differentiable(t)]
    pairs = [
        (i, g) for i, g in enumerate(gradients) if g is not None and differentiable(op.outputs[i])
    ]

    def branch(function: Any) -> Callable[[], Any]:
        def run() -> Any:
            local = [state.graph.capture(t) if state.graph is not None else t for t in inputs]
            records, mapping = replay(function.graph, local)
            targets = [mapping[id(function.graph.outputs[i])] for i, _ in pairs]
            results = backprop(
                records,
                targets,
                [convert_to_tensor(g) for _, g in pairs],
                [local[i] for i in wanted],
            )
            return [
                _zero_gradient(function.graph, i, local[i]) if r is None else convert_to_tensor(r)
                for i, r in zip(wanted, results, strict=True)
            ]

        return run

    if not all(repeatable(f.graph) for f in functions):
        raise UnimplementedError(
            None,
            None,
            f"The gradient of {name} whose branches assign variables or draw random numbers is not "
            "implemented in Tidefall yet: the branch would run twice. Do that outside of the "
            "branch.",
        )
    if name == "If":
        found = cond(op.inputs[0], branch(functions[0]), branch(functions[1]))
    else:
        found = switch_case(op.inputs[0], [branch(f) for f in functions])
    result: list[Any] = [None] * (len(inputs) + 1)
    for i, gradient in zip(wanted, found, strict=True):
        result[i + 1] = gradient
    return result


def _if_grad(op: Any, *gradients: Any) -> list[Any]:
    return _branch_gradient(op, "If", [op.attrs["then_branch"], op.attrs["else_branch"]], gradients)


def _case_grad(op: Any, *gradients: Any) -> list[Any]:
    return _branch_gradient(op, "Case", op.attrs["branches"], gradients)


_if_grad.takes_missing_gradients = True  # type: ignore[attr-defined]
_case_grad.takes_missing_gradients = True  # type: ignore[attr-defined]

for _name in ("If", "StatelessIf"):
    op(_name, shape=_branch_shapes, host=_if_host, xla=_if_xla, gradient=_if_grad)
for _name in ("Case", "StatelessCase"):
    op(_name, shape=_branch_shapes, host=_case_host, xla=_case_xla, gradient=_case_grad)


# ---- loops ----


@export("while_loop")
def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    maximum_iterations: Any = None,
    name: str | None = None,
) -> Any:
    """Repeat `body` while `cond` holds.

    Args:
        cond: function of the loop variables that returns a bool scalar.
        body: function of the loop variables that returns their next values.
        loop_vars: initial values: tensors, or nests of them.
        shape_invariants: shapes that hold in every iteration, where they change.
        parallel_iterations, back_prop, swap_memory: accepted for TensorFlow's sake.
        maximum_iterations: stop after as many.

    Returns:
        The loop variables after the last iteration.

    Raises:
        TypeError: for functions that are not callable.
        ValueError: if a variable changes its shape without a shape invariant.

    >>> import tidefall as tf
    >>> tf.while_loop(lambda i: i < 5, lambda i: [i + 1], [tf.constant(0)])[0].numpy()
    np.int32(5)
    """
    if not callable(cond):
        raise TypeError(f"'cond' must be callable. Received: {cond!r}")
    if not callable(body):
        raise TypeError(f"'body' must be callable. Received: {body!r}")
    if not loop_vars:
        raise ValueError("'loop_vars' must be provided.")
    if state.graph is None:
        return _eager_loop(cond, body, loop_vars, maximum_iterations)
    return _graph_loop(cond, body, loop_vars, shape_invariants, maximum_iterations, name or "while")


def _eager_loop(cond: Any, body: Any, loop_vars: Any, maximum: Any) -> Any:
    limit = None if maximum is None else int(np.asarray(maximum))
    packed = isinstance(loop_vars, (list, tuple))
    values = list(loop_vars) if packed else [loop_vars]
    values = nest.map_structure(_branch_output, values)
    count = 0
    while (limit is None or count < limit) and bool(np.asarray(cond(*values))):
        result = body(*values)
        values = (
            list(result)
            if isinstance(result, (list, tuple)) and (packed and len(values) == len(result))
            else [result]
        )
        values = nest.map_structure(_branch_output, values)
        count += 1
    if not packed:
        return values[0]
    return (
        type(loop_vars)(values)
        if type(loop_vars) in (list, tuple)
        else nest.pack_sequence_as(loop_vars, nest.flatten(values))
    )


def _graph_loop(
    cond: Any, body: Any, loop_vars: Any, invariants: Any, maximum: Any, name: str
) -> Any:
    packed = isinstance(loop_vars, (list, tuple))
    structure = list(loop_vars) if packed else [loop_vars]
    structure = nest.map_structure(_branch_output, structure)
    flat = nest.flatten(structure, expand_composites=True)
    shapes = _loop_shapes(flat, invariants, packed)
    counted = maximum is not None
    start = [convert_to_tensor(0, dtypes.int32), *flat] if counted else flat
    kept = [TensorShape(()), *shapes] if counted else shapes
    limit = convert_to_tensor(maximum, dtypes.int32) if counted else None
    outer = state.graph

    def trace(function: Callable[..., Any], label: str, shapes_in: list[TensorShape]) -> FuncGraph:
        graph = FuncGraph(f"{label}_{next(_numbers)}")
        graph.outer_tapes = state.tapes
        with graph_scope(graph), tapes_paused():
            arguments = [
                graph.add_argument(t.dtype, s, f"loop_var_{i}")
                for i, (t, s) in enumerate(zip(start, shapes_in, strict=True))
            ]
            results = function(graph, arguments)
            graph.outputs = [graph.capture(t) for t in results]
        return graph

    def restore(arguments: list[Any]) -> Any:
        values = arguments[1:] if counted else arguments
        return nest.pack_sequence_as(structure, values, expand_composites=True)

    def run_cond(graph: FuncGraph, arguments: list[Any]) -> list[Any]:
        result = convert_to_tensor(cond(*restore(arguments)))
        if counted:
            below = find_op("Less")(arguments[0], limit)
            result = find_op("LogicalAnd")(result, below)
        return [result]

    def run_body(graph: FuncGraph, arguments: list[Any]) -> list[Any]:
        result = body(*restore(arguments))
        values = list(result) if isinstance(result, (list, tuple)) and packed else [result]
        values = nest.map_structure(_branch_output, values)
        nest.assert_same_structure(structure, values, expand_composites=True)
        outputs = nest.flatten(values, expand_composites=True)
        for i, (before, after) in enumerate(zip(flat, outputs, strict=True)):
            if before.dtype != after.dtype:
                raise TypeError(
                    f"tf.while_loop: loop variable {i} has dtype {before.dtype.name} before the "
                    f"loop but {after.dtype.name} after one iteration; it must not change."
                )
        if counted:
            return [find_op("AddV2")(arguments[0], convert_to_tensor(1, dtypes.int32)), *outputs]
        return outputs

    body_graph = trace(run_body, "while_body", kept)
    given = invariants is not None
    relaxed = _checked_shapes(kept, body_graph.outputs, given)
    if relaxed != kept:
        kept = relaxed
        body_graph = trace(run_body, "while_body", kept)
    cond_graph = trace(run_cond, "while_cond", kept)
    graphs = [cond_graph, body_graph]
    captures = _loop_captures(graphs, len(start))
    _watch_in_outer(graphs)
    assert outer is not None
    n = len(start)
    body_graph.outputs = body_graph.outputs + body_graph.arguments[n:]
    outputs = find_op("While")(
        [*start, *captures],
        cond=GraphFunction(cond_graph.name, cond_graph),
        body=GraphFunction(body_graph.name, body_graph),
        output_shapes=[*kept, *(t.shape for t in captures)],
        name=name,
    )
    values = restore(list(outputs[:n]))
    if not packed:
        return values[0]
    return tuple(values) if type(loop_vars) is tuple else values


def _loop_shapes(flat: list[Any], invariants: Any, packed: bool) -> list[TensorShape]:
    if invariants is None:
        return [t.shape for t in flat]
    given = list(invariants) if packed and isinstance(invariants, (list, tuple)) else [invariants]
    leaves = []
    for item in nest.flatten(given):
        leaves.append(
            item if isinstance(item, TensorShape) else getattr(item, "shape", TensorShape(None))
        )
    if len(leaves) != len(flat):
        raise ValueError(
            f"shape_invariants has {len(leaves)} shapes for {len(flat)} loop variables."
        )
    return leaves


def _checked_shapes(
    before: list[TensorShape], outputs: list[Any], given: bool
) -> list[TensorShape]:
    """The shapes that hold before and after an iteration."""
    result = []
    for i, (shape, out) in enumerate(zip(before, outputs, strict=True)):
        if out.shape.is_subtype_of(shape):
            result.append(shape)
            continue
        merged = shape.most_specific_compatible_shape(out.shape)
        if shape.is_fully_defined() and out.shape.is_fully_defined():
            raise ValueError(
                f"tf.while_loop: loop variable {i} enters the loop with shape {shape}, but has "
                f"shape {out.shape} after one iteration. To allow the shape to vary across "
                "iterations, use the `shape_invariants` argument of tf.while_loop to specify a "
                "less-specific shape."
            )
        result.append(merged)
    return result


def _loop_captures(graphs: list[FuncGraph], n: int) -> list[Any]:
    heads = [graph.arguments[:n] for graph in graphs]
    for graph in graphs:
        graph.arguments = []
    captures = _share_captures(graphs)
    for graph, head in zip(graphs, heads, strict=True):
        graph.arguments = head + graph.arguments
    return captures


def _while_shape(c: Inference) -> list[TensorShape]:
    given = c.attr("output_shapes")
    return list(given) if given else [t.shape for t in c.inputs]


def _while_host(input: list[Any], *, cond: Any, body: Any) -> list[Any]:
    values = list(input)
    while _truth(cond.run(values)[0]):
        values = body.run(values)
    return values


_while_host.takes_device_arrays = True  # type: ignore[attr-defined]


for _name in ("While", "StatelessWhile"):
    op(_name, shape=_while_shape, host=_while_host, xla=while_xla, gradient=while_gradient)
