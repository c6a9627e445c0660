"""Making meshes of the devices there are."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.device_spec import DeviceSpec
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.distribute.dtensor.accelerators import is_initialized
from tidefall.distribute.dtensor.clients import client_id, job_name, local_devices, num_clients
from tidefall.distribute.dtensor.engine import device_of
from tidefall.distribute.dtensor.layout import Layout
from tidefall.distribute.dtensor.mesh import Mesh
from tidefall.op import raw

_LocalDevices = list[Any] | None


def _specs(devices: _LocalDevices, device_type: str | None) -> tuple[list[DeviceSpec], str]:
    """The devices to use, and their type."""
    if devices is None:
        kind = device_type or "CPU"
        return local_devices(kind), kind
    specs = [DeviceSpec.from_string(d) if isinstance(d, str) else d for d in devices]
    kind = device_type or str(specs[0].device_type)
    if kind.upper() != str(specs[0].device_type).upper():
        raise ValueError(f"Conflicting devices {specs} and device_type {kind}")
    return specs, kind


@export("experimental.dtensor.create_mesh")
def create_mesh(
    mesh_dims: Any = None,
    mesh_name: str = "",
    devices: _LocalDevices = None,
    device_type: str | None = None,
    use_xla_spmd: bool = False,
) -> Mesh:
    """Make a mesh of devices of this process.

    Args:
        mesh_dims: the dimensions, a list of `(name, size)` or a dictionary; by default one, "x",
            with all devices. The size of a single one may be -1: all devices.
        mesh_name: a name for the mesh.
        devices: names of devices, such as "CPU:0", or `tf.DeviceSpec`; by default all.
        device_type: the type of devices to use, by default "CPU".
        use_xla_spmd: for TPUs only.

    Raises:
        ValueError: if the sizes do not make up the number of devices.

    >>> import tidefall as tf
    >>> mesh = tf.experimental.dtensor.create_mesh({"x": 1, "y": 1}, devices=["CPU:0"])
    >>> mesh.to_string()
    '|x=1,y=1|0|0|/job:localhost/replica:0/task:0/device:CPU:0'
    """
    specs, _ = _specs(devices, device_type)
    here = DeviceSpec(job=job_name(), replica=0, task=0)
    specs = [here.make_merged_spec(d) for d in specs]
    if mesh_dims is None:
        mesh_dims = [("x", len(specs))]
    dims = list(mesh_dims.items()) if isinstance(mesh_dims, dict) else list(mesh_dims)
    if len(dims) == 1 and dims[0][1] == -1:
        dims = [(dims[0][0], len(specs))]
    shape = [size for _, size in dims]
    if np.prod(shape) != len(specs):
        raise ValueError(
            f"length of devices ({len(specs)}) must be equal to total size of the mesh of shape "
            f"{shape}"
        )
    ids = np.arange(len(specs)).reshape(shape)
    names = [name for name, _ in dims]
    return Mesh(names, ids, ids.ravel().tolist(), specs, mesh_name, use_xla_spmd=use_xla_spmd)


@export("experimental.dtensor.create_distributed_mesh")
def create_distributed_mesh(
    mesh_dims: Any,
    mesh_name: str = "",
    local_devices: _LocalDevices = None,
    device_type: str | None = None,
    use_xla_spmd: bool = False,
) -> Mesh:
    """Make a mesh of the devices of all clients; in Tidefall there is one.

    Args:
        mesh_dims: the dimensions, a list of `(name, size)` or a dictionary.
        mesh_name: a name for the mesh.
        local_devices: names of devices of this client, or `tf.DeviceSpec`; by default all.
        device_type: the type of devices to use, by default "CPU".
        use_xla_spmd: for TPUs only.

    Raises:
        ValueError: before `initialize_accelerator_system`, or if the sizes do not make up the
            number of devices.

    >>> import tidefall as tf
    >>> tf.experimental.dtensor.create_distributed_mesh({"x": 1})
    Traceback (most recent call last):
    ValueError: Accelerators are uninitialized, please run dtensor.initialize_accelerator_system() \
first.
    """
    dims = list(mesh_dims.items()) if isinstance(mesh_dims, dict) else list(mesh_dims)
    names, shape = zip(*dims, strict=True)
    if not is_initialized():
        raise ValueError(
            "Accelerators are uninitialized, please run dtensor.initialize_accelerator_system() "
            "first."
        )
    if device_type and device_type.upper() == "TPU" and local_devices is not None:
        raise ValueError(
            "Do not specify devices for TPU meshes. Using a partial list of devices for TPU is "
            "not supported."
        )
    given = None if local_devices is None else list(local_devices)
    specs, kind = _specs(given, device_type)
    if kind.upper() not in ("CPU", "GPU"):
        raise ValueError(f"Device type {kind} is not CPU, GPU or TPU")
    here = DeviceSpec(job=job_name(), replica=0, task=client_id())
    specs = [here.make_merged_spec(d) for d in specs]
    count = len(specs) * num_clients()
    if np.prod(shape) != count:
        raise ValueError(
            f"Global number of devices ({len(specs)} per client * {num_clients()} clients = "
            f"{count}) must be equal to total size of the mesh of shape {shape}"
        )
    ids = np.arange(count).reshape(shape)
    first = len(specs) * client_id()
    mine = ids.ravel().tolist()[first : first + len(specs)]
    return Mesh(list(names), ids, mine, specs, mesh_name, use_xla_spmd=use_xla_spmd)


@export("experimental.dtensor.create_tpu_mesh")
def create_tpu_mesh(
    mesh_dim_names: list[str],
    mesh_shape: list[int],
    mesh_name: str,
    ring_dims: int | None = None,
    ring_axes: list[str] | None = None,
    ring_bounds: list[int] | None = None,
    can_split_host_across_rings: bool = True,
    build_ring_across_rings: bool = False,
    rotate_ring_across_rings: bool = False,
    use_xla_spmd: bool = False,
) -> Mesh:
    """Make a mesh of TPUs; not implemented.

    Raises:
        UnimplementedError: always.

    >>> import tidefall as tf
    >>> tf.experimental.dtensor.create_tpu_mesh(["x"], [8], "tpu")
    Traceback (most recent call last):
    tidefall.base.errors.UnimplementedError: DTensor on TPUs is not implemented in Tidefall.
    """
    raise UnimplementedError(None, None, "DTensor on TPUs is not implemented in Tidefall.")


@export("experimental.dtensor.barrier")
def barrier(mesh: Mesh, barrier_name: str | None = None, timeout_in_ms: int | None = None) -> None:
    """Wait until all devices of a mesh have done what they were given.

    Args:
        mesh: the mesh.
        barrier_name: a name for messages.
        timeout_in_ms: how long to wait for other clients, of which there are none in Tidefall.

    Raises:
        ValueError: if not all devices took part.

    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> dtensor.barrier(dtensor.create_mesh([("x", 1)], devices=["CPU:0"]))
    """
    layout = Layout(mesh.dim_names, mesh)
    ones = device_of(mesh).placed(np.ones(mesh.shape(), np.float32), layout)
    count = raw.Sum(ones, list(range(len(mesh.shape())))).numpy()
    if count != mesh.size:
        raise ValueError(
            f"Global barrier produced wrong mesh size : {count} while mesh has actual size : "
            f"{mesh.size}"
        )
