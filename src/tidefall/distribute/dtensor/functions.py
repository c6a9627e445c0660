"""`tf.experimental.dtensor`: putting tensors on a mesh, looking at them, and running there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tidefall.base import nest
from tidefall.base.devices import HOST
from tidefall.base.errors import InternalError, InvalidArgumentError, UnimplementedError
from tidefall.base.exports import export
from tidefall.base.state import refresh, state
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.composite.variables.variable import Variable
from tidefall.distribute.dtensor.engine import DEVICE, DTensorDevice, MeshStorage, device_of
from tidefall.distribute.dtensor.layout import Layout
from tidefall.distribute.dtensor.mesh import Mesh
from tidefall.distribute.dtensor.relayout import relayout
from tidefall.distribute.dtensor.values import DTensor, parts_of, sharding_of
from tidefall.runtime.xla.jax_bridge import load_jax
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.placement import device_for
from tidefall.tensor.tensor import EagerTensor, PlacedTensor, Tensor, is_tensor


class _Default(threading.local):
    """The mesh of the innermost `default_mesh` block of this thread, if it is in one."""

    mesh: Mesh | None = None


_default = _Default()


def _only_eagerly(name: str) -> None:
    if state.graph is not None:
        raise RuntimeError(f"`{name}` must be called eagerly.")


@export("experimental.dtensor.device_name")
def device_name() -> str:
    """The name of the device that DTensors say they are on.

    >>> import tidefall as tf
    >>> tf.experimental.dtensor.device_name()
    '/job:localhost/replica:0/task:0/device:CUSTOM:0'
    """
    return DEVICE


@export("experimental.dtensor.get_default_mesh")
def get_default_mesh() -> Mesh | None:
    """The mesh of the `default_mesh` block around the call, or None.

    >>> import tidefall as tf
    >>> tf.experimental.dtensor.get_default_mesh() is None
    True
    """
    return _default.mesh


@contextmanager
def _on_mesh(mesh: Mesh, layout: Layout | None) -> Generator[None]:
    if not isinstance(mesh, Mesh):
        raise ValueError(f"Expect `mesh` to be `Mesh`, got {type(mesh)}")
    device = device_of(mesh) if layout is None else DTensorDevice(mesh, layout)
    saved, saved_mesh = state.op_device, _default.mesh
    state.op_device, _default.mesh = device, mesh
    refresh()
    try:
        yield
    finally:
        state.op_device, _default.mesh = saved, saved_mesh
        refresh()


@export("experimental.dtensor.default_mesh")
def default_mesh(mesh: Mesh) -> Any:
    """Run the ops and functions in a block on a mesh, also those that take no DTensor.

    Args:
        mesh: the mesh.

    Raises:
        ValueError: for anything else.

    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> with dtensor.default_mesh(dtensor.create_mesh([("x", 1)], devices=["CPU:0"])):
    ...     x = tf.zeros([2, 2])
    >>> dtensor.is_dtensor(x)
    True
    """
    return _on_mesh(mesh, None)


@export("experimental.dtensor.run_on")
def run_on(mesh: Mesh) -> Any:
    """Old name of `default_mesh`.

    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> with dtensor.run_on(dtensor.create_mesh([("x", 1)], devices=["CPU:0"])):
    ...     x = tf.ones([2])
    """
    return _on_mesh(mesh, None)


@export("experimental.dtensor.call_with_layout")
def call_with_layout(
    fn: Callable[..., Any], layout: Layout | None, *args: Any, **kwargs: Any
) -> Any:
    """Call a function so that what it makes has a layout.

    Args:
        fn: the function, such as `tf.zeros`.
        layout: the layout of its result; None just calls the function.
        *args, **kwargs: what it is called with.

    Returns:
        What it returns.

    Raises:
        UnknownError: if the result cannot have that layout.

    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> layout = dtensor.Layout(["x"], dtensor.create_mesh([("x", 1)], devices=["CPU:0"]))
    >>> dtensor.fetch_layout(dtensor.call_with_layout(tf.ones, layout, [4])) == layout
    True
    """
    if layout is None:
        return fn(*args, **kwargs)
    if state.graph is not None:
        return relayout(fn(*args, **kwargs), layout)
    with _on_mesh(layout.mesh, layout):
        result = fn(*args, **kwargs)
    return nest.map_structure(
        lambda t: (
            relayout(t, layout)
            if isinstance(t, EagerTensor) and getattr(t, "layout", None) != layout
            else t
        ),
        result,
    )


# ---- looking at them ----


@export("experimental.dtensor.is_dtensor")
def is_dtensor(tensor: Any) -> bool:
    """Whether something is a DTensor, or a variable on a mesh.

    >>> import tidefall as tf
    >>> tf.experimental.dtensor.is_dtensor(tf.constant(1))
    False
    """
    _only_eagerly("is_dtensor")
    if not is_tensor(tensor):
        return False
    if isinstance(tensor, Variable):
        return isinstance(tensor.handle.storage, MeshStorage)
    return isinstance(tensor, DTensor)


@export("experimental.dtensor.fetch_layout")
def fetch_layout(tensor: Any) -> Layout | None:
    """The layout of a DTensor or a variable on a mesh.

    Args:
        tensor: the tensor; the layout of what is no tensor is None.

    Raises:
        InvalidArgumentError: for a plain tensor.
        RuntimeError: inside a function that is being traced.

    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> mesh = dtensor.create_mesh([("x", 1)], devices=["CPU:0"])
    >>> x = dtensor.copy_to_mesh([1.0], dtensor.Layout.replicated(mesh, rank=1))
    >>> dtensor.fetch_layout(x).is_fully_replicated()
    True
    """
    _only_eagerly("fetch_layout")
    if isinstance(tensor, Variable):
        tensor = tensor.read_value()
    if isinstance(tensor, DTensor):
        return tensor.layout
    if isinstance(tensor, Tensor):
        raise InvalidArgumentError(
            None, None, "FetchLayout expects a tensor placed on the layout device."
        )
    return None


@export("experimental.dtensor.check_layout")
def check_layout(tensor: Any, layout: Layout) -> None:
    """Raise ValueError unless a DTensor has a layout.

    Args:
        tensor: the DTensor.
        layout: the layout.

    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> layout = dtensor.Layout(["x"], dtensor.create_mesh([("x", 1)], devices=["CPU:0"]))
    >>> dtensor.check_layout(dtensor.copy_to_mesh([1.0], layout), layout)
    """
    found = fetch_layout(tensor)
    if found != layout:
        raise ValueError(f"Layout of tensor: {found}, did not match expected layout: {layout}")


# ---- to a mesh and back ----


@export("experimental.dtensor.copy_to_mesh")
def copy_to_mesh(tensor: Any, layout: Layout, source_layout: Layout | None = None) -> Any:
    """Put a plain tensor on a mesh; see `relayout`.

    Args:
        tensor: a tensor or a value to convert.
        layout: how it is to be divided.
        source_layout: accepted for TensorFlow's sake.

    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> mesh = dtensor.create_mesh([("x", 1)], devices=["CPU:0"])
    >>> x = dtensor.copy_to_mesh([1.0, 2.0], dtensor.Layout(["x"], mesh))
    >>> (x + 1.0).numpy()
    array([2., 3.], dtype=float32)
    """
    return relayout(tensor, layout)


@export("experimental.dtensor.pack")
def pack(tensors: Sequence[Any], layout: Layout) -> Any:
    """Make a DTensor of what is to lie on each device.

    Args:
        tensors: one tensor for each device of the mesh, all of one shape and dtype.
        layout: how they make up the whole. Devices that have the same part are to be given the same
            value.

    Returns:
        The DTensor.

    Raises:
        RuntimeError: inside a function that is being traced.
        InvalidArgumentError: for another number of tensors, another rank, or DTensors.
        UnimplementedError: for different shapes, or sparse tensors.
        InternalError: for different dtypes.

    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> mesh = dtensor.create_mesh([("x", 1)], devices=["CPU:0"])
    >>> dtensor.pack([[1.0, 2.0]], dtensor.Layout(["x"], mesh)).numpy()
    array([1., 2.], dtype=float32)
    """
    _only_eagerly("pack")
    mesh = layout.mesh
    if any(isinstance(t, SparseTensor) for t in tensors):
        raise UnimplementedError(
            None, None, "Packing sparse tensors is not implemented in Tidefall."
        )
    if len(tensors) != mesh.num_local_devices():
        raise InvalidArgumentError(
            None,
            None,
            f"The dtensor device {DEVICE} expected {mesh.num_local_devices()} inputs to "
            f"DTensorPack, but got {len(tensors)}",
        )
    parts = [convert_to_tensor(t) for t in tensors]
    if any(isinstance(t, DTensor) for t in parts):
        raise InvalidArgumentError(
            None, None, "Does not support packing a Tensor that is already on dtensor device"
        )
    first = parts[0]
    if any(t.shape != first.shape for t in parts):
        raise UnimplementedError(
            None, None, "Components of a PackedTensor must currently all have the same shape"
        )
    if any(t.dtype != first.dtype for t in parts):
        raise InternalError(None, None, "Components of a PackedTensor must all have the same dtype")
    if first.shape.rank != layout.rank:
        raise InvalidArgumentError(
            None,
            None,
            "Packed layout should have the same rank as the rank for each component. The rank of "
            f"each component is: {first.shape.rank}, while layout has rank: {layout.rank}\n"
            f"Layout: {layout.to_string()}",
        )
    return DTensor(_joined(parts, layout), layout, device_of(mesh))


def _joined(parts: Sequence[Any], layout: Layout) -> Any:
    arrays = [t.storage for t in parts]
    if arrays[0].dtype.kind in "OSU":
        return arrays[0]
    jax = load_jax()
    devices = layout.mesh.jax_mesh.devices.flat
    shape = layout.global_shape_from_local_shape(arrays[0].shape)
    with jax.enable_x64(True):
        placed = [jax.device_put(a, d) for a, d in zip(arrays, devices, strict=True)]
        return jax.make_array_from_single_device_arrays(shape, sharding_of(layout), placed)


@export("experimental.dtensor.unpack")
def unpack(tensor: Any) -> list[Any]:
    """What lies on each device of a DTensor.

    Args:
        tensor: the DTensor.

    Returns:
        A plain tensor for each device of this process.

    Raises:
        RuntimeError: inside a function that is being traced.
        InvalidArgumentError: for a plain tensor.
        TypeError: for what is no tensor.

    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> mesh = dtensor.create_mesh([("x", 1)], devices=["CPU:0"])
    >>> x = dtensor.copy_to_mesh([1.0, 2.0], dtensor.Layout(["x"], mesh))
    >>> [part.numpy().tolist() for part in dtensor.unpack(x)]
    [[1.0, 2.0]]
    """
    _only_eagerly("unpack")
    if isinstance(tensor, Variable):
        tensor = tensor.read_value()
    if not isinstance(tensor, Tensor):
        raise TypeError(f"Expecting a Tensor, got {type(tensor)}")
    if not isinstance(tensor, DTensor):
        raise InvalidArgumentError(
            None,
            None,
            f"DTensorUnpack expects a tensor placed on the DTensor device: {DEVICE}, but input was "
            f"placed on device: {tensor.device}",
        )
    mesh = tensor.layout.mesh
    names = mesh.local_devices() or [mesh.single_device]
    return [_on(name, part) for name, part in zip(names, parts_of(tensor), strict=True)]


def _on(name: str, part: Any) -> EagerTensor:
    """A plain tensor with a device's part, on that device."""
    full = name if name.startswith("/job:") else f"{HOST}/device:{name}"
    device = device_for(full)
    if device is None or not device.accelerated:
        value = np.asarray(part)
        return EagerTensor(value) if device is None else PlacedTensor(value, full)
    return EagerTensor(part)
