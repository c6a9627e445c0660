"""`tensorflow.python.compiler.xla.experimental.xla_sharding`: marks for XLA's partitioner.

They are kept, and written to files: one device computes all here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.compat.tensorflow.inner.xla import xla_data
from tidefall.op import raw

_MARK, _SHARDY_MARK = "_XlaSharding", "_XlaShardingV2"


class Sharding:
    """How the parts of a tensor are assigned to devices: an `OpSharding`.

    Args:
        proto: the message; the class methods make the usual ones.
    """

    def __init__(self, proto: Any = None):
        self._proto = proto

    @property
    def proto(self) -> Any:
        """The message."""
        return self._proto

    @classmethod
    def replicate(cls) -> Sharding:
        """Every device has all of the tensor."""
        return cls(xla_data.OpSharding(type="REPLICATED"))

    @classmethod
    def manual(cls) -> Sharding:
        """The program says by itself what each device does."""
        return cls(xla_data.OpSharding(type="MANUAL"))

    @classmethod
    def assign_device(cls, core: int) -> Sharding:
        """One device has all of the tensor."""
        return _tiled([1], [core], type="MAXIMAL")

    @classmethod
    def tile(cls, tile_assignment: np.ndarray) -> Sharding:
        """Parts of the tensor, each on the device of that number.

        Raises:
            TypeError: if the assignment is no array.
        """
        assigned = _array(tile_assignment)
        return _tiled(assigned.shape, assigned.ravel())

    @classmethod
    def partial_tile(cls, tile_assignment: np.ndarray) -> Sharding:
        """Parts of the tensor, each on all devices along the last dimension of the assignment.

        Raises:
            TypeError: if the assignment is no array.
        """
        assigned = _array(tile_assignment)
        return _tiled(assigned.shape, assigned.ravel(), replicate_on_last_tile_dim=True)

    @classmethod
    def split(
        cls,
        tensor: Any,
        split_dimension: int,
        num_devices: int,
        input_shape: Sequence[int | None] | None = None,
    ) -> Sharding:
        """One dimension of the tensor split over that many devices.

        Raises:
            ValueError: if the dimension is too small for that.
        """
        shape = list(input_shape or tensor.shape.as_list())
        size = shape[split_dimension]
        if size is not None and size < num_devices:
            raise ValueError(
                "Split dimension was smaller than the required number of splits: "
                f"shape={shape}, dimension={split_dimension}, num_devices={num_devices}"
            )
        counts = [1] * len(shape)
        counts[split_dimension] = num_devices
        return _tiled(counts, range(num_devices))

    def apply_to_tensor(
        self,
        tensor: Any,
        assign_tuple_sharding: bool = False,
        use_sharding_op: bool = False,
        unspecified_dims: Sequence[int] | None = None,
        sharding_v2_proto: Any = None,
    ) -> Any:
        """Mark the node that makes a tensor, or with `use_sharding_op` one behind it.

        Args:
            tensor: the tensor.
            assign_tuple_sharding: whether the mark is for a tuple of one element.
            use_sharding_op: whether to add a node.
            unspecified_dims: dimensions that XLA is free to split; for such a node only.
            sharding_v2_proto: the same in the form that Shardy wants.

        Returns:
            The tensor that is marked.
        """
        proto = self._proto
        if assign_tuple_sharding or (not use_sharding_op and len(tensor.op.outputs) > 1):
            outputs = 1 if use_sharding_op else len(tensor.op.outputs)
            parts = [xla_data.OpSharding(type="REPLICATED")] * outputs
            parts[0 if use_sharding_op else tensor.value_index] = proto
            proto = xla_data.OpSharding(type="TUPLE", tuple_shardings=parts)
        mark = proto.SerializeToString()
        if use_sharding_op:
            dims = list(unspecified_dims or [])
            tensor = raw.XlaSharding(tensor, sharding=mark, unspecified_dims=dims)
        _set(tensor.op, _MARK, mark)
        if sharding_v2_proto:
            _set(tensor.op, _SHARDY_MARK, sharding_v2_proto.SerializeToString())
        return tensor

    def apply_to_operation(self, operation: Any) -> None:
        """Mark a node."""
        _set(operation, _MARK, self._proto.SerializeToString())


def _set(node: Any, name: str, mark: bytes) -> None:
    from tidefall.proto import AttrValue

    node._set_attr(name, AttrValue(s=mark))


def _tiled(counts: Any, devices: Any, type: str = "OTHER", **more: Any) -> Sharding:
    message = xla_data.OpSharding(
        type=type,
        tile_assignment_dimensions=[int(n) for n in counts],
        tile_assignment_devices=[int(n) for n in devices],
        **more,
    )
    return Sharding(message)


def _array(assignment: Any) -> np.ndarray:
    if not isinstance(assignment, np.ndarray):
        raise TypeError("Tile assignment must be of type np.ndarray")
    return assignment


def replicate(
    tensor: Any, assign_tuple_sharding: bool = False, use_sharding_op: bool = False
) -> Any:
    """Mark a tensor: every device has all of it."""
    return Sharding.replicate().apply_to_tensor(tensor, assign_tuple_sharding, use_sharding_op)


def assign_device(
    tensor: Any, device: int, assign_tuple_sharding: bool = False, use_sharding_op: bool = False
) -> Any:
    """Mark a tensor: one device has it."""
    sharding = Sharding.assign_device(device)
    return sharding.apply_to_tensor(tensor, assign_tuple_sharding, use_sharding_op)


def tile(
    tensor: Any,
    tile_assignment: np.ndarray,
    assign_tuple_sharding: bool = False,
    use_sharding_op: bool = False,
    unspecified_dims: Sequence[int] | None = None,
) -> Any:
    """Mark a tensor: each device of the assignment has one part."""
    return Sharding.tile(tile_assignment).apply_to_tensor(
        tensor, assign_tuple_sharding, use_sharding_op, unspecified_dims
    )


def partial_tile(
    tensor: Any,
    tile_assignment: np.ndarray,
    use_sharding_op: bool = False,
    unspecified_dims: Sequence[int] | None = None,
) -> Any:
    """Mark a tensor: the devices along the last dimension of the assignment have the same part."""
    return Sharding.partial_tile(tile_assignment).apply_to_tensor(
        tensor, use_sharding_op=use_sharding_op, unspecified_dims=unspecified_dims
    )


def split(
    tensor: Any,
    split_dimension: int,
    num_devices: int,
    assign_tuple_sharding: bool = False,
    use_sharding_op: bool = False,
    input_shape: Sequence[int | None] | None = None,
) -> Any:
    """Mark a tensor: one dimension is split over that many devices."""
    sharding = Sharding.split(tensor, split_dimension, num_devices, input_shape)
    return sharding.apply_to_tensor(tensor, assign_tuple_sharding, use_sharding_op)


def get_op_sharding(op: Any) -> bytes | None:
    """The mark of a node: a serialized `OpSharding`, or None."""
    try:
        return op.get_attr(_MARK)
    except (ValueError, AttributeError):
        return None


def get_tensor_sharding(tensor: Any) -> bytes | None:
    """The mark of the node that makes a tensor, or None; None in eager code."""
    try:
        return get_op_sharding(tensor.op)
    except AttributeError:
        return None
