"""DTensors: eager tensors whose arrays lie on the devices of a mesh, and how they get there."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.errors import UnimplementedError, UnknownError
from tidefall.distribute.dtensor.layout import MATCH, UNSHARDED, Layout
from tidefall.distribute.dtensor.mesh import Mesh
from tidefall.runtime.xla.jax_bridge import load_jax
from tidefall.tensor.tensor import EagerTensor, MeshTensor

_EDGE = 3
"""Elements shown at each end of a dimension that is too long to show."""


class DTensor(MeshTensor):
    """A tensor that lies on a mesh: a jax array, or for strings a NumPy array.

    Attributes:
        layout: how it is divided.
    """

    __slots__ = ("layout",)

    def __init__(self, value: Any, layout: Layout, mesh_device: Any):
        super().__init__(value, mesh_device)
        self.layout = layout

    def host_array(self) -> Any:
        """The value, if each device has it whole or the mesh copies implicitly.

        Raises:
            UnimplementedError: if it is divided.
        """
        if not self.layout.is_fully_replicated() and not self.mesh_device.implicit_copies:
            raise UnimplementedError(
                None,
                None,
                "Trying to copy a non-single-device and non-replicated DTensor is not supported. "
                f"Input tensor is: DTensor({self.summary()})",
            )
        return np.asarray(self.storage)

    def summary(self) -> str:
        """The value on each device, or once if it is the same on all, and the layout."""
        if self.layout.is_fully_replicated():
            text = _text(np.asarray(self.storage))
        else:
            parts = [
                f'"{device.rpartition("device:")[2]}": {_text(np.asarray(part))}'
                for device, part in zip(
                    self.layout.mesh.local_devices(), parts_of(self), strict=True
                )
            ]
            text = "{" + ", ".join(parts) + "}"
        return f'{text}, layout="{self.layout.to_string()}"'

    def __str__(self) -> str:
        return f"tf.Tensor({self.summary()}, shape={self.shape}, dtype={self.dtype.name})"

    def __repr__(self) -> str:
        head = f"<tf.Tensor: shape={self.shape}, dtype={self.dtype.name}"
        return f"{head}, value={self.summary()}>"

    def __reduce__(self) -> Any:
        return EagerTensor(self.host_array()).__reduce__()


def _text(value: np.ndarray) -> str:
    """An array as DTensors show it: numbers as short as C prints them, long dimensions cut."""
    if value.ndim == 0:
        item = value.item()
        if isinstance(item, (bytes, str)):
            return '"' + (item.decode(errors="replace") if isinstance(item, bytes) else item) + '"'
        return f"{item:g}" if isinstance(item, float) else str(item)
    rows = [_text(np.asarray(row)) for row in value[:_EDGE]]
    if len(value) > 2 * _EDGE:
        rows += ["...", *[_text(np.asarray(row)) for row in value[-_EDGE:]]]
    else:
        rows += [_text(np.asarray(row)) for row in value[_EDGE:]]
    between = " " if value.ndim == 1 else "\n" * (value.ndim - 1) + " "
    return "[" + between.join(rows) + "]"


def spec_of(layout: Layout) -> tuple[str | None, ...]:
    """A layout in jax's terms: the axis of the mesh for each dimension, or None."""
    return tuple(None if s == UNSHARDED else s for s in layout.sharding_specs)


def sharding_of(layout: Layout) -> Any:
    """A layout as a `jax.sharding.NamedSharding`."""
    sharding = load_jax().sharding
    return sharding.NamedSharding(layout.mesh.jax_mesh, sharding.PartitionSpec(*spec_of(layout)))


def check_fits(layout: Layout, shape: tuple[int, ...]) -> None:
    """Raise UnknownError, as TensorFlow does, unless a tensor of that shape can be divided so."""
    if layout.is_single_device():
        return
    if layout.rank != len(shape):
        raise UnknownError(
            None,
            None,
            "'tf.DTensorLayout' op requires matching rank for layout and input, but got "
            f"{layout.rank} as suggested rank from layout but {len(shape)} from shape.",
        )
    for i, size in enumerate(shape):
        parts = layout.num_shards(i)
        if size % parts:
            raise UnknownError(
                None,
                None,
                f"'tf.DTensorLayout' op requires dimension {i} to be divisible by sharding "
                f"specified in DTensorLayout, but got dimension size={size} is not divisible by "
                f"number of shards in layout for this dimension={parts}.",
            )


def put(array: Any, layout: Layout) -> Any:
    """The array on the devices of a layout's mesh, divided as it says; strings stay as they are."""
    check_fits(layout, tuple(array.shape))
    if array.dtype.kind in "OSU":
        return array
    jax = load_jax()
    with jax.enable_x64(True):
        return jax.device_put(array, sharding_of(layout), may_alias=False)


def layout_of(array: Any, mesh: Mesh) -> Layout | None:
    """The layout of an array that a program on a mesh gave; None if there is none for it."""
    spec = getattr(array.sharding, "spec", None)
    if spec is None or array.sharding.device_set != set(mesh.jax_mesh.devices.flat):
        return None
    names: list[str] = []
    for axis in (*spec, *[None] * (array.ndim - len(spec))):
        if isinstance(axis, tuple):
            if len(axis) > 1:
                return None
            axis = axis[0] if axis else None
        names.append(UNSHARDED if axis is None else axis)
    return Layout(names, mesh)


def matched(layout: Layout, given: Layout | None) -> Layout:
    """A layout with each `MATCH` made what the tensor has there."""
    if MATCH not in layout.sharding_specs:
        return layout
    now = [UNSHARDED] * layout.rank if given is None else given.sharding_specs
    pairs = zip(layout.sharding_specs, now, strict=True)
    return Layout([old if new == MATCH else new for new, old in pairs], layout.mesh)


def parts_of(tensor: DTensor) -> list[Any]:
    """The arrays of a DTensor on the devices of this process, in their order."""
    mesh = tensor.layout.mesh
    if isinstance(tensor.storage, np.ndarray):
        return [tensor.storage] * max(mesh.num_local_devices(), 1)
    by_device = {shard.device: shard.data for shard in tensor.storage.addressable_shards}
    return [by_device[device] for device in mesh.jax_mesh.devices.flat]
