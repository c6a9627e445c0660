"""`tf.data.experimental.at`: an element by its number."""

from __future__ import annotations

from typing import Any

from tidefall.base.errors import FailedPreconditionError, OutOfRangeError, UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import DatasetV2, node_of, structure_of
from tidefall.data.engine.elements import Element
from tidefall.data.engine.node import INFINITE, Node
from tidefall.data.engine.random_bits import RandomBits
from tidefall.data.sources.tensors import ElementsNode
from tidefall.data.transformations.cache import CacheNode
from tidefall.data.transformations.combining.concatenate import ConcatenateNode
from tidefall.data.transformations.map import MapNode
from tidefall.data.transformations.prefetch import PrefetchNode
from tidefall.data.transformations.repeat import RepeatNode
from tidefall.data.transformations.shuffle import ShuffleNode
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op


def has_elements_at(node: Node) -> bool:
    """Whether `element_at` gives the elements of a node, without keeping any."""
    if node.random_access() is not None:
        return True
    kept = MapNode | PrefetchNode | RepeatNode | ConcatenateNode
    return isinstance(node, kept) and all(has_elements_at(one) for one in node.inputs)


def element_at(node: Node, index: int) -> Element:
    """An element of a node, which has that many."""
    access = node.random_access()
    if access is not None:
        return access.element(index)
    if isinstance(node, MapNode):
        return node.function(element_at(node.inputs[0], index), index)
    if isinstance(node, PrefetchNode):
        return element_at(node.inputs[0], index)
    if isinstance(node, RepeatNode):
        return element_at(node.inputs[0], index % _count(node.inputs[0]))
    if isinstance(node, ShuffleNode):
        return element_at(node.inputs[0], _shuffled(node, index))
    if isinstance(node, ConcatenateNode):
        first, second = node.inputs
        size = _count(first)
        return element_at(first, index) if index < size else element_at(second, index - size)
    raise UnimplementedError(
        None,
        None,
        f"Random access is not implemented for the dataset {node!r}. `Dataset.cache()` makes it "
        "possible for every dataset.",
    )


def _count(node: Node) -> int:
    """How many elements a node has."""
    count = node.cardinality()
    if (count == INFINITE and not node.inputs) or (isinstance(node, RepeatNode) and count < 0):
        raise FailedPreconditionError(
            None,
            None,
            f"Dataset {node!r} has infinite cardinality, which does not support random access.",
        )
    return count


def _shuffled(node: ShuffleNode, index: int) -> int:
    """The number of an element before shuffling.

    The order is not that of iteration: all numbers are shuffled at once, with the dataset's seeds.
    """
    places = node.__dict__.get("_places")
    if places is None:
        count = _count(node.inputs[0])
        bits = RandomBits(*node.seeds.save()[:2]).take(count)
        places = list(range(count))
        for i in range(count):
            other = i + int(bits[i]) % (count - i)
            places[i], places[other] = places[other], places[i]
        node.__dict__["_places"] = places
    return places[index]


def _at(dataset: Any, index: Any) -> Element:
    node = node_of(dataset)
    number = int(index)
    if isinstance(node, CacheNode):
        node = _kept(node)
    count = _count(node)
    if count >= 0 and not 0 <= number < count:
        raise OutOfRangeError(None, None, f"Index out of range [0, {count}):{number}")
    return element_at(node, number)


def _kept(node: CacheNode) -> ElementsNode:
    """The elements of a cache, which is filled if it is not yet."""
    if node.kept is None:
        for _ in node.make_iterator():
            pass
    assert node.kept is not None
    return node.kept


def _shapes(c: Inference) -> list[TensorShape]:
    return [TensorShape(shape) for shape in c.attr("output_shapes")]


get_element_at_index_op = op(
    "GetElementAtIndex", shape=_shapes, host=_at, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("data.experimental.at")
def at(dataset: DatasetV2, index: Any) -> Any:
    """The element of a dataset with a number.

    Args:
        dataset: a dataset whose elements can be had in any order: sources in memory, `cache`, and
            what follows them element by element.
        index: a scalar int64, the number of the element.

    Raises:
        tf.errors.OutOfRangeError: there is none.
        tf.errors.UnimplementedError: the dataset gives its elements only one after the other.
        tf.errors.FailedPreconditionError: the dataset has no end.

    >>> import tidefall as tf
    >>> int(tf.data.experimental.at(tf.data.Dataset.range(10).map(lambda x: x * x), 3))
    9
    """
    structure = structure_of(dataset)
    tensors = get_element_at_index_op(dataset._variant_tensor, index, **structure.attrs)
    return structure.from_tensors(tensors)
