"""Operators that run other subgraphs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter.registry import Kernel, Node, kernel
from tidefall.lite.schema import (
    CallOnceOptions,
    CallOptions,
    IfOptions,
    StableHLOCompositeOptions,
    WhileOptions,
)


@kernel("IF")
def if_(node: Node) -> Kernel:
    options = node.option(IfOptions)

    def run(condition: Any, *inputs: Any) -> Any:
        chosen = bool(np.asarray(condition).reshape(()))
        index = options.then_subgraph_index if chosen else options.else_subgraph_index
        return tuple(node.program.run(index, inputs))

    return run


@kernel("WHILE")
def while_(node: Node) -> Kernel:
    options = node.option(WhileOptions)

    def run(*values: Any) -> Any:
        current = list(values)
        while True:
            (condition,) = node.program.run(options.cond_subgraph_index, current)
            if not bool(np.asarray(condition).reshape(())):
                return tuple(current)
            current = node.program.run(options.body_subgraph_index, current)

    return run


@kernel("CALL")
def call(node: Node) -> Kernel:
    index = node.option(CallOptions).subgraph
    return lambda *inputs: tuple(node.program.run(index, inputs))


@kernel("STABLEHLO_COMPOSITE")
def composite(node: Node) -> Kernel:
    index = node.option(StableHLOCompositeOptions).decomposition_subgraph_index
    return lambda *inputs: tuple(node.program.run(index, inputs))


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
