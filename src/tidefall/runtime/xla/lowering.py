"""Graphs lowered to jax: one walk with traced arrays.

Values that are known while compiling stay NumPy arrays, and ops over them are computed on the spot,
so shape arithmetic never reaches the compiled program.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.background import yield_gil
from tidefall.base.errors import InvalidArgumentError, OpError
from tidefall.base.float_errors import QUIET, begin_quiet, end_quiet
from tidefall.base.type_guards import is_list
from tidefall.graph.analysis import functions_of, reachable
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.op import raw
from tidefall.op.traits import CALL, SHAPE_ONLY
from tidefall.runtime.debugging.checks import check_while_compiling
from tidefall.runtime.xla import random_streams
from tidefall.runtime.xla.compilable import MissingLowering
from tidefall.runtime.xla.jax_bridge import load_jax
from tidefall.tensor.tensor import ndarray

FOLD_LIMIT = 4096
"""Largest value, in elements, that is computed while compiling."""


class TracedVariable:
    """A variable inside a program being compiled; the kernels of resource ops work on it."""

    __slots__ = ("dtype", "name", "shape", "value")
    lock = nullcontext()

    def __init__(self, like: Any, value: Any):
        self.name = like.name
        self.dtype = like.dtype
        self.shape = like.shape
        self.value = value

    def read(self) -> Any:
        return self.value


class Lowering:
    """One walk over a graph with traced values."""

    def __init__(self, arguments: Sequence[Any], graph: FuncGraph):
        self.values: dict[int, Any] = {
            id(t): v for t, v in zip(graph.inputs, arguments, strict=True)
        }
        self.graph = graph

    def run(self) -> list[Any]:
        """Lower every node that is needed; returns the values of the graph's outputs."""
        for node in reachable(self.graph.outputs, self.graph.nodes):
            yield_gil()
            self._node(node)
        return [self.values[id(t)] for t in self.graph.outputs]

    def _node(self, node: Operation) -> None:
        op = node.op_type
        if op is raw.Const:
            self.values[id(node.outputs[0])] = node.attrs["value"]
            return
        if op in (raw.Placeholder, raw.NoOp, raw.Assert):  # compiled code checks no assertions
            return
        arguments = [self.values[id(t)] for t in node.inputs]
        try:
            check_while_compiling(node, arguments)
        except OpError as error:
            raise _at(node, error) from error
        if CALL in op.traits:
            with random_streams.called_by(node):
                outputs = lower_call(node.attrs["f"], arguments)
        elif next(functions_of(node), None) is not None:
            with random_streams.called_by(node):
                outputs = self._kernel(node, arguments)
        else:
            outputs = self._kernel(node, arguments)
        for tensor, value in zip(node.outputs, outputs, strict=True):
            self.values[id(tensor)] = value

    def _kernel(self, node: Operation, arguments: list[Any]) -> list[Any]:
        op = node.op_type
        folded = _fold(node, arguments)
        if folded is not None:
            return folded
        if op.xla is None:
            raise MissingLowering(
                None, None, f"{node.type} (node {node.name}) has no XLA lowering in Tidefall."
            )
        grouped = op.definition.group_inputs(arguments, node.attrs)
        for arg, value in zip(op.definition.inputs, grouped, strict=True):
            if arg.name in op.static and not _is_known(value):
                raise InvalidArgumentError(
                    None,
                    None,
                    f"Input `{arg.name}` of {node.type} must be a compile-time constant under XLA, "
                    "but it depends on values known only at run time. Make it a Python value, or "
                    "compute it from static shapes, or leave out jit_compile=True.\n\t "
                    f"[[{{{{node {node.name}}}}}]]"
                    + (f" defined at {node.user_line}" if node.user_line else ""),
                )
        attrs = {key: node.attrs[key] for key in op.xla_attrs if key != "stream"}
        kernel = op.xla
        if op.xla_through:
            kernel, grouped = self._through(node, grouped)
        blocks = op.random_blocks
        try:
            if blocks is not None:
                attrs["stream"] = random_streams.draw(node, blocks(*grouped))
            result = kernel(*grouped, **attrs)
        except OpError as error:
            raise _at(node, error) from error
        except (TypeError, ValueError, IndexError) as error:
            raise _at(node, InvalidArgumentError(None, None, str(error))) from error
        return op.definition.flatten_outputs(result)

    def _through(self, node: Operation, arguments: list[Any]) -> tuple[Any, list[Any]]:
        """The lowering to use, and its arguments: see `Op.xla_through`."""
        source = node.inputs[0].op
        kernel = node.op_type.xla_through.get(source.op_type)
        if kernel is None:
            return node.op_type.xla, arguments
        return kernel, [*(self.values[id(t)] for t in source.inputs), *arguments[1:]]


def _is_known(value: Any) -> bool:
    """True for an array, or a list of arrays, whose values are known while compiling."""
    if is_list(value):
        return all(_is_known(item) for item in value)
    return isinstance(value, (ndarray, np.generic))


def _at(node: Operation, error: OpError) -> OpError:
    """Add the node and the user's line to an error of a lowering."""
    if "{{node" in error.message:
        return error
    where = f" defined at {node.user_line}" if node.user_line else ""
    return error.restated(
        f"{error.message} [Op:{node.type}]\n\t [[{{{{node {node.name}}}}}]]{where}", node
    )


def _fold(node: Operation, arguments: list[Any]) -> list[Any] | None:
    """The outputs of a node whose inputs are known while compiling, or None."""
    op = node.op_type
    if SHAPE_ONLY in op.traits:
        return _fold_shape(node, arguments)
    if op.is_stateful or op.host is None or op.effects.given or op.effects.reads_outside:
        return None
    if any(t.dtype == dtypes.variant for t in node.outputs):
        return None
    if op is raw.Fill and not _is_shape_arithmetic(node, arguments):
        return None
    size = 0
    for value in arguments:
        if not isinstance(value, (ndarray, np.generic)):
            return None
        size += value.size
    if size > FOLD_LIMIT:
        return None
    known = [t.shape.num_elements() for t in node.outputs]
    if any(n is not None and n > FOLD_LIMIT for n in known):
        return None
    grouped = op.definition.group_inputs(arguments, node.attrs)
    token = begin_quiet(QUIET)
    try:
        # A function that it calls may be compiled, and is to run all the same, not to be traced.
        with load_jax().ensure_compile_time_eval():
            result = op.host(*grouped, **{key: node.attrs[key] for key in op.host_attrs})
    finally:
        end_quiet(token)
    return [np.asarray(v) for v in op.definition.flatten_outputs(result)]


def _is_shape_arithmetic(node: Operation, arguments: list[Any]) -> bool:
    """True for a small vector of integers: a larger Fill is better made by the program itself."""
    dims = arguments[0]
    if not node.outputs[0].dtype.is_integer or not _is_known(dims):
        return False
    return int(np.asarray(dims).prod()) <= 64


def _fold_shape(node: Operation, arguments: list[Any]) -> list[Any]:
    out = node.outputs[0].dtype.as_numpy_dtype
    if node.op_type is raw.Rank:
        return [np.array(len(arguments[0].shape), out)]
    if node.op_type is raw.Size:
        return [np.array(math.prod(arguments[0].shape), out)]
    return [np.array(a.shape, out) for a in arguments]


def lower_call(function: Any, arguments: Sequence[Any]) -> list[Any]:
    """Lower a call of another graph in place."""
    return Lowering(arguments, function.graph).run()
