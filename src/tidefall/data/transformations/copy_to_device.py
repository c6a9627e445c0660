"""`tf.data.experimental.copy_to_device` and `prefetch_to_device`: elements on another device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.base.device_spec import DeviceSpec
from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.data.dataset import DatasetV2, new_dataset, node_of, structure_of
from tidefall.data.engine.elements import Element
from tidefall.data.engine.functions import StructuredFunction, unpacked
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.transformations.map import map_dataset_op
from tidefall.data.transformations.prefetch import prefetch
from tidefall.tensor.device_scope import device
from tidefall.tensor.placement import Device
from tidefall.tensor.tensor import EagerTensor, TypedTensor, ndarray


class CopyToDeviceNode(Node):
    """The input's elements, in the memory of a device."""

    def __init__(self, source: Node, op_device: Device):
        self.inputs = (source,)
        self.device = op_device.name
        self._op_device = op_device

    def make_iterator(self) -> ElementIterator:
        return _Copied(self.inputs[0].make_iterator(), self._op_device)


class _Copied(Derived):
    __slots__ = ("_op_device",)

    def __init__(self, source: ElementIterator, op_device: Device):
        super().__init__(source)
        self._op_device = op_device

    def __next__(self) -> Element:
        return [self._copy(value) for value in next(self._source)]

    def _copy(self, value: Any) -> Any:
        if type(value) is not ndarray:
            return value
        return self._op_device.keep(EagerTensor(value)).storage


@export("data.experimental.copy_to_device")
def copy_to_device(
    target_device: str, source_device: str = "/cpu:0"
) -> Callable[[DatasetV2], DatasetV2]:
    """A transformation, for `Dataset.apply`, that copies elements to a device.

    Args:
        target_device: name of the device, such as "/gpu:0".
        source_device: accepted; datasets run on the host.

    Raises:
        ValueError: that is no name of a device.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(2).apply(tf.data.experimental.copy_to_device("/cpu:0"))
    >>> [int(x) for x in dataset]
    [0, 1]
    """
    return lambda dataset: _copied(dataset, target_device)


def _copied(dataset: DatasetV2, target: str) -> DatasetV2:
    DeviceSpec.from_string(target)
    with device(target):
        op_device = state.op_device
    if state.graph is None and op_device is not None and op_device.accelerated:
        node = CopyToDeviceNode(node_of(dataset._variant_tensor.storage), op_device)
        node.shapes = structure_of(dataset).shapes
        variant = TypedTensor(node, dataset._variant_tensor.dtype)
    else:
        variant = _mapped(dataset)
    return new_dataset(variant, dataset.element_spec, [dataset], "_CopyToDeviceDataset")


def _mapped(dataset: DatasetV2) -> Any:
    """The elements as they are: the host's memory is where they are already."""

    def same(*parts: Any) -> Any:
        return parts[0] if len(parts) == 1 else parts

    spec = dataset.element_spec
    traced = StructuredFunction(same, "copy_to_device", unpacked(spec))
    return map_dataset_op(
        dataset._variant_tensor,
        traced.captured,
        f=traced.function,
        preserve_cardinality=False,
        use_inter_op_parallelism=True,
        **dataset._flat_structure,
    )


@export("data.experimental.prefetch_to_device")
def prefetch_to_device(device: str, buffer_size: Any = None) -> Callable[[DatasetV2], DatasetV2]:
    """A transformation, for `Dataset.apply`, that copies elements to a device ahead of time.

    It must be the last one of the pipeline.

    Args:
        device: name of the device, such as "/gpu:0".
        buffer_size: the most elements to keep there; left to us by default.

    Raises:
        ValueError: that is no name of a device.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(2)
    >>> dataset = dataset.apply(tf.data.experimental.prefetch_to_device("/cpu:0"))
    >>> [int(x) for x in dataset]
    [0, 1]
    """
    return lambda dataset: prefetch(_copied(dataset, device), buffer_size)
