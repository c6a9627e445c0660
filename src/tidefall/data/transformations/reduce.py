"""`Dataset.reduce`: all elements combined into one value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base.run_state import RunState, running_with
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import DatasetV2, node_of, transformation
from tidefall.data.engine.functions import Runner
from tidefall.data.engine.settings import started
from tidefall.data.engine.structure import normalize
from tidefall.data.transformations.scan import trace_with_state
from tidefall.op.effects import ANYTHING
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import NO_EXTERNAL_STATE
from tidefall.runtime.graph_function import GraphFunction


def _shapes(c: Inference) -> list[TensorShape]:
    return [TensorShape(shape) for shape in c.attr("output_shapes")]


def _reduce(
    source: Any, initial: Sequence[Any], captured: Sequence[Any], *, f: GraphFunction
) -> Sequence[Any]:
    step = Runner(f, captured)
    state: Sequence[Any] = initial
    with running_with(RunState(follows_seed=False)):
        for i, element in enumerate(started(node_of(source))):
            state = step([*state, *element], i)
    return state


reduce_dataset_op = op(
    "ReduceDataset",
    shape=_shapes,
    host=_reduce,
    effects=ANYTHING,
    traits=(NO_EXTERNAL_STATE,),
    gradient=NOT_DIFFERENTIABLE,
)


@transformation("reduce")
def reduce(
    self: DatasetV2,
    initial_state: Any,
    reduce_func: Callable[..., Any],
    name: str | None = None,
) -> Any:
    """Combine all elements into one value, one after the other.

    Args:
        initial_state: a structure of tensors, the state before the first element.
        reduce_func: takes the state and an element, and returns the new state.
        name: name of the node in a graph.

    Returns:
        The state after the last element.

    Raises:
        TypeError: the new state differs from the old one in structure or dtypes.

    >>> import tidefall as tf
    >>> int(tf.data.Dataset.range(5).reduce(tf.constant(0, tf.int64), lambda s, x: s + x))
    10
    """
    structure, flat = normalize(initial_state)
    traced, structure = trace_with_state(
        reduce_func, "Dataset.reduce", structure, self.element_spec
    )
    tensors = reduce_dataset_op(
        self._variant_tensor,
        flat,
        traced.captured,
        name=name,
        f=traced.function,
        **structure.attrs,
    )
    return structure.from_tensors(tensors)
