"""How ops run over many elements at once: what a `batching` rule is given, and the usual rules.

`tf.vectorized_map`, Jacobians and `Dataset.map` run one function for many elements together. Each
node of its graph is replaced by one that works on all of them. A value that differs from run to run
is *stacked*: it has one more dimension in front, of the number of runs. A rule takes a `Call`, a
node with the values of its inputs, and returns the stacked outputs:

    def _reshape_batching(call):
        return raw.Reshape(call.tensor(0), call.runs.before(call.fixed(1)))

Elementwise ops need none: theirs follows from the traits. An op without a rule, or whose rule
raises `Fallback`, is run once for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.op.traits import BROADCASTING, ELEMENTWISE, SAME_SHAPE
from tidefall.ops.common import known_value
from tidefall.tensor.conversion import convert_to_tensor


class Value(NamedTuple):
    """A tensor of the converted program.

    Attributes:
        tensor: the tensor; for a stacked tensor list, a list whose elements are stacked.
        stacked: whether it has a dimension for the runs, in front.
    """

    tensor: Any
    stacked: bool


class Fallback(Exception):
    """Raised by a rule for a case it has no ops for."""


class Runs(Protocol):
    """The runs of a function that are worked on together.

    Attributes:
        count: their number, int32 scalar.
        static: their number, if it is known.
    """

    count: Any
    static: int | None

    def vector(self) -> Any:
        """The number of runs as an int32 vector of one element."""
        ...

    def before(self, sizes: Any) -> Any:
        """A shape with the number of runs in front."""
        ...

    def stack(self, value: Value) -> Any:
        """A value with a dimension for the runs: repeated if it had none."""
        ...

    def convert(self, graph: Any, inputs: Sequence[Value], outputs: Any = None) -> list[Value]:
        """The outputs of a graph for all runs."""
        ...


class Call:
    """A node to convert, with the values of its inputs."""

    def __init__(self, runs: Runs, node: Any, values: list[Value]):
        self.runs = runs
        self.node = node
        self.values = values
        self.attrs = node.attrs

    def __len__(self) -> int:
        return len(self.values)

    def is_stacked(self, index: int) -> bool:
        """Whether an input differs from run to run."""
        return self.values[index].stacked

    def tensor(self, index: int) -> Any:
        """An input as it is, stacked or not."""
        return self.values[index].tensor

    def stacked(self, index: int) -> Any:
        """An input with a dimension for the runs."""
        return self.runs.stack(self.values[index])

    def fixed(self, index: int) -> Any:
        """An input that must be the same in all runs."""
        if self.values[index].stacked:
            raise Fallback
        return self.values[index].tensor

    def constant(self, index: int) -> np.ndarray:
        """An input that must be the same in all runs, and known."""
        found = known_value(self.fixed(index))
        if found is None:
            raise Fallback
        return found

    def rank(self, index: int) -> int:
        """The rank of an input in one run."""
        found = self.node.inputs[index].shape.rank
        if found is None:
            raise Fallback
        return found

    def run(self, inputs: Sequence[Any], **changes: Any) -> Any:
        """The same op on other inputs: its output, or a list of its outputs."""
        attrs = {**self.attrs, **changes} if changes else dict(self.attrs)
        outputs = self.node.op_type.execute([convert_to_tensor(x) for x in inputs], attrs)
        return outputs[0] if len(outputs) == 1 else list(outputs)


Rule = Callable[[Call], Any]


def rule_of(op: Op) -> Rule | None:
    """The batching rule of an op: its own, or what follows from its traits."""
    if op.batching is not None:
        return op.batching
    for trait, rule in _BY_TRAIT:
        if trait in op.traits:
            return rule
    return None


# ---- rules of many ops ----


def unary(call: Call) -> Any:
    """The op works on the stacked value as on any other."""
    return call.run([call.tensor(0)])


def broadcasting(call: Call) -> Any:
    """Stacked values of lower rank get dimensions of size 1 behind that of the runs."""
    return call.run(aligned(call))


def same_shape(call: Call) -> Any:
    """All inputs have one shape: all are stacked."""
    return call.run([call.stacked(i) for i in range(len(call))])


def batched(call: Call) -> Any:
    """Dimensions in front are batches; further inputs are the same for all."""
    return call.run([call.tensor(0), *(call.fixed(i) for i in range(1, len(call)))])


def two_batched(call: Call) -> Any:
    """Dimensions in front are batches, the same for two inputs; further ones are the same."""
    rest = [call.fixed(i) for i in range(2, len(call))]
    return call.run([call.stacked(0), call.stacked(1), *rest])


def along_axes(call: Call) -> Any:
    """The axes, which are the second input, move by one."""
    return call.run([call.tensor(0), shifted_input(call, 1)])


def one_batch(call: Call) -> Any:
    """Runs and batch, the first dimension of the first input, are one dimension for the op."""
    folded, unfold = fold(call.tensor(0))
    return unfold(call.run([folded, *(call.fixed(i) for i in range(1, len(call)))]))


def batches(call: Call) -> Any:
    """The same, where all inputs have a batch dimension."""
    pairs = [fold(call.stacked(i)) for i in range(len(call))]
    return pairs[0][1](call.run([folded for folded, _ in pairs]))


def batch_of_shape(call: Call) -> Any:
    """The same, where the first input is a shape and the last one has a batch dimension."""
    shape, *rest = (call.fixed(i) for i in range(len(call) - 1))
    folded, unfold = fold(call.stacked(len(call) - 1))
    batch = raw.Mul(shape[:1], raw.Cast(call.runs.vector(), DstT=shape.dtype))
    return unfold(call.run([joined(batch, shape[1:]), *rest, folded]))


_BY_TRAIT = (
    (ELEMENTWISE, unary),
    (BROADCASTING, broadcasting),
    (SAME_SHAPE, same_shape),
)


# ---- shapes and axes ----


def shape_vector(tensor: Any) -> Any:
    """The shape of a tensor as an int32 vector: an array if it is known."""
    if tensor.shape.is_fully_defined():
        return np.array(tensor.shape.as_list(), np.int32)
    return raw.Shape(tensor)


def joined(*parts: Any) -> Any:
    """Several shapes one after the other."""
    if all(isinstance(p, (list, np.ndarray)) for p in parts):
        return np.concatenate([np.array(p, np.int32) for p in parts])
    tensors = [np.array(p, np.int32) if isinstance(p, list) else p for p in parts]
    return raw.ConcatV2(tensors, 0)


def aligned(call: Call, first: int = 0) -> list[Any]:
    """The inputs from `first` on, such that they broadcast over the runs."""
    indices = range(first, len(call))
    rank = max(call.rank(i) for i in indices)
    return [
        raised(call.tensor(i), rank - call.rank(i)) if call.is_stacked(i) else call.tensor(i)
        for i in indices
    ]


def raised(tensor: Any, extra: int) -> Any:
    """A stacked tensor with dimensions of size 1 behind the first one."""
    if extra <= 0:
        return tensor
    shape = shape_vector(tensor)
    sizes = joined(shape[:1], [1] * extra, shape[1:])
    return raw.Reshape(tensor, sizes)


def shifted(axis: Any) -> Any:
    """Axes counted from the front, behind the dimension of the runs; from the back, unchanged."""
    return np.where(np.asarray(axis) >= 0, np.asarray(axis) + 1, axis).astype(
        np.asarray(axis).dtype
    )


def shifted_input(call: Call, index: int) -> Any:
    """An input that holds axes, shifted."""
    return shifted(call.constant(index))


def fold(tensor: Any) -> tuple[Any, Any]:
    """Runs and first dimension as one, and a function that takes them apart again."""
    full = shape_vector(tensor)
    folded = raw.Reshape(
        tensor,
        joined([-1], full[2:]) if _known_rest(tensor) else (joined(_product(full[:2]), full[2:])),
    )

    def unfold(result: Any) -> Any:
        return raw.Reshape(result, joined(full[:2], shape_vector(result)[1:]))

    return folded, unfold


def _known_rest(tensor: Any) -> bool:
    sizes = tensor.shape.as_list()[2:]
    return None not in sizes and 0 not in sizes


def _product(sizes: Any) -> Any:
    if isinstance(sizes, np.ndarray):
        return np.array([np.prod(sizes)], np.int32)
    return raw.Prod(sizes, np.array([0], np.int32), keep_dims=True)


def numbered(call: Call, indices: Any, rank: int) -> Any:
    """Index vectors with the number of the run in front."""
    kind = indices.dtype
    runs = raw.Cast(raw.Range(0, call.runs.count, 1), DstT=kind)
    column = raw.Reshape(runs, joined(call.runs.vector(), [1] * rank))
    shape = shape_vector(indices)
    spread = raw.BroadcastTo(column, joined(shape[:-1], [1]))
    return raw.ConcatV2([spread, indices], np.array(-1, np.int32))
