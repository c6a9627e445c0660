"""The state of the running thread: the graph being built, the active tapes, scopes and devices."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidefall.graph.graph import Graph


class _State(threading.local):
    """One object per thread; the class attributes are the defaults of a new thread.

    `needs_dispatch` is true whenever an op has to do more than compute: a graph is being built, a
    tape may be recording, another device was asked for, or a debugging mode is on. Eager fast
    paths test this one flag. `off_host` is true when ops are not to run on the host at all.
    `surroundings` is what else traces depend on: the strategy in force, and the replica.
    `exporting` is true while a SavedModel is written: variables in parts are then whole.
    `variables_created` counts those created since the innermost function began to be traced.
    """

    needs_dispatch: bool = False
    off_host: bool = False
    graph: Graph | None = None
    tapes: tuple[Any, ...] = ()
    name_scope: str = ""
    device: Any = ""
    eager_device: str = ""
    op_device: Any = None
    control_inputs: tuple[Any, ...] = ()
    hooks: tuple[Callable[..., None], ...] = ()
    checks: tuple[str, ...] = ()
    surroundings: Any = None
    exporting: bool = False
    variables_created: int = 0
    variable_creators: tuple[Callable[..., Any], ...] = ()


state = _State()


def refresh() -> None:
    """Recompute `needs_dispatch` and `off_host` after any of the fields they depend on changed."""
    state.off_host = state.graph is not None or state.op_device is not None
    state.needs_dispatch = (
        state.off_host
        or state.exporting
        or bool(state.tapes)
        or bool(state.hooks)
        or state.surroundings is not None
    )


@contextlib.contextmanager
def exporting_scope(exporting: bool = True) -> Generator[None]:
    """Trace functions as they are written to a SavedModel: variables in parts are whole.

    Args:
        exporting: False changes nothing.
    """
    saved = state.exporting
    state.exporting = saved or exporting
    refresh()
    try:
        yield
    finally:
        state.exporting = saved
        refresh()


@contextlib.contextmanager
def graph_scope(graph: Graph | None) -> Generator[Graph | None]:
    """Make `graph` the one that ops are added to; None means eager execution."""
    saved = (state.graph, state.name_scope, state.device, state.control_inputs)
    if saved[0] is not None:
        saved[0].current_name_scope = saved[1]  # entered again, it continues there
    state.graph = graph
    state.name_scope = "" if graph is None else graph.current_name_scope
    state.control_inputs = ()
    if saved[0] is None:
        state.device = ""  # a device chosen for eager code is not that of a graph's nodes
    refresh()
    try:
        yield graph
    finally:
        if graph is not None:
            graph.current_name_scope = state.name_scope
        state.graph, state.name_scope, state.device, state.control_inputs = saved
        refresh()


@contextlib.contextmanager
def tapes_paused() -> Generator[None]:
    """Record nothing on any tape of this thread inside the block."""
    saved = state.tapes
    state.tapes = ()
    refresh()
    try:
        yield
    finally:
        state.tapes = saved
        refresh()


def push_tape(tape: Any) -> None:
    """Start recording this thread's ops on `tape`."""
    tapes = state.tapes
    if tapes and hasattr(tapes[-1], "is_forward"):
        first = next(i for i, t in enumerate(tapes) if hasattr(t, "is_forward"))
        state.tapes = (*tapes[:first], tape, *tapes[first:])
    else:
        state.tapes = (*tapes, tape)
    state.needs_dispatch = True


def push_accumulator(accumulator: Any) -> None:
    """Show this thread's ops to a forward accumulator: behind all tapes, which must have recorded
    an op when the accumulator differentiates it."""
    state.tapes = (*state.tapes, accumulator)
    state.needs_dispatch = True


def pop_tape(tape: Any) -> None:
    """Stop recording on `tape`, wherever it stands among the active ones."""
    state.tapes = tuple(t for t in state.tapes if t is not tape)
    refresh()


def executing_eagerly() -> bool:
    """True unless a graph is being built in this thread.

    >>> import tidefall as tf
    >>> tf.executing_eagerly()
    True
    """
    return state.graph is None


NODE_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")
_INNER_NAME = re.compile(r"^[A-Za-z0-9_.\\/>-]*$")


def check_node_name(name: str) -> None:
    """Refuse a name that no node can have.

    Raises:
        ValueError: for such a name.
    """
    if not NODE_NAME.match(name):
        raise ValueError(
            f"`{name}` is not a valid node name. Accepted names conform to Regex "
            f"/re.compile({NODE_NAME.pattern!r})/"
        )


def check_scope_name(name: str) -> None:
    """Refuse a name that no scope of a graph can have. Eager code may use any.

    Raises:
        ValueError: for such a name.
    """
    kind, pattern = ("scope", _INNER_NAME) if state.name_scope else ("root scope", NODE_NAME)
    if not pattern.match(name):
        raise ValueError(
            f"'{name}' is not a valid {kind} name. A {kind} name has to match the following "
            f"pattern: {pattern.pattern}"
        )


class name_scope:  # noqa: N801 - TensorFlow's name
    """Prefix the names of the ops created inside the block.

    Args:
        name: the scope's name; an empty string or None resets to the top, and a name that ends
            in "/" is entered as it stands.

    Raises:
        ValueError: while a graph is being built, for a name that its nodes cannot have.

    >>> import tidefall as tf
    >>> with tf.name_scope("encoder") as scope:
    ...     print(scope)
    encoder/
    """

    def __init__(self, name: str | None):
        if not isinstance(name, str) and name is not None:
            raise ValueError(f"name for name_scope must be a string. Received: {name!r}")
        self._name = name
        self._saved: list[str] = []

    @property
    def name(self) -> str | None:
        return self._name

    def __enter__(self) -> str:
        name = self._name
        if name and state.graph is not None:
            check_scope_name(name)
        self._saved.append(state.name_scope)
        if not name:
            state.name_scope = ""
            return ""
        if name.endswith("/"):
            scope = name[:-1]
        elif state.graph is not None:
            scope = state.graph.unique_name(name, mark_as_used=True)
        else:
            scope = f"{state.name_scope}/{name}" if state.name_scope else name
        state.name_scope = scope
        return scope + "/"

    def __exit__(self, *exc: object) -> None:
        state.name_scope = self._saved.pop()


@contextlib.contextmanager
def init_scope() -> Generator[None]:
    """Leave every function being traced, to run or create things outside of it.

    Ops inside the block run eagerly (or in the outermost graph that is not a function's), are
    recorded by no tape, and are not part of the function.

    >>> import tidefall as tf
    >>> @tf.function
    ... def traced():
    ...     with tf.init_scope():
    ...         assert tf.executing_eagerly()
    ...     return tf.constant(1)
    >>> int(traced())
    1
    """
    graph = state.graph
    while graph is not None and graph.building_function:
        graph = graph.enclosing
    scope = state.name_scope
    with graph_scope(graph), tapes_paused():
        state.name_scope = scope
        saved = state.control_inputs
        state.control_inputs = ()
        try:
            yield
        finally:
            state.control_inputs = saved
            state.name_scope = "" if graph is None else graph.current_name_scope
