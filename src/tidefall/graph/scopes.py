"""Scopes of a graph: names, devices, control dependencies, colocation, containers, gradients."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from tidefall.base.state import NODE_NAME, check_scope_name, graph_scope, state
from tidefall.base.type_guards import is_dict
from tidefall.op.registry import gradient_of_name

if TYPE_CHECKING:
    from tidefall.graph.graph import Graph, Operation


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


class Scopes:
    """The part of `Graph` that says how the nodes made in a block shall be."""

    def __init__(self) -> None:
        self.current_name_scope = ""
        self._names: dict[str, int] = {}
        self._containers = [""]
        self._colocated: list[tuple[bytes, ...]] = []
        self._gradient_overrides: dict[str, str] = {}

    def inside(self: Any) -> AbstractContextManager[Any]:
        """Be the default graph, if neither this one nor a function inside of it is."""
        graph = state.graph
        while graph is not None and graph is not self:
            graph = getattr(graph, "outer_graph", None)
        return graph_scope(self) if graph is None else nullcontext()

    # ---- names ----

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """`name` under the current name scope, numbered if it was taken before.

        Args:
            name: the name wanted.
            mark_as_used: whether it counts as taken from now on.
        """
        scope = state.name_scope if state.graph is self else self.current_name_scope
        if scope:
            name = f"{scope}/{name}"
        key = name.lower()
        count = self._names.get(key, 0)
        if mark_as_used:
            self._names[key] = count + 1
        if count:
            candidate = f"{name}_{count}"
            while candidate.lower() in self._names:
                count += 1
                candidate = f"{name}_{count}"
            if mark_as_used:
                self._names[key] = count + 1
                self._names[candidate.lower()] = 1
            return candidate
        return name

    @contextmanager
    def name_scope(self, name: str | None) -> Generator[str]:
        """Prefix the names of the nodes made inside the block.

        Args:
            name: the scope's name; empty or None resets to the top, and a name that ends in "/"
                is entered as it stands.

        Yields:
            The scope with a "/" at its end, which enters it again.

        Raises:
            ValueError: for a name that no scope can have.
        """
        with self.inside():
            if name:
                check_scope_name(name)
            saved = state.name_scope
            if not name:
                state.name_scope = ""
            elif name.endswith("/"):
                state.name_scope = name[:-1]
            else:
                state.name_scope = self.unique_name(name)
            try:
                yield f"{state.name_scope}/" if name else ""
            finally:
                state.name_scope = saved

    def get_name_scope(self) -> str:
        """The current name scope, without a "/" at its end."""
        return state.name_scope if state.graph is self else self.current_name_scope

    # ---- what nodes wait for, and where they run ----

    @contextmanager
    def control_dependencies(self, control_inputs: Any) -> Generator[None]:
        """Make the nodes of the block wait for others; see `tf.control_dependencies`."""
        from tidefall.graph.control_dependencies import control_dependencies

        with self.inside(), control_dependencies(control_inputs):
            yield

    @contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Generator[None]:
        """Ask that the nodes of the block live where another one does.

        Args:
            op: a node, a tensor or a variable of this graph; None asks for nothing.
            ignore_existing: forget what the blocks around ask for.
        """
        if op is None and not ignore_existing:
            raise ValueError(
                "Trying to reset colocation (op is None) but ignore_existing is not True"
            )
        saved = self._colocated
        if ignore_existing:
            self._colocated = []
        if op is not None:
            self._colocated = [*self._colocated, tuple(_node_of(op).colocation_groups())]
        try:
            with self.inside():
                yield
        finally:
            self._colocated = saved

    @contextmanager
    def colocation_group(self, name: str) -> Generator[None]:
        """Mark the nodes of the block as living with the variable of that name."""
        saved = self._colocated
        self._colocated = [*saved, (f"loc:@{name}".encode(),)]
        try:
            yield
        finally:
            self._colocated = saved

    def _colocate(self, node: Operation) -> None:
        from tidefall.proto import AttrValue

        value = AttrValue()
        value.list.s.extend(sorted({group for groups in self._colocated for group in groups}))
        node.attrs["_class"] = value

    @property
    def current_container(self) -> str:
        """The container that resources made now are kept in."""
        return self._containers[-1]

    @contextmanager
    def container(self, container_name: str) -> Generator[str]:
        """Keep the resources made in the block in a container of that name."""
        self._containers.append(container_name)
        try:
            with self.inside():
                yield container_name
        finally:
            self._containers.pop()

    @contextmanager
    def gradient_override_map(self, op_type_map: Any) -> Generator[None]:
        """Differentiate the nodes of the block by other gradient functions than their ops'.

        Args:
            op_type_map: from the name of an op to one given to `tf.RegisterGradient`.

        Raises:
            TypeError: if it is not a dict of strings.
        """
        if not is_dict(op_type_map):
            raise TypeError("`op_type_map` must be a dictionary mapping strings to strings")
        for key, value in op_type_map.items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise TypeError("op_type_map must be a dictionary mapping strings to strings.")
        saved = self._gradient_overrides
        self._gradient_overrides = {**saved, **op_type_map}
        try:
            with self.inside():
                yield
        finally:
            self._gradient_overrides = saved

    def _override_gradient(self, node: Operation) -> None:
        kind = self._gradient_overrides.get(node.type)
        if kind is not None:
            node.attrs["_gradient_op_type"] = kind
            node.backward = NamedGradient(node, kind)


class NamedGradient:
    """The gradient function of a node that is looked up by another name than its op's."""

    def __init__(self, node: Operation, kind: str):
        self.node = node
        self.kind = kind

    def __call__(self, *gradients: Any) -> Any:
        function = gradient_of_name(self.kind)
        if not callable(function):
            raise LookupError(
                f"No gradient defined for operation '{self.node.name}' (op type: {self.kind})."
            )
        return function(self.node, *gradients)


def _node_of(item: Any) -> Operation:
    return getattr(item, "op", item)


def graph_of(items: Any) -> Graph | None:
    """The graph of the first tensor or node among some values."""
    for item in items:
        graph = getattr(getattr(item, "op", item), "graph", None)
        if graph is not None and hasattr(graph, "add_node"):
            return graph
    return None
