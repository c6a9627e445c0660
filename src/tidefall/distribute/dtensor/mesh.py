"""`tf.experimental.dtensor.Mesh`: devices in a grid whose dimensions have names."""

from __future__ import annotations

import itertools
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from tidefall.base.device_spec import DeviceSpec
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.proto import dtensor as messages
from tidefall.tensor.conversion import convert_to_tensor


class MeshDimension(NamedTuple):
    """A dimension of a mesh.

    Attributes:
        name: its name.
        size: how many devices lie along it.
    """

    name: str
    size: int


class _Content(NamedTuple):
    """What a mesh is made of; two meshes are equal if this is."""

    name: str
    dimensions: tuple[MeshDimension, ...]
    global_ids: tuple[int, ...]
    local_ids: tuple[int, ...]
    local_devices: tuple[str, ...]
    global_devices: tuple[str, ...]
    use_xla_spmd: bool
    single_device: str


@export("experimental.dtensor.Mesh")
class Mesh:
    """Devices in a grid with named dimensions.

    `tf.experimental.dtensor.create_mesh` makes one with less to say.

    Args:
        dim_names: names of the dimensions.
        global_device_ids: array of consecutive numbers, one for each device; its shape is the
            mesh's.
        local_device_ids: list of the numbers of the devices of this process.
        local_devices: list of those devices, names or `tf.DeviceSpec`.
        mesh_name: a name for it.
        global_devices: list of all devices, where there are several meshes.
        use_xla_spmd: for TPUs only.

    Raises:
        ValueError: for arguments that do not fit together.

    >>> import numpy as np
    >>> import tidefall as tf
    >>> mesh = tf.experimental.dtensor.Mesh(
    ...     ["x", "y"], np.arange(2).reshape(2, 1), [0, 1], ["CPU:0", "CPU:1"])
    >>> mesh.shape(), mesh.dim_size("x"), mesh.device_location(1)
    ([2, 1], 2, [1, 0])
    """

    def __init__(
        self,
        dim_names: Any,
        global_device_ids: np.ndarray,
        local_device_ids: list[int],
        local_devices: list[Any],
        mesh_name: str = "",
        global_devices: list[Any] | None = None,
        use_xla_spmd: bool = False,
    ):
        _check_ids(dim_names, global_device_ids)
        if not isinstance(local_device_ids, list):
            raise ValueError("Variable local_device_ids must be a list of integers.")
        if not isinstance(local_devices, list):
            raise ValueError("Variable local_devices must be a list of DeviceSpecs.")
        if global_devices and not isinstance(global_devices, list):
            raise ValueError("Variable global_devices must be a list of DeviceSpecs.")
        if not local_devices and not global_devices:
            raise ValueError("Empty list of devices not allowed.")
        _check_devices(local_devices, global_devices or [], use_xla_spmd)
        if len(local_device_ids) != len(local_devices):
            raise ValueError("Variable local_device_ids does not have same size as local_devices.")
        if len(local_device_ids) > global_device_ids.size:
            raise ValueError("Cannot have more local than gobal device IDs.")
        pairs = zip(dim_names, global_device_ids.shape, strict=True)
        self._content = _Content(
            mesh_name,
            tuple(MeshDimension(name, size) for name, size in pairs),
            tuple(global_device_ids.ravel().tolist()),
            tuple(local_device_ids),
            tuple(_name(d) for d in local_devices),
            tuple(_name(d) for d in global_devices or []),
            use_xla_spmd,
            "",
        )

    @classmethod
    def _of(cls, content: _Content) -> Mesh:
        mesh = cls.__new__(cls)
        mesh._content = content
        return mesh

    @classmethod
    def from_proto(cls, proto: Any) -> Mesh:
        """The mesh that a MeshProto describes."""
        return cls._of(
            _Content(
                proto.name,
                tuple(MeshDimension(d.name, d.size) for d in proto.mesh_dimensions),
                tuple(proto.global_device_ids),
                tuple(proto.local_device_ids),
                tuple(proto.local_devices),
                tuple(proto.global_devices),
                proto.use_xla_spmd,
                proto.single_device,
            )
        )

    @classmethod
    def from_string(cls, mesh_str: str) -> Mesh:
        """The mesh that `to_string` gave the text of.

        Raises:
            ValueError: for another text.
        """
        parts = mesh_str.split("|")
        if len(parts) == 1 and "/device:" in mesh_str:
            return cls.from_device(mesh_str)
        if len(parts) not in (5, 6, 7):
            raise ValueError(f"Input string is invalid: {mesh_str}")
        name, dimensions, global_ids, local_ids, local_devices = parts[:5]
        try:
            sizes = [d.split("=") for d in _items(dimensions)]
            content = _Content(
                name,
                tuple(MeshDimension(key, int(size)) for key, size in sizes),
                tuple(int(i) for i in _items(global_ids)),
                tuple(int(i) for i in _items(local_ids)),
                tuple(_items(local_devices)),
                tuple(_items(parts[5])) if len(parts) > 5 and parts[5] != _SPMD else (),
                parts[-1] == _SPMD,
                "",
            )
        except ValueError:
            raise ValueError(f"Input string is invalid: {mesh_str}") from None
        return cls._of(content)

    @classmethod
    def from_device(cls, device: str) -> Mesh:
        """A mesh of one device, without dimensions."""
        return cls._of(_Content("", (), (), (), (), (), False, device))

    # ---- what it is ----

    @property
    def name(self) -> str:
        return self._content.name

    @property
    def dim_names(self) -> list[str]:
        return [d.name for d in self._content.dimensions]

    @property
    def size(self) -> int:
        """How many devices it has."""
        return len(self._content.global_ids)

    @property
    def single_device(self) -> str:
        """The device of a mesh made by `from_device`, else an empty text."""
        return self._content.single_device

    @property
    def strides(self) -> list[int]:
        """How far apart the numbers of neighbours along each dimension are."""
        sizes = self.shape()
        return [int(np.prod(sizes[i + 1 :])) for i in range(len(sizes))]

    def shape(self) -> list[int]:
        """The sizes of the dimensions."""
        return [d.size for d in self._content.dimensions]

    def num_local_devices(self) -> int:
        """How many devices of this process it has."""
        return len(self._content.local_ids)

    def device_type(self) -> str:
        """The type of its devices, such as "CPU"."""
        first = self.single_device or (*self._content.local_devices, *self.global_devices())[0]
        return str(DeviceSpec.from_string(first).device_type)

    def local_device_ids(self) -> list[int]:
        """The numbers of the devices of this process."""
        return list(self._content.local_ids)

    def local_devices(self) -> list[str]:
        """The names of the devices of this process."""
        return list(self._content.local_devices)

    def global_devices(self) -> list[str]:
        """The names of all devices, if they were given."""
        return list(self._content.global_devices)

    def global_device_ids(self) -> np.ndarray:
        """The numbers of all devices, in the mesh's shape."""
        return np.array(self._content.global_ids, np.int64).reshape(self.shape())

    def min_global_device_id(self) -> int:
        """The smallest number of a device."""
        return min(self._content.global_ids)

    def use_xla_spmd(self) -> bool:
        """Whether XLA divides programs; for TPUs."""
        return self._content.use_xla_spmd

    def is_remote(self) -> bool:
        """Whether none of its devices is of this process."""
        return not self._content.local_ids and bool(self._content.global_ids)

    def is_single_device(self) -> bool:
        """Whether it was made by `from_device`."""
        return bool(self.single_device)

    def contains_dim(self, dim_name: str) -> bool:
        """Whether it has a dimension of that name."""
        return dim_name in self.dim_names

    def __contains__(self, dim_name: str) -> bool:
        return self.contains_dim(dim_name)

    def dim_size(self, dim_name: str) -> int:
        """How many devices lie along a dimension.

        Raises:
            ValueError: if there is no such dimension.
        """
        for dimension in self._content.dimensions:
            if dimension.name == dim_name:
                return dimension.size
        raise ValueError(
            f"Dimension {dim_name} does not exist in mesh."
            f"Available dimensions: {','.join(self.dim_names)}"
        )

    def __getitem__(self, dim_name: str) -> MeshDimension:
        return MeshDimension(dim_name, self.dim_size(dim_name))

    # ---- where its devices are ----

    def device_location(self, device_id: int) -> list[int]:
        """The place of a device: its index along each dimension.

        Raises:
            ValueError: if there is no such device.
        """
        offset = device_id - self.min_global_device_id()
        if not 0 <= offset < self.size:
            raise ValueError(f"Device {device_id} is not in mesh {self.to_string()}.")
        return [int(i) for i in np.unravel_index(offset, self.shape())]

    def coords(self, device_idx: Any) -> Any:
        """The place of the device with an index, as a tensor."""
        return (device_idx // convert_to_tensor(self.strides)) % convert_to_tensor(self.shape())

    def unravel_index(self) -> dict[int, dict[str, int]]:
        """The place of each device by its number: index by name of dimension."""
        places = itertools.product(*[range(size) for size in self.shape()])
        return {i: dict(zip(self.dim_names, at, strict=True)) for i, at in enumerate(places)}

    def local_device_locations(self) -> list[dict[str, int]]:
        """The places of the devices of this process."""
        places = self.unravel_index()
        return [places[i] for i in self._content.local_ids]

    def host_mesh(self) -> Mesh:
        """The same grid of CPUs."""
        if self.device_type().upper() == "CPU":
            return self
        content = self._content
        names = tuple(_on_cpu(d) for d in content.local_devices)
        everywhere = tuple(_on_cpu(d) for d in content.global_devices)
        return Mesh._of(content._replace(local_devices=names, global_devices=everywhere))

    @cached_property
    def jax_mesh(self) -> Any:
        """The mesh of jax's devices, a `jax.sharding.Mesh`.

        Raises:
            InvalidArgumentError: if this process does not have the devices.
            UnimplementedError: for devices of other processes, or one device several times.
        """
        from tidefall.runtime.xla.jax_bridge import jax_device, load_jax

        names = [self.single_device] if self.is_single_device() else self.local_devices()
        if len(names) != max(self.size, 1):
            raise UnimplementedError(
                None,
                None,
                f"Meshes over several processes are not implemented in Tidefall: "
                f"{self.to_string()} has {len(names)} devices of this process.",
            )
        if len(set(names)) != len(names):
            raise UnimplementedError(
                None, None, f"The mesh {self.to_string()} has one device several times."
            )
        devices = np.empty(len(names), object)
        devices[:] = [jax_device(name) for name in names]
        sharding = load_jax().sharding
        return sharding.Mesh(
            devices.reshape(self.shape()),
            tuple(self.dim_names),
            axis_types=(sharding.AxisType.Auto,) * len(self.dim_names),
        )

    # ---- as text and message ----

    def to_string(self) -> str:
        """The mesh as text, for `from_string`."""
        content = self._content
        if content.single_device:
            return content.single_device
        parts = [
            content.name,
            ",".join(f"{d.name}={d.size}" for d in content.dimensions),
            ",".join(map(str, content.global_ids)),
            ",".join(map(str, content.local_ids)),
            ",".join(content.local_devices),
        ]
        if content.global_devices:
            parts.append(",".join(content.global_devices))
        if content.use_xla_spmd:
            parts.append(_SPMD)
        return "|".join(parts)

    def as_proto(self) -> Any:
        """The mesh as a MeshProto."""
        content = self._content
        return messages.MeshProto(
            name=content.name,
            mesh_dimensions=[
                messages.MeshDimensionProto(name=d.name, size=d.size) for d in content.dimensions
            ],
            global_device_ids=content.global_ids,
            local_device_ids=content.local_ids,
            local_devices=content.local_devices,
            global_devices=content.global_devices,
            use_xla_spmd=content.use_xla_spmd,
            single_device=content.single_device,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mesh) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)

    def __repr__(self) -> str:
        return f"Mesh.from_string({self.to_string()})"

    def __reduce__(self) -> Any:
        return Mesh.from_string, (self.to_string(),)


_SPMD = "use_xla_spmd"


def _items(text: str) -> list[str]:
    return text.split(",") if text else []


def _name(device: Any) -> str:
    return device.to_string() if isinstance(device, DeviceSpec) else device


def _on_cpu(device: str) -> str:
    return DeviceSpec.from_string(device).replace(device_type="CPU").to_string()


def _check_ids(dim_names: Any, global_device_ids: Any) -> None:
    if not isinstance(global_device_ids, np.ndarray):
        raise ValueError("Variable global_device_ids must be an ndarray.")
    if global_device_ids.size == 0:
        raise ValueError("Variable global_device_ids must be non-empty.")
    if np.any(np.diff(global_device_ids.ravel()) != 1):
        raise ValueError(f"global_device_ids must sequentially increase: {global_device_ids}")
    if len(dim_names) != global_device_ids.ndim:
        raise ValueError("Number of mesh dimensions does not match number of dimension names.")


def _check_devices(local_devices: list[Any], global_devices: list[Any], use_xla_spmd: bool) -> None:
    specs = [DeviceSpec.from_string(_name(d)) for d in local_devices]
    several = len(set(specs)) > 1 or any(s.device_type != "CPU" for s in specs)
    if several and len(set(specs)) != len(specs):
        twice = [d for d in local_devices if local_devices.count(d) > 1]
        raise ValueError(f"Duplicate devices found in mesh specification {twice}.")
    types = {s.device_type for s in specs}
    if not types:
        types = {DeviceSpec.from_string(_name(d)).device_type for d in global_devices}
    if None in types:
        raise ValueError("device_type is required")
    if len(types) > 1:
        raise ValueError(f"Devices containing multiple device_types : {types}")
    kind = types.pop()
    if use_xla_spmd and kind != "TPU":
        raise ValueError(f"XLA SPMD is not currently not supported for {kind} mesh.")
