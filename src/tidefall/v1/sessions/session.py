"""Sessions: a graph being run, with the variables that live while it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.state import graph_scope, tapes_paused
from tidefall.graph.graph import Graph
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.v1.sessions.fetches import Fetches, feed_value, feeds_of, fetched
from tidefall.v1.sessions.plan import Resources, SessionPlan, needed_nodes

_MAX_PLANS = 256


class _Defaults(threading.local):
    """The default sessions of a thread, the innermost last."""

    def __init__(self) -> None:
        self.stack: list[Any] = []


_defaults = _Defaults()


@export("compat.v1.get_default_session")
def get_default_session() -> Any:
    """The innermost default session of this thread, or None."""
    return _defaults.stack[-1] if _defaults.stack else None


class BaseSession:
    """What both kinds of session do."""

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None):
        if graph is None:
            graph = get_default_graph()
        elif not isinstance(graph, Graph):
            raise TypeError(
                f'Argument `graph` must be a tf.Graph, but got "{type(graph).__name__}"'
            )
        if target not in ("", "local", None) and not isinstance(target, (str, bytes)):
            raise TypeError(f"`target` must be a string, but got {type(target)}")
        if target not in ("", "local", b"", None):
            raise UnimplementedError(
                None,
                None,
                f"Sessions on another server ({target!r}) are not implemented in Tidefall.",
            )
        if config is not None and not hasattr(config, "allow_soft_placement"):
            raise TypeError(
                f'Argument `config` must be a tf.ConfigProto, but got "{type(config).__name__}"'
            )
        self._graph = graph
        self._config = config
        self._closed = False
        self._resources = Resources()
        self._plans: dict[Any, tuple[SessionPlan, int]] = {}
        self._lock = threading.Lock()

    @property
    def graph(self) -> Graph:
        """The graph that is run."""
        return self._graph

    @property
    def graph_def(self) -> Any:
        """The graph as a GraphDef message."""
        return self._graph.as_graph_def(add_shapes=True)

    @property
    def sess_str(self) -> bytes:
        """The server the session runs on: this process."""
        return b""

    def close(self) -> None:
        """Free the session's variables; it cannot be run any more."""
        self._closed = True
        self._plans.clear()
        self._resources.clear()

    def list_devices(self) -> list[Any]:
        """The devices that nodes can be placed on."""
        from tidefall.runtime.devices.config import list_logical_devices

        return list(list_logical_devices())

    @contextmanager
    def as_default(self) -> Iterator[Any]:
        """Be the session that `eval` and `Operation.run` use inside the block."""
        _defaults.stack.append(self)
        try:
            yield self
        finally:
            _defaults.stack.remove(self)

    # ---- running ----

    def run(
        self,
        fetches: Any,
        feed_dict: Any = None,
        options: Any = None,
        run_metadata: Any = None,
    ) -> Any:
        """Run the nodes that fetches need, once.

        Args:
            fetches: a tensor, a node, a variable, the name of one, or a nest of them.
            feed_dict: values to use for some tensors, by tensor or name.
            options, run_metadata: accepted; nothing is traced.

        Returns:
            The values of the fetches as arrays, in the same structure; None for nodes.

        Raises:
            RuntimeError: if the session is closed, or its graph empty.
            TypeError, ValueError: for a fetch or feed that is not of the graph, or does not fit.
            OpError: from a node, naming it and the line that made it.
        """
        self._check_open()
        wanted = Fetches(self._graph, fetches)
        given = feeds_of(self._graph, feed_dict)
        plan = self._plan(wanted, given)
        arguments = [value for _, value in given.values()]
        return wanted.pack([fetched(v) for v in self._execute(plan, arguments)])

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        if not self._graph.nodes:
            raise RuntimeError(
                "The Session graph is empty. Add operations to the graph before calling run()."
            )

    @staticmethod
    def _execute(plan: SessionPlan, arguments: list[Any]) -> list[Any]:
        with graph_scope(None), tapes_paused():
            return plan.run(arguments)

    def _plan(self, wanted: Fetches, given: dict[int, Any]) -> SessionPlan:
        """The plan for some fetches and feeds, made when they are asked for first."""
        graph = self._graph
        key = (
            tuple(id(t) for t in wanted.tensors),
            tuple(id(n) for n in wanted.targets),
            tuple(given),
        )
        with self._lock:
            found = self._plans.get(key)
            # Control inputs may be added to nodes as long as the graph grows.
            if found is not None and found[1] == len(graph.nodes):
                return found[0]
            feeds = [tensor for tensor, _ in given.values()]
            nodes = needed_nodes(wanted.targets, wanted.tensors, set(given))
            plan = SessionPlan(nodes, feeds, wanted.tensors, self._resources)
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            self._plans[key] = (plan, len(graph.nodes))
            return plan

    def make_callable(
        self, fetches: Any, feed_list: Sequence[Any] | None = None, accept_options: bool = False
    ) -> Callable[..., Any]:
        """A function that runs fetches with its arguments as feeds.

        Args:
            fetches: as for `run`.
            feed_list: the tensors that the arguments are values of.
            accept_options: whether the function takes `options` and `run_metadata`.
        """
        self._check_open()
        wanted = Fetches(self._graph, fetches)
        tensors = [self._graph.as_graph_element(t, allow_operation=False) for t in feed_list or ()]
        plan = self._plan(wanted, {id(t): (t, None) for t in tensors})

        def call(*values: Any, options: Any = None, run_metadata: Any = None) -> Any:
            self._check_open()
            arguments = [feed_value(t, v) for t, v in zip(tensors, values, strict=True)]
            return wanted.pack([fetched(v) for v in self._execute(plan, arguments)])

        return call

    def partial_run_setup(self, fetches: Any, feeds: Any = None) -> Any:
        """Runs in several parts are not implemented."""
        raise UnimplementedError(None, None, "Session.partial_run is not implemented in Tidefall.")

    def partial_run(self, handle: Any, fetches: Any, feed_dict: Any = None) -> Any:
        """Runs in several parts are not implemented."""
        raise UnimplementedError(None, None, "Session.partial_run is not implemented in Tidefall.")


@export("compat.v1.Session")
class Session(BaseSession):
    """Runs the nodes of a graph, and keeps its variables.

    Args:
        target: empty; other servers are not supported.
        graph: the graph; the default one if None.
        config: a `tf.compat.v1.ConfigProto`.

    >>> import tidefall as tf
    >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    ...     x = tf.compat.v1.placeholder(tf.float32, [2])
    ...     print(session.run(x * 2.0, {x: [1.0, 2.0]}))
    [2. 4.]
    """

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None):
        super().__init__(target, graph, config)
        self._entered: list[ExitStack] = []

    def __enter__(self) -> Session:
        stack = ExitStack()
        stack.enter_context(self._graph.as_default())
        stack.enter_context(self.as_default())
        self._entered.append(stack)
        return self

    def __exit__(self, *exc: Any) -> None:
        self._entered.pop().__exit__(*exc)
        self.close()

    @staticmethod
    def reset(target: str, containers: Any = None, config: Any = None) -> None:
        """Sessions here own their variables, and closing one frees them."""


@export("compat.v1.InteractiveSession")
class InteractiveSession(BaseSession):
    """A session that is the default one from the start, for use at a prompt.

    Args:
        target: empty; other servers are not supported.
        graph: the graph; the default one if None.
        config: a `tf.compat.v1.ConfigProto`.
    """

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None):
        super().__init__(target, graph, config)
        self._stack = ExitStack()
        if graph is not None:
            self._stack.enter_context(graph.as_default())
        self._stack.enter_context(self.as_default())

    def close(self) -> None:
        """Free the session's variables, and be the default no longer."""
        if not self._closed:
            self._stack.close()
        super().close()
