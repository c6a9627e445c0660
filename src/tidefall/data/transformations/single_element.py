"""`Dataset.get_single_element`."""

from __future__ import annotations

from typing import Any

from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import DatasetV2, node_of, transformation
from tidefall.data.engine.elements import Element
from tidefall.data.engine.settings import started
from tidefall.op.effects import ANYTHING
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import NO_EXTERNAL_STATE


def _shapes(c: Inference) -> list[TensorShape]:
    return [TensorShape(shape) for shape in c.attr("output_shapes")]


def _single_element(dataset: Any) -> Element:
    iterator = started(node_of(dataset), own_streams=False)
    for element in iterator:
        for _ in iterator:
            raise InvalidArgumentError(None, None, "Dataset had more than one element.")
        return element
    raise InvalidArgumentError(None, None, "Dataset was empty.")


single_element_op = op(
    "DatasetToSingleElement",
    shape=_shapes,
    host=_single_element,
    effects=ANYTHING,
    traits=(NO_EXTERNAL_STATE,),
    gradient=NOT_DIFFERENTIABLE,
)


@transformation("get_single_element")
def get_single_element(self: DatasetV2, name: str | None = None) -> Any:
    """The only element of the dataset.

    Args:
        name: name of the node in a graph.

    Raises:
        tf.errors.InvalidArgumentError: there are none, or several.

    >>> import tidefall as tf
    >>> int(tf.data.Dataset.range(5).skip(4).get_single_element())
    4
    """
    structure = self._structure
    tensors = single_element_op(self._variant_tensor, name=name, **structure.attrs)
    return structure.from_tensors(tensors)


@export("data.experimental.get_single_element")
def experimental_get_single_element(dataset: DatasetV2) -> Any:
    """Same as `dataset.get_single_element()`.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(3).batch(3)
    >>> tf.data.experimental.get_single_element(dataset).numpy().tolist()
    [0, 1, 2]
    """
    return get_single_element(dataset)
