"""Transposes sink towards the outputs, through whatever works on elements, until two cancel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tidefall.export.onnx.exporter.ir import Node
from tidefall.lite.converter.ir import Operator, Subgraph, Value, constant

ELEMENTWISE = frozenset(
    [
        "Abs",
        "Acos",
        "Acosh",
        "Asin",
        "Asinh",
        "Atan",
        "Atanh",
        "Ceil",
        "Clip",
        "Cos",
        "Cosh",
        "Elu",
        "Erf",
        "Exp",
        "Floor",
        "Gelu",
        "HardSigmoid",
        "HardSwish",
        "IsInf",
        "IsNaN",
        "LeakyRelu",
        "Log",
        "Neg",
        "Not",
        "Reciprocal",
        "Relu",
        "Round",
        "Selu",
        "Sigmoid",
        "Sign",
        "Sin",
        "Sinh",
        "Softplus",
        "Softsign",
        "Sqrt",
        "Tan",
        "Tanh",
        "Cast",
        "Identity",
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Max",
        "Min",
        "Pow",
        "Equal",
        "Greater",
        "GreaterOrEqual",
        "Less",
        "LessOrEqual",
        "And",
        "Or",
        "Where",
        "Mod",
        "Sum",
        "PRelu",
    ]
)
_REDUCE = ("ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum", "ReduceProd", "ReduceL2")


def sink_transposes(graph: Subgraph) -> int:
    """Move Transposes behind what follows them, and cancel pairs."""
    sinker = _Sinker(graph)
    return sinker.run()


class _Sinker:
    """One walk over a graph; new nodes go where the old ones were."""

    def __init__(self, graph: Subgraph):
        self.graph = graph
        self.made: list[Operator] = []
        self.count = 0

    def run(self) -> int:
        for node in self.graph.operators:
            if not self._moved(node):
                self.made.append(node)
        self.graph.operators = self.made
        return self.count

    def _moved(self, node: Operator) -> bool:
        if node.code == "Transpose":
            return self._cancelled(node)
        if node.code in ELEMENTWISE:
            return self._elementwise(node)
        if node.code in _REDUCE:
            return self._reduction(node)
        if node.code == "Concat":
            return self._concat(node)
        if node.code == "Pad":
            return self._pad(node)
        return False

    def _cancelled(self, node: Operator) -> bool:
        inner = _transpose_of(node.inputs[0])
        if inner is None:
            return False
        first, second = inner.options["perm"], node.options["perm"]
        together = [first[a] for a in second]
        self.count += 1
        if together != list(range(len(together))):
            node.inputs = [inner.input(0)]
            node.options["perm"] = together
            return False
        if any(node.output is v for v in self.graph.outputs):
            node.code, node.inputs, node.options = "Identity", [inner.input(0)], {}
            return False
        self._replace(node.output, inner.input(0))
        return True

    def _replace(self, old: Value, new: Value) -> None:
        self.graph.replace(old, new)

    def _elementwise(self, node: Operator) -> bool:
        found = [_transpose_of(v) for v in node.inputs]
        orders = {tuple(t.options["perm"]) for t in found if t is not None}
        rank = node.output.rank
        if len(orders) != 1 or len(next(iter(orders))) != rank:
            return False
        order = list(next(iter(orders)))
        back = [order.index(a) for a in range(rank)]
        given: list[Value | None] = []
        for value, made in zip(node.inputs, found, strict=True):
            if made is not None:
                given.append(made.input(0))
            elif value is None or (value.rank == 0):
                given.append(value)
            elif value.data is not None:
                data = value.data.reshape((1,) * (rank - value.rank) + value.shape)
                given.append(constant(data.transpose(back), value.name))
                given[-1].layer = value.layer  # type: ignore[union-attr]
            elif value.rank == rank and all(d == 1 for d in value.shape[1:-1]) and rank > 2:
                # A few numbers for each channel: turning them costs nothing.
                dims = [value.shape[a] for a in back]
                given.append(self._add("Transpose", [value], dims, node, perm=back))
            else:
                return False
        self._behind(node, given, order)
        return True

    def _behind(self, node: Operator, given: list[Value | None], order: Sequence[int]) -> None:
        """The node on untransposed inputs, and a Transpose after it."""
        back = [list(order).index(a) for a in range(len(order))]
        old = node.output
        new = Value(old.name, old.dtype, [old.shape[a] for a in back])
        new.layer = old.layer
        node.inputs, node.outputs = given, [new]
        new.producer = node
        self.made.append(node)
        turned = Node("Transpose", [new], [old], {"perm": list(order)}, node.layer, node.line)
        self.made.append(turned)
        self.count += 1

    def _add(
        self, code: str, inputs: list[Value | None], dims: Sequence[int | None], like: Operator,
        **options: object,
    ) -> Value:  # fmt: skip
        made = Value(like.layer, like.output.dtype, dims)
        made.layer = like.layer
        source = inputs[0]
        assert source is not None
        made.dtype = source.dtype
        self.made.append(Node(code, inputs, [made], dict(options), like.layer, like.line))
        return made

    def _reduction(self, node: Operator) -> bool:
        made, axes = _transpose_of(node.inputs[0]), node.inputs[1] if len(node.inputs) > 1 else None
        if made is None or axes is None or axes.data is None:
            return False
        order = made.options["perm"]
        moved = sorted(order[int(a)] for a in axes.data)
        left = [a for a in order if a not in moved]
        if node.options.get("keepdims", 1):
            self._behind_reduction(node, made, moved, order)
            return True
        if left != sorted(left):
            return False
        node.inputs = [made.input(0), constant(np.array(moved, np.int64), axes.name)]
        self.count += 1
        return False

    def _behind_reduction(
        self, node: Operator, made: Operator, axes: list[int], order: Sequence[int]
    ) -> None:
        where = constant(np.array(axes, np.int64), "axes")
        where.layer = node.layer
        self._behind(node, [made.input(0), where], order)

    def _concat(self, node: Operator) -> bool:
        found = [_transpose_of(v) for v in node.inputs]
        if any(t is None for t in found):
            return False
        orders = {tuple(t.options["perm"]) for t in found if t is not None}
        if len(orders) != 1:
            return False
        order = next(iter(orders))
        node.options["axis"] = order[node.options["axis"] % len(order)]
        self._behind(node, [t.input(0) for t in found if t is not None], order)
        return True

    def _pad(self, node: Operator) -> bool:
        made, pads = _transpose_of(node.inputs[0]), node.input(1)
        if made is None or pads.data is None or len(node.inputs) > 3:
            return False
        order = made.options["perm"]
        amounts = pads.data.reshape(2, -1)
        moved = np.zeros_like(amounts)
        moved[:, order] = amounts
        where = constant(moved.reshape(-1), pads.name)
        where.layer = pads.layer
        self._behind(node, [made.input(0), where, *node.inputs[2:]], order)
        return True


def _transpose_of(value: Value | None) -> Operator | None:
    made = None if value is None else value.producer
    return made if made is not None and made.code == "Transpose" else None
