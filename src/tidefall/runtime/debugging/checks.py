"""Checks that a program switches on: hooks that see every op, and kernels wrapped in a check.

A check is a hook under a name (`state.hooks` shows it each op that ran or became a node) and,
for what only running can tell, an attribute of that name that the hook gives to nodes; the
executors wrap the kernels of such nodes. Functions are traced anew under other checks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tidefall.base.state import refresh, state
from tidefall.graph.analysis import nested_graphs
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.pipeline import HOST, optimize

Hook = Callable[..., None]
# op node, its kernel's arguments (grouped), what the kernel returned; raises if it finds something
NodeCheck = Callable[[Operation, Sequence[Any], Any], None]

_hooks: dict[str, Hook] = {}
_before: dict[str, NodeCheck] = {}
_after: dict[str, NodeCheck] = {}
_used: set[str] = set()


def declare_check(
    name: str, hook: Hook, before: NodeCheck | None = None, after: NodeCheck | None = None
) -> None:
    """Make a check known.

    Args:
        name: its name, and that of the attribute of nodes to check when they run.
        hook: called with op, tensors, attrs and outputs, of eager ops and of new nodes.
        before: called before the kernel of a marked node, with what it is given.
        after: called after it, also with what it returned.
    """
    _hooks[name] = hook
    if before is not None:
        _before[name] = before
    if after is not None:
        _after[name] = after


def switch_check(name: str, on: bool, everywhere: bool = False) -> None:
    """Switch a check on or off in this thread; `everywhere` also in threads that start later."""
    hook = _hooks[name]
    if on:
        _used.add(name)
    targets = (state, type(state)) if everywhere else (state,)
    for target in targets:
        checks = [c for c in target.checks if c != name]
        hooks = [h for h in target.hooks if h is not hook]
        target.checks = (*checks, name) if on else tuple(checks)
        target.hooks = (*hooks, hook) if on else tuple(hooks)
    if everywhere:
        type(state).needs_dispatch = bool(type(state).hooks) or type(state).graph is not None
    refresh()


def optimized(graph: FuncGraph, executor: str = HOST, gpu: bool = False) -> FuncGraph:
    """The graph that an executor is to run: optimized, unless nodes in it are to be checked, since
    the nodes that stand in for others have no marks."""
    return graph if _has_marks(graph, _hooks) else optimize(graph, executor, gpu)


def needs_host(graph: FuncGraph) -> bool:
    """Whether what a node computes is to be checked, which compiled code cannot do."""
    return _has_marks(graph, _after)


def is_watched(node: Operation) -> bool:
    """Whether what this node computes is to be looked at."""
    return bool(_used) and not node.attrs.keys().isdisjoint(_after)


def _has_marks(graph: FuncGraph, names: Mapping[str, Any]) -> bool:
    marks = names.keys() & _used
    return bool(marks) and any(
        not marks.isdisjoint(node.attrs) for g in (graph, *nested_graphs(graph)) for node in g.nodes
    )


def checked_kernel(node: Operation, kernel: Callable[..., Any]) -> Callable[..., Any]:
    """The kernel of a node with the checks that the node is marked for."""
    before = [check for name, check in _before.items() if name in node.attrs]
    after = [check for name, check in _after.items() if name in node.attrs]
    if not before and not after:
        return kernel

    def checked(*arguments: Any, **attrs: Any) -> Any:
        for check in before:
            check(node, arguments, None)
        result = kernel(*arguments, **attrs)
        for check in after:
            check(node, arguments, result)
        return result

    return checked


def check_while_compiling(node: Operation, arguments: Sequence[Any]) -> None:
    """What can be checked of a node from the shapes of its traced inputs."""
    for name, check in _before.items():
        if name in node.attrs:
            check(node, arguments, None)
