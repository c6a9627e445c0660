"""Functions that use resources of other tasks: what of them is executed there, and how it is asked
for in few requests.

An op that takes a resource of another task becomes a `_RemoteRead` or a `_RemoteUpdate`, which XLA
has no way to run: the runtime divides the graph around them, and compiles what is between. In a
call all variables that the function begins by reading are fetched together, in one request to each
task, and updates are sent together before the next thing that depends on them, at the latest at the
end.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

from tidefall.base import dtypes
from tidefall.base.errors import UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.distribute.cluster.messages import op_to_bytes, value_of
from tidefall.distribute.cluster.remote import RemoteStorage, input_for, remote_of
from tidefall.distribute.cluster.task import Request, Task
from tidefall.graph.analysis import functions_of, input_positions, node_effects, resource_root
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.copying import with_functions
from tidefall.graph.passes.pipeline import HOST, optimize
from tidefall.graph.passes.rewriting import Rewriter
from tidefall.op import raw
from tidefall.op.effects import reads, writes
from tidefall.op.inference import Inference
from tidefall.op.op import Op
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.table import signature
from tidefall.op.traits import REPLICATED
from tidefall.runtime.graph_function import GraphFunction

# ---- the exchange of a call ----


class Exchange:
    """What one call of a function asks of other tasks.

    Args:
        ahead: the variables to fetch together.
    """

    def __init__(self, ahead: Sequence[RemoteStorage]):
        self._ahead = list(ahead)
        self._values: dict[int, Any] = {}
        self._updates: dict[str, tuple[Task, list[Any]]] = {}
        self._touched: set[int] = set()

    def read(self, storage: RemoteStorage) -> Any:
        """The value of a variable."""
        if self._ahead:
            self._fetch()
        key = id(storage)
        if key not in self._values:
            self.flush(storage.remote.task)
            self._values[key] = storage.read()
        return self._values[key]

    def _fetch(self) -> None:
        by_task: dict[str, list[RemoteStorage]] = {}
        for storage in self._ahead:
            if id(storage) not in self._touched:
                by_task.setdefault(storage.remote.task.name, []).append(storage)
        self._ahead = []
        asked: list[tuple[list[RemoteStorage], Request]] = []
        for storages in by_task.values():
            task = storages[0].remote.task
            resources = [s.remote.reference.plain() for s in storages]
            asked.append((storages, task.begin("read", resources=resources)))
        for storages, request in asked:
            values = request.result()["values"]
            for storage, plain in zip(storages, values, strict=True):
                self._values[id(storage)] = value_of(plain)

    def update(self, task: Task, storages: Sequence[Any], node: bytes, inputs: list[Any]) -> None:
        """Queue an op without results."""
        for storage in storages:
            self._touched.add(id(storage))
            self._values.pop(id(storage), None)
        queue = self._updates.setdefault(task.name, (task, []))[1]
        queue.append({"op": node, "inputs": inputs})

    def execute(
        self, task: Task, storages: Sequence[Any], node: bytes, inputs: list[Any]
    ) -> list[Any]:
        """Execute an op with results after what is queued for its task."""
        for storage in storages:
            self._touched.add(id(storage))
            self._values.pop(id(storage), None)
        self.flush(task)
        return [value_of(v) for v in task.ask("execute", op=node, inputs=inputs)["outputs"]]

    def flush(self, task: Task | None = None) -> None:
        """Send what is queued, to one task or to all, and wait until it is done."""
        names = list(self._updates) if task is None else [task.name]
        found = [self._updates.pop(name) for name in names if name in self._updates]
        for request in [to.begin("update", ops=ops) for to, ops in found]:
            request.result()


_exchange: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


@contextmanager
def _exchanging(exchange: Exchange) -> Generator[None]:
    token = _exchange.set(exchange)
    try:
        yield
        exchange.flush()
    finally:
        _exchange.reset(token)


# ---- the ops ----


def _arguments(resources: Sequence[Any], inputs: Sequence[Any], places: Sequence[int]) -> list[Any]:
    """All inputs of the op that this stands for, in their order."""
    found: list[Any] = [None] * (len(resources) + len(inputs))
    for place, resource in zip(places, resources, strict=True):
        found[place] = resource
    rest = iter(inputs)
    return [next(rest) if i not in places else value for i, value in enumerate(found)]


def _host(
    resources: Sequence[Any],
    inputs: Sequence[Any],
    *,
    node: bytes,
    read: bool,
    places: Sequence[int],
    Tout: Sequence[Any],
) -> list[Any]:
    exchange = _exchange.get()
    if exchange is None:
        exchange = Exchange([])
        with _exchanging(exchange):
            return _host(resources, inputs, node=node, read=read, places=places, Tout=Tout)
    if read:
        return [exchange.read(resources[0])]
    remote = remote_of(resources[0])
    assert remote is not None
    data = node if isinstance(node, bytes) else node.encode()
    given = [input_for(remote.task, "an op", v) for v in _arguments(resources, inputs, places)]
    if Tout:
        return exchange.execute(remote.task, resources, data, given)
    exchange.update(remote.task, resources, data, given)
    return []


def _shapes(c: Inference) -> list[TensorShape]:
    return [TensorShape(s) for s in c.attr("shapes")]


def _declare(name: str, effects: Any) -> Any:
    return op(
        name,
        definition=signature(
            name,
            {
                "in": [["resources", "Tresources"], ["inputs", "Tin"]],
                "out": [["outputs", "Tout"]],
                "attrs": {
                    "Tresources": {"type": "list(type)", "min": 1},
                    "Tin": {"type": "list(type)", "min": 0},
                    "Tout": {"type": "list(type)", "min": 0},
                    "node": {"type": "string"},
                    "read": {"type": "bool"},
                    "places": {"type": "list(int)"},
                    "shapes": {"type": "list(shape)"},
                },
                "stateful": True,
            },
        ),
        shape=_shapes,
        host=_host,
        effects=effects,
        gradient=NOT_DIFFERENTIABLE,
    )


remote_read_op = _declare("_RemoteRead", reads("resources"))
remote_update_op = _declare("_RemoteUpdate", writes("resources"))

# ---- functions ----


class _Prepared:
    """A function for inputs of which some are resources of other tasks.

    Attributes:
        function: with `_RemoteRead` and `_RemoteUpdate` in it.
        ahead: positions of the variables that it reads in any case.
    """

    def __init__(self, function: GraphFunction, remote: frozenset[int]):
        graph = _rewritten(function.graph, remote)
        position = {id(t): i for i, t in enumerate(graph.inputs)}
        self.function = function.with_graph(graph)
        self.ahead = [
            position[id(resource_root(node.inputs[0]))]
            for node in graph.nodes
            if node.op_type is remote_read_op and node.attrs["read"]
        ]


_prepared: WeakKeyDictionary[Any, dict[frozenset[int], _Prepared]] = WeakKeyDictionary()


def call(function: GraphFunction, values: list[Any]) -> list[Any]:
    """Run a function with the values of all of its inputs, some of which may be elsewhere.

    Raises:
        UnavailableError: a task that has a resource does not answer; it is named.
    """
    remote = frozenset(i for i, value in enumerate(values) if remote_of(value) is not None)
    if not remote:
        return function.call(values)
    of_function = _prepared.setdefault(function, {})
    prepared = of_function.get(remote)
    if prepared is None:
        prepared = of_function[remote] = _Prepared(function, remote)
    ahead = {id(values[i]): values[i] for i in prepared.ahead}
    with _exchanging(Exchange(list(ahead.values()))):
        return prepared.function.call(values)


def _rewritten(graph: FuncGraph, remote: frozenset[int]) -> FuncGraph:
    graph = optimize(graph, HOST, only=("inline_calls",))
    Rewriter(graph).run(_Elsewhere(graph, remote))
    return optimize(graph, HOST, only=("remove_dead_code",))


class _Elsewhere:
    """The rule that lets a graph use what is elsewhere.

    Args:
        graph: the graph.
        remote: the positions of its inputs that are resources of other tasks.
    """

    def __init__(self, graph: FuncGraph, remote: frozenset[int]):
        self._roots = {id(graph.inputs[i]) for i in remote}
        self._writes: dict[int, int] = {}
        self._written_before: dict[int, int] = {}

    def _root(self, tensor: Any) -> int | None:
        """What stands for the resource, if it is elsewhere."""
        if tensor.dtype != dtypes.resource:
            return None
        root = id(resource_root(tensor))
        return root if root in self._roots else None

    def __call__(self, node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
        roots = {i: root for i, t in enumerate(node.inputs) if (root := self._root(t)) is not None}
        if not roots or node.op_type in (raw.Identity, raw.IdentityN):
            return None
        written = node_effects(node).writes
        kind, inputs = node.op_type, list(node.inputs)
        if kind is raw.AssignVariableOp:
            kind, inputs[1] = self._increment(node, roots[0])
        for place in written & roots.keys():
            self._writes[roots[place]] = self._writes.get(roots[place], 0) + 1
        if node.op_type.effects.calls:
            _rewrite_functions(node, set(roots))
            return None
        is_read = kind is raw.ReadVariableOp
        others = [t for i, t in enumerate(inputs) if i not in roots]
        attrs = {
            "Tresources": [dtypes.resource] * len(roots),
            "Tin": [t.dtype for t in others],
            "Tout": [t.dtype for t in node.outputs],
            "node": op_to_bytes(kind, node.attrs),
            "read": is_read,
            "places": list(roots),
            "shapes": [t.shape for t in node.outputs],
        }
        sent = remote_update_op if written else remote_read_op
        outputs = rewriter.instead(node, sent, [*(inputs[i] for i in roots), *others], attrs)
        if is_read:
            self._written_before[id(outputs[0])] = self._writes.get(roots[0], 0)
        return outputs

    def _increment(self, node: Operation, root: int) -> tuple[Op, Any]:
        """`v.assign(v + x)`, as Keras's metrics have it, is sent as `v.assign_add(x)`: what other
        workers added between the read and the assignment is not lost."""
        value: Any = node.inputs[1]
        sums = value.op
        kind = _INCREMENTS.get(sums.op_type)
        orders = ((0, 1), (1, 0)) if kind is raw.AssignAddVariableOp else ((0, 1),)
        for read, added in orders if kind is not None else ():
            before, x = sums.inputs[read], sums.inputs[added]
            if (
                before.op.op_type is remote_read_op
                and id(resource_root(before.op.inputs[0])) == root
                and self._written_before.get(id(before)) == self._writes.get(root, 0)
                and x.shape.is_fully_defined()
                and x.shape == before.shape
            ):
                assert kind is not None
                return kind, x
        return raw.AssignVariableOp, value


_INCREMENTS = {
    raw.AddV2: raw.AssignAddVariableOp,
    raw.Add: raw.AssignAddVariableOp,
    raw.Sub: raw.AssignSubVariableOp,
}


def _rewrite_functions(node: Operation, places: set[int]) -> None:
    """Let the functions of a branch, loop or call use what is elsewhere."""
    if REPLICATED in node.op_type.traits:
        raise UnimplementedError(
            None,
            None,
            "Several replicas in one task cannot use variables of parameter servers yet.",
        )
    given = sorted(input_positions(node, node.op_type.effects.calls))
    inner = frozenset(j for j, i in enumerate(given) if i in places)
    changed = {
        id(f): f.with_graph(_rewritten(f.graph, inner))
        for f in functions_of(node)
        if isinstance(f, GraphFunction)
    }
    node.attrs = with_functions(node, changed)
