"""`tf.compat.v1.wrap_function`: a program of TensorFlow 1 as a function, and parts of its graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.base import nest
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.composite.variables.variable import Variable
from tidefall.function.binding import Signature
from tidefall.function.concrete import ConcreteFunction
from tidefall.function.tracing import trace
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.copying import copy_node
from tidefall.op import raw
from tidefall.tensor.device_scope import GraphDeviceScope
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import SymbolicTensor
from tidefall.v1.graphs.graph_keys import GraphKeys


class WrappedFunction(ConcreteFunction):
    """A concrete function whose graph can be cut into others with `prune`."""

    def prune(
        self, feeds: Any, fetches: Any, name: str | None = None, input_signature: Any = None
    ) -> WrappedFunction:
        """A function of some tensors of the graph that returns others.

        Args:
            feeds: nest of tensors of the graph, or their names, that become the arguments, in the
                order of the flattened nest.
            fetches: nest of tensors to return and of nodes to run, or their names; a node gives
                None.
            name: the function's name.
            input_signature: the arguments' structure, for `structured_input_signature`.

        Returns:
            A `WrappedFunction`; it shares the variables of this one.

        Raises:
            ValueError: if a fetch depends on a placeholder that is not fed.

        >>> import tidefall as tf
        >>> def program(x):
        ...     doubled = tf.multiply(x, 2.0, name="doubled")
        ...     return tf.add(doubled, 1.0, name="sum")
        >>> whole = tf.compat.v1.wrap_function(program, [tf.TensorSpec([], tf.float32)])
        >>> float(whole.prune("doubled:0", "sum:0")(tf.constant(5.0)))
        6.0
        """
        fed = [self._element(item) for item in nest.flatten(feeds)]
        for tensor in fed:
            if not isinstance(tensor, SymbolicTensor):
                raise ValueError(f"prune: feeds must be tensors of the graph, got {tensor!r}.")
        wanted = [self._element(item) for item in nest.flatten(fetches)]
        cut = _Cut(self.graph, fed, name or "pruned")
        made = [cut.copy_of(item) for item in wanted]
        graph = cut.graph
        graph.outputs = [t for t in made if isinstance(t, SymbolicTensor)]
        results = [t if isinstance(t, SymbolicTensor) else None for t in made]
        graph.structured_outputs = nest.pack_sequence_as(fetches, results)
        specs = [TensorSpec(t.shape, t.dtype, t.op.name) for t in graph.arguments]
        graph.structured_input_signature = (tuple(specs), {})
        if input_signature is not None:
            graph.structured_input_signature = input_signature
        pruned = WrappedFunction(graph)
        pruned.kept_alive = (self,)
        return pruned

    def _element(self, item: Any) -> Any:
        return self.graph.as_graph_element(item)


class _Cut:
    """A graph made of the part of another that its fetches need."""

    def __init__(self, source: FuncGraph, fed: list[SymbolicTensor], name: str):
        self.graph = FuncGraph(name, outer_graph=source.enclosing)
        self.graph.watched = dict(source.watched)
        self._outer = {id(inner): outer for outer, inner in source.captures}
        self._order = {id(node): i for i, node in enumerate(source.nodes)}
        self._tensors: dict[int, SymbolicTensor] = {}
        self._nodes: dict[int, Operation] = {}
        for tensor in fed:
            argument = self.graph.add_argument(tensor.dtype, tensor.shape, tensor.op.name)
            self._tensors[id(tensor)] = argument

    def copy_of(self, wanted: Any) -> Any:
        """The tensor or node of the new graph for one of the old; what it needs comes along."""
        node = wanted.op if isinstance(wanted, SymbolicTensor) else wanted
        if isinstance(wanted, SymbolicTensor) and id(wanted) in self._tensors:
            return self._tensors[id(wanted)]
        for needed in self._needed(node):
            self._add(needed)
        found = self._tensors if isinstance(wanted, SymbolicTensor) else self._nodes
        return found[id(wanted)]

    def _needed(self, node: Operation) -> list[Operation]:
        """The nodes that one depends on and that are not there yet, each after what it needs.

        Nodes that came from a file may stand in any order in their graph.
        """
        found: dict[int, Operation] = {}
        seen: set[int] = set()
        waiting = [node]
        while waiting:
            current = waiting[-1]
            if current.op_type is raw.NextIteration:
                raise UnimplementedError(
                    None,
                    None,
                    f"prune: {node.name} depends on a loop of TensorFlow 1 ({current.name}), which "
                    "Tidefall can only run in a tf.compat.v1.Session.",
                )
            if id(current) in self._nodes or id(current) in found:
                waiting.pop()
            elif id(current) in seen:
                found[id(current)] = waiting.pop()
            else:
                inputs = [t.op for t in current.inputs if id(t) not in self._tensors]
                seen.add(id(current))
                waiting += sorted(
                    [*inputs, *current.control_inputs], key=self._position, reverse=True
                )
        return list(found.values())

    def _position(self, node: Operation) -> int:
        return self._order[id(node)]

    def _add(self, node: Operation) -> None:
        outputs = node.outputs
        if outputs and id(outputs[0]) in self._outer:
            inner = self.graph.capture(self._outer[id(outputs[0])], name=node.name)
            self._tensors[id(outputs[0])] = inner
            self._nodes[id(node)] = inner.op
            return
        if node.op_type is raw.Placeholder:
            raise ValueError(
                f"prune: the fetches depend on the placeholder '{node.name}', which is not fed. "
                "Add it to feeds."
            )
        known = {id(t): self._tensors[id(t)] for t in outputs if id(t) in self._tensors}
        copy = copy_node(node, self.graph, self._tensors, self._nodes)
        self._tensors.update(known)  # a fed tensor stays what is fed
        copy.backward = node.backward
        self.graph.adopt(copy)


@export("compat.v1.wrap_function")
def wrap_function(
    fn: Callable[..., Any], signature: Any, name: str | None = None
) -> WrappedFunction:
    """A concrete function of a Python function written for TensorFlow 1.

    Args:
        fn: the function; variables it makes are made once. It may import a graph, or make
            placeholders that `prune` feeds.
        signature: TensorSpecs of its arguments; other Python values are passed as they are.
        name: the function's name.

    Returns:
        A `WrappedFunction`: a concrete function with `prune(feeds, fetches)`.

    >>> import tidefall as tf
    >>> double = tf.compat.v1.wrap_function(lambda x: x * 2.0, [tf.TensorSpec([], tf.float32)])
    >>> float(double(tf.constant(3.0)))
    6.0
    """
    # Traced once, unlike a `tf.function` that makes variables: it may make others each time.
    names = Signature(fn).names
    with GraphDeviceScope(None):
        graph = trace(
            fn, name or "wrapped_function", tuple(signature), {}, names, name_outputs=True
        )
    lifted = _lift_variables(graph)
    wrapped = WrappedFunction(graph)
    wrapped.kept_alive = (fn, lifted)
    return wrapped


def _lift_variables(graph: FuncGraph) -> list[Variable]:
    """Put variables outside in the place of those that an imported graph makes at each run."""
    trainable = {id(v.handle) for v in graph.get_collection(GraphKeys.TRAINABLE_VARIABLES)}
    lifted = []
    for node in graph.nodes:
        if node.op_type is not raw.VarHandleOp:
            continue
        variable = Variable.uninitialized(
            node.name,
            node.attrs["dtype"],
            node.attrs["shape"],
            id(node.outputs[0]) in trainable,
        )
        graph.make_capture(node, variable.handle)
        graph.watch_variable(variable)
        lifted.append(variable)
    return lifted
