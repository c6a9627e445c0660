"""The default graph: what nodes are added to where no other graph is being built.

Eager programs have one as well, which stays empty unless they ask for it. Without eager execution
(`tf.compat.v1.disable_eager_execution`) every thread builds it from the start.
"""

from __future__ import annotations

from tidefall.base.config import config as switches
from tidefall.base.exports import export
from tidefall.base.state import refresh, state
from tidefall.graph.graph import Graph


class _Default:
    """The default graph."""

    graph: Graph | None = None


def _install(graph: Graph | None) -> None:
    """Let threads begin in a graph, this one included; None is eager execution."""
    kind = type(state)
    kind.graph, kind.needs_dispatch, kind.off_host = graph, graph is not None, graph is not None
    state.graph = graph
    refresh()


def apply(enabled: bool) -> None:
    """Begin a default graph for all threads, or leave it."""
    if enabled is (type(state).graph is None):
        return
    if enabled:
        _Default.graph = None
    _install(None if enabled else get_default_graph())


@export("compat.v1.get_default_graph")
def get_default_graph() -> Graph:
    """The graph being built, or the one that would be.

    >>> import tidefall as tf
    >>> with tf.Graph().as_default() as graph:
    ...     assert tf.compat.v1.get_default_graph() is graph
    """
    if state.graph is not None:
        return state.graph
    if _Default.graph is None:
        _Default.graph = Graph()
    return _Default.graph


@export("compat.v1.reset_default_graph")
def reset_default_graph() -> None:
    """Forget the default graph, and begin a new one.

    Raises:
        AssertionError: while another graph is being built.
    """
    if state.graph is not None and state.graph is not _Default.graph:
        raise AssertionError("Do not use tf.reset_default_graph() to clear nested graphs.")
    _Default.graph = None if switches.eager_execution else Graph()
    if not switches.eager_execution:
        state.name_scope = ""
        _install(_Default.graph)


@export("compat.v1.disable_eager_execution")
def disable_eager_execution() -> None:
    """Build graphs from now on, to be run by sessions.

    Raises:
        ValueError: inside a graph or a function.
    """
    if not switches.eager_execution:
        return
    if state.graph is not None:
        raise ValueError("tf.disable_eager_execution must be called at program startup.")
    switches.eager_execution = False


@export("compat.v1.enable_eager_execution")
def enable_eager_execution(
    config: object = None, device_policy: object = None, execution_mode: object = None
) -> None:
    """Run ops at once again, as it is from the start.

    Args:
        config, device_policy, execution_mode: accepted.

    Raises:
        ValueError: if the default graph has nodes already, or inside another graph.
    """
    if switches.eager_execution:
        return
    if state.graph is not _Default.graph or (_Default.graph is not None and _Default.graph.nodes):
        raise ValueError("tf.enable_eager_execution must be called at program startup.")
    switches.eager_execution = True


@export("compat.v1.executing_eagerly_outside_functions")
def executing_eagerly_outside_functions() -> bool:
    """Whether ops run at once where no function is being traced.

    >>> import tidefall as tf
    >>> tf.compat.v1.executing_eagerly_outside_functions()
    True
    """
    graph = state.graph
    while graph is not None and graph.building_function:
        graph = graph.enclosing
    return graph is None
