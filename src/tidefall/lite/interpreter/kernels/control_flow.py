"""Operators that run other subgraphs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.lite.interpreter.registry import Kernel, Node, kernel, namespace
from tidefall.lite.interpreter.tracing import trace_branches, trace_loop, trace_subgraph
from tidefall.lite.schema import (
    CallOnceOptions,
    CallOptions,
    IfOptions,
    StableHLOCompositeOptions,
    WhileOptions,
)


def _run(node: Node, index: int, inputs: Sequence[Any]) -> tuple[Any, ...]:
    """The outputs of another subgraph, which is run or traced."""
    if namespace(*inputs) is np:
        return tuple(node.program.run(index, inputs))
    return tuple(trace_subgraph(node.program, index, inputs))


@kernel("IF", traceable=True)
def if_(node: Node) -> Kernel:
    options = node.option(IfOptions)

    def run(condition: Any, *inputs: Any) -> Any:
        branches = options.then_subgraph_index, options.else_subgraph_index
        if namespace(condition) is not np:
            return trace_branches(node.program, condition, *branches, inputs)
        chosen = bool(np.asarray(condition).reshape(()))
        return _run(node, branches[0] if chosen else branches[1], inputs)

    return run


@kernel("WHILE", traceable=True)
def while_(node: Node) -> Kernel:
    options = node.option(WhileOptions)

    def run(*values: Any) -> Any:
        if namespace(*values) is not np:
            subgraphs = options.cond_subgraph_index, options.body_subgraph_index
            return trace_loop(node.program, *subgraphs, values)
        current = list(values)
        while True:
            (condition,) = node.program.run(options.cond_subgraph_index, current)
            if not bool(np.asarray(condition).reshape(())):
                return tuple(current)
            current = node.program.run(options.body_subgraph_index, current)

    return run


@kernel("CALL", traceable=True)
def call(node: Node) -> Kernel:
    index = node.option(CallOptions).subgraph
    return lambda *inputs: _run(node, index, inputs)


@kernel("STABLEHLO_COMPOSITE", traceable=True)
def composite(node: Node) -> Kernel:
    index = node.option(StableHLOCompositeOptions).decomposition_subgraph_index
    return lambda *inputs: _run(node, index, inputs)


@kernel("CALL_ONCE")
def call_once(node: Node) -> Kernel:
    index = node.option(CallOnceOptions).init_subgraph_index

    def run() -> Any:
        initialized = node.program.state.initialized
        if index not in initialized:
            initialized.add(index)
            node.program.run(index, ())
        return ()

    return run
