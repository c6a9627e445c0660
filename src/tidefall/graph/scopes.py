"""What the blocks around ask of the nodes made in them: `tf.Graph.colocate_with` and the like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tidefall.base.type_guards import is_dict
from tidefall.graph.operation import Operation
from tidefall.op.gradients import gradient_of_name


@dataclass(frozen=True, slots=True)
class Scope:
    """What the blocks that a graph is in ask of its new nodes.

    Attributes:
        colocated: the groups of nodes that they live with.
        container: what their resources are kept in.
        gradients: names of gradient functions that they have instead of their ops', by op.
    """

    colocated: frozenset[bytes] = frozenset()
    container: str = ""
    gradients: Mapping[str, str] = field(default_factory=dict[str, str])

    def colocated_with(self, groups: Iterable[bytes]) -> Scope:
        """This scope, with more groups to live with."""
        return replace(self, colocated=self.colocated.union(groups))

    def alone(self) -> Scope:
        """This scope, with nobody to live with."""
        return replace(self, colocated=frozenset[bytes]())

    def kept_in(self, container: str) -> Scope:
        """This scope, with another container."""
        return replace(self, container=container)

    def differentiated_by(self, op_type_map: Any) -> Scope:
        """This scope, with other gradient functions for some ops.

        Raises:
            TypeError: if it is not a dict of strings.
        """
        if not is_dict(op_type_map):
            raise TypeError("`op_type_map` must be a dictionary mapping strings to strings")
        for key, value in op_type_map.items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise TypeError("op_type_map must be a dictionary mapping strings to strings.")
        return replace(self, gradients={**self.gradients, **op_type_map})

    def mark(self, node: Operation) -> None:
        """Note on a new node what is asked of it."""
        if self.colocated:
            from tidefall.proto import AttrValue

            value = AttrValue()
            value.list.s.extend(sorted(self.colocated))
            node.attrs["_class"] = value
        kind = self.gradients.get(node.type)
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
