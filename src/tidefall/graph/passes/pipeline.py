"""The graph optimizer: the list of its steps, and the function that runs them.

Both executors run optimized copies. The traced graph, which users see, gradients are taken of and
files are written from, stays as it is. The host executor pays for every node and every array, so
nearly all steps are for it. XLA does most of this itself, better and after fusing, and only what
it cannot know is done for it: what the user asked for (precision, memory, no assertions), and the
layout of convolutions on a CPU. Otherwise XLA gets the traced graph without even a copy.

Every step is one walk over the nodes, or a few, so the whole is linear in their number. With
`TIDEFALL_DUMP=folder` the text of each graph is written after each step.
"""

from __future__ import annotations

import contextlib
import gc
import logging
from collections.abc import Callable, Generator, Iterable
from typing import Any, NamedTuple

from tidefall.base import dtypes
from tidefall.base.background import yield_gil
from tidefall.base.config import config
from tidefall.graph.analysis import functions_of, nested_graphs
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes import dumping
from tidefall.graph.passes.arithmetic import simplify_arithmetic
from tidefall.graph.passes.common_subexpressions import merge_common
from tidefall.graph.passes.constant_folding import fold_constants
from tidefall.graph.passes.copying import copy_graph, with_functions
from tidefall.graph.passes.dead_code import remove_dead_code
from tidefall.graph.passes.debug_stripping import strip_debugging
from tidefall.graph.passes.forwarding import forward_identities
from tidefall.graph.passes.fusion import fuse_convolutions, fuse_products, is_convolution
from tidefall.graph.passes.inlining import inline_calls
from tidefall.graph.passes.layout import choose_layout, is_channels_first
from tidefall.graph.passes.loop_invariants import move_invariants
from tidefall.graph.passes.mixed_precision import narrow
from tidefall.graph.passes.options import MEMORY_BUDGET, SMALLEST_GRAPH, option
from tidefall.graph.passes.pictures import fuse_pictures
from tidefall.graph.passes.rematerialization import rematerialize
from tidefall.graph.passes.static_shapes import simplify_shapes
from tidefall.graph.passes.texts import is_split, pack_texts
from tidefall.graph.v1.control_flow import has_old_control_flow

_log = logging.getLogger("tidefall.graph")
HOST, XLA = "host", "xla"
Observer = Callable[[str, FuncGraph], None]


class Step(NamedTuple):
    """One step of the optimizer.

    Attributes:
        name: what it does, in a word or two.
        run: changes a graph in place and returns how much it changed.
        executors: for whom it pays: an executor, or "cpu" or "gpu" for any of them there.
        is_on: whether the options ask for it.
        concerns: whether a node may be changed by it; None if that is for the step to find out.
    """

    name: str
    run: Callable[[FuncGraph], int]
    executors: frozenset[str]
    is_on: Callable[[], bool]
    concerns: Callable[[Operation], bool] | None = None


def _toggle(name: str, default: bool = True) -> Callable[[], bool]:
    return lambda: bool(option(name, default))


def _bfloat16_is_on() -> bool:
    return any(
        option(name, False)
        for name in ("auto_mixed_precision_onednn_bfloat16", "auto_mixed_precision_mkl")
    )


def _narrow_to_float16(graph: FuncGraph) -> int:
    return narrow(graph, dtypes.float16)


def _narrow_to_bfloat16(graph: FuncGraph) -> int:
    return narrow(graph, dtypes.bfloat16)


def _rematerialize(graph: FuncGraph) -> int:
    budget = option(MEMORY_BUDGET, None)
    return 0 if budget is None else rematerialize(graph, budget)


_FOR_HOST = frozenset({HOST})
_FOR_BOTH = frozenset({HOST, XLA})
_FOR_GPU = frozenset({"gpu"})

STEPS: tuple[Step, ...] = (
    # First what makes the graph larger or smaller as a whole.
    Step("strip_debugging", strip_debugging, _FOR_BOTH, _toggle("debug_stripper", False)),
    # A call costs the host a plan of its own and hides what is inside; XLA inlines by itself.
    Step("inline_calls", inline_calls, _FOR_HOST, _toggle("function_optimization")),
    # Patterns are found more easily without nodes in between.
    Step("forward_identities", forward_identities, _FOR_HOST, _toggle("dependency_optimization")),
    # Shapes become constants, and then what is computed from them.
    Step("simplify_shapes", simplify_shapes, _FOR_HOST, _toggle("shape_optimization")),
    Step("fold_constants", fold_constants, _FOR_HOST, _toggle("constant_folding")),
    Step("simplify_arithmetic", simplify_arithmetic, _FOR_HOST, _toggle("arithmetic_optimization")),
    Step("merge_common", merge_common, _FOR_HOST, _toggle("arithmetic_optimization")),
    Step("move_invariants", move_invariants, _FOR_HOST, _toggle("loop_optimization")),
    # Before fusion, which takes one dtype for all it fuses.
    Step(
        "narrow_to_float16",
        _narrow_to_float16,
        _FOR_GPU,
        _toggle("auto_mixed_precision", False),
    ),
    Step(
        "narrow_to_bfloat16",
        _narrow_to_bfloat16,
        _FOR_BOTH,
        _bfloat16_is_on,
    ),
    Step(
        "choose_layout",
        choose_layout,
        frozenset({"cpu"}),
        _toggle("layout_optimizer"),
        is_channels_first,
    ),
    Step(
        "fuse_convolutions",
        fuse_convolutions,
        frozenset({"cpu"}),
        _toggle("remapping"),
        is_convolution,
    ),
    Step("fuse_products", fuse_products, _FOR_HOST, _toggle("remapping")),
    Step("fuse_pictures", fuse_pictures, _FOR_HOST, _toggle("remapping")),
    Step("pack_texts", pack_texts, _FOR_HOST, _toggle("remapping"), is_split),
    Step(
        "remove_dead_code",
        remove_dead_code,
        _FOR_BOTH,
        lambda: not option("disable_model_pruning", False),
    ),
    # Last: merging common subexpressions would undo it.
    Step(
        "rematerialize", _rematerialize, _FOR_BOTH, lambda: option(MEMORY_BUDGET, None) is not None
    ),
)
"""The steps, in the order in which they run."""

_CLEANING = frozenset({"remove_dead_code"})


def chosen_steps(graph: FuncGraph, executor: str, gpu: bool = False) -> list[Step]:
    """The steps that run on a graph for an executor with the options as they are; none if only
    cleaning up is left."""
    if option("disable_meta_optimizer", False):
        return []
    if option("auto_mixed_precision", False) and not gpu:
        _log.info("auto_mixed_precision narrows what runs on a GPU, and there is none.")
    places = {executor, "gpu" if gpu else "cpu"}
    steps = [s for s in STEPS if s.executors & places and s.is_on()]
    if executor == XLA:
        steps = [s for s in steps if s.concerns is None or _found(graph, s.concerns)]
    return steps if any(s.name not in _CLEANING for s in steps) else []


def _found(graph: FuncGraph, concerns: Callable[[Operation], bool]) -> bool:
    return any(concerns(node) for g in (graph, *nested_graphs(graph)) for node in g.nodes)


def optimize(
    graph: FuncGraph,
    executor: str = HOST,
    gpu: bool = False,
    only: Iterable[str] | None = None,
    nested: bool | None = None,
    observe: Observer | None = None,
) -> FuncGraph:
    """An optimized copy of a graph, or the graph itself when there is nothing to do.

    Args:
        graph: the graph of a function; not changed.
        executor: who will run it, "host" or "xla".
        gpu: whether it runs on a GPU.
        only: names of the steps to run, whatever the options say.
        nested: whether functions inside are optimized along with it. The host prepares each one
            when it first runs it; XLA takes the graph whole, so they have to be done now.
        observe: called with "traced" and the first copy, and after each step with its name and
            the graph.

    Returns:
        A graph with the same inputs and outputs in the same order.
    """
    if only is None:
        smallest = option("min_graph_nodes", 0) or SMALLEST_GRAPH
        if option("debug_stripper", False):
            smallest = 0  # it is asked for because of what it leaves out, not for speed
        steps = [] if 0 < len(graph.nodes) < smallest else chosen_steps(graph, executor, gpu)
    else:
        wanted = set(only)
        steps = [s for s in STEPS if s.name in wanted]
        unknown = wanted - {s.name for s in STEPS}
        if unknown:
            raise ValueError(f"The graph optimizer has no step called {sorted(unknown)}.")
    if not steps or has_old_control_flow(graph.nodes):  # rules about nodes that always run, once
        return graph
    dump = dumping.Dump(config.dump, graph.name, executor) if config.dump else None
    observers = [o for o in (observe, dump) if o is not None]
    nested = executor == XLA if nested is None else nested
    with _no_collection():
        copy = _run(graph, steps, observers, {} if nested else None)
    if dump is not None:
        dump.finish()
    return copy


@contextlib.contextmanager
def _no_collection() -> Generator[None]:
    """Without searching for garbage: there is next to none, and the search takes as long again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _run(
    graph: FuncGraph,
    steps: list[Step],
    observers: list[Any],
    functions: dict[int, Any] | None,
) -> FuncGraph:
    """Run steps on a copy; `functions` collects the functions that were done along with it."""
    copy = copy_graph(graph)
    for o in observers:
        o("traced", copy)
    for step in steps:
        yield_gil()
        step.run(copy)
        for o in observers:
            o(step.name, copy)
    if functions is not None:
        _optimize_functions(copy, steps, functions)
    return copy


def _optimize_functions(graph: FuncGraph, steps: list[Step], done: dict[int, Any]) -> None:
    for node in graph.nodes:
        changed: dict[int, Any] = {}
        for function in functions_of(node):
            key = id(function)
            if key not in done:
                done[key] = function  # one that calls itself stays as it is
                done[key] = function.with_graph(_run(function.graph, steps, [], done))
            changed[key] = done[key]
        if changed:
            node.attrs = with_functions(node, changed)
