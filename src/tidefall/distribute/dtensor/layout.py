"""`tf.experimental.dtensor.Layout`: how a tensor is divided over the devices of a mesh.

>>> import tidefall as tf
>>> tf.experimental.dtensor.UNSHARDED, tf.experimental.dtensor.MATCH
('unsharded', 'match')
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base.exports import export, export_value
from tidefall.distribute.dtensor.mesh import Mesh
from tidefall.proto import dtensor as messages

UNSHARDED = export_value("unsharded", "experimental.dtensor.UNSHARDED")
"""Stands for a dimension of a tensor that is whole on each device."""
MATCH = export_value("match", "experimental.dtensor.MATCH")
"""Stands, in the layout given to `relayout`, for a dimension that stays as it is."""


class LayoutType(enum.Enum):
    """What kind of layout one is."""

    STATIC = 1
    PARTED = 2
    SINGLE_DEVICE = 3


_PREFIXES = {LayoutType.STATIC: "sharding_specs:", LayoutType.PARTED: "parted:"}
_SINGLE = "maximal:true"


@export("experimental.dtensor.Layout")
class Layout:
    """How a tensor is divided over a mesh: for each of its dimensions a dimension of the mesh, or
    `UNSHARDED`.

    Args:
        sharding_specs: those names, one for each dimension of the tensor.
        mesh: the mesh.

    Raises:
        ValueError: for a name that is not in the mesh or comes twice.

    >>> import numpy as np
    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> mesh = dtensor.Mesh(["x"], np.arange(2), [0, 1], ["CPU:0", "CPU:1"])
    >>> layout = dtensor.Layout(["x", dtensor.UNSHARDED], mesh)
    >>> layout.local_shape_from_global_shape([8, 3]), layout.num_shards(0)
    ((4, 3), 2)
    """

    def __init__(self, sharding_specs: Sequence[str], mesh: Mesh):
        if not isinstance(mesh, Mesh):
            raise ValueError("mesh is not a valid Mesh object.")
        for spec in sharding_specs:
            if spec in (UNSHARDED, MATCH):
                continue
            if list(sharding_specs).count(spec) > 1:
                raise ValueError(
                    f"Mesh dimension {spec} was repeated in sharding specification "
                    f"{sharding_specs}. Mesh dimensions must be unique in a layout."
                )
            if spec not in mesh:
                raise ValueError(
                    f"{spec}: A dimension sharding must either be a valid mesh dimension or "
                    "UNSHARDED."
                )
        self._set(LayoutType.STATIC, sharding_specs, mesh)

    def _set(self, kind: LayoutType, specs: Sequence[str], mesh: Mesh) -> None:
        self._kind = kind
        self._specs = tuple(specs)
        self._mesh = mesh

    @classmethod
    def _of(cls, kind: LayoutType, specs: Sequence[str], mesh: Mesh) -> Layout:
        layout = cls.__new__(cls)
        layout._set(kind, specs, mesh)
        return layout

    # ---- making one ----

    @classmethod
    def replicated(cls, mesh: Mesh, rank: int) -> Layout:
        """The layout of a tensor that is whole on each device."""
        return cls([UNSHARDED] * rank, mesh)

    @classmethod
    def batch_sharded(cls, mesh: Mesh, batch_dim: str, rank: int, axis: int = 0) -> Layout:
        """The layout of a tensor that is divided along one dimension, by default the first.

        Raises:
            ValueError: if the tensor has no such axis, or the mesh no such dimension.
        """
        if not 0 <= axis < rank:
            raise ValueError(f"A tensor of rank {rank} has no axis {axis} to divide.")
        specs = [UNSHARDED] * rank
        specs[axis] = batch_dim
        return cls(specs, mesh)

    @classmethod
    def inner_sharded(cls, mesh: Mesh, inner_dim: str, rank: int) -> Layout:
        """The layout of a tensor that is divided along its last dimension."""
        return cls.batch_sharded(mesh, inner_dim, rank, axis=rank - 1)

    @classmethod
    def from_single_device_mesh(cls, mesh: Mesh) -> Layout:
        """The layout of a tensor on the device of a mesh made by `Mesh.from_device`.

        Raises:
            ValueError: for another mesh.
        """
        if not mesh.is_single_device():
            raise ValueError("type is single device, but mesh is not single device")
        return cls._of(LayoutType.SINGLE_DEVICE, (), mesh)

    @classmethod
    def from_device(cls, device: str) -> Layout:
        """The layout of a tensor on one device."""
        return cls.from_single_device_mesh(Mesh.from_device(device))

    @classmethod
    def from_proto(cls, layout_proto: Any) -> Layout:
        """The layout that a LayoutProto describes."""
        specs = [s.sharding_spec for s in layout_proto.sharding_specs]
        mesh = Mesh.from_proto(layout_proto.mesh_config)
        return cls._of(LayoutType(layout_proto.type), specs, mesh)

    @classmethod
    def from_string(cls, layout_str: str) -> Layout:
        """The layout that `to_string` gave the text of.

        Raises:
            ValueError: for another text.
        """
        head, found, mesh = layout_str.partition(" mesh:")
        if not found:
            raise ValueError(f"Expected 2 items but found 1{layout_str}")
        head = head.removesuffix(",")
        if head == _SINGLE:
            return cls.from_single_device_mesh(Mesh.from_string(mesh))
        for kind, prefix in _PREFIXES.items():
            if head.startswith(prefix):
                names = head.removeprefix(prefix)
                return cls._of(kind, names.split(",") if names else (), Mesh.from_string(mesh))
        raise ValueError(f"Unknown layout type in {layout_str}")

    # ---- what it is ----

    @property
    def mesh(self) -> Mesh:
        return self._mesh

    @property
    def type(self) -> LayoutType:
        return self._kind

    @property
    def rank(self) -> int:
        return len(self._specs)

    @property
    def shape(self) -> list[int]:
        """The shape of the mesh."""
        return self._mesh.shape()

    @property
    def sharding_specs(self) -> list[str]:
        return list(self._specs)

    def num_shards(self, idx: int) -> int:
        """In how many parts a dimension of the tensor is divided."""
        spec = self._specs[idx]
        return 1 if spec == UNSHARDED else self._mesh.dim_size(spec)

    def is_fully_replicated(self) -> bool:
        """Whether each device has the whole tensor."""
        return all(self.num_shards(i) == 1 for i in range(self.rank))

    def is_batch_parallel(self) -> bool:
        """Whether it divides the first dimension and no other."""
        divided = [i for i, s in enumerate(self._specs) if s != UNSHARDED]
        return divided == [0]

    def is_single_device(self) -> bool:
        """Whether it is that of a tensor on one device."""
        return self._kind is LayoutType.SINGLE_DEVICE

    def delete(self, dims: Any) -> Layout:
        """The layout without some dimensions of the tensor: a number or a list of them."""
        gone = dims if isinstance(dims, list) else [dims]
        return Layout([s for i, s in enumerate(self._specs) if i not in gone], self._mesh)

    def to_parted(self) -> Layout:
        """The same layout, marked as parted."""
        return Layout._of(LayoutType.PARTED, self._specs, self._mesh)

    # ---- shapes and places ----

    def local_shape_from_global_shape(self, global_shape: Any) -> tuple[int, ...]:
        """The shape of what one device has of a tensor of a shape.

        Raises:
            ValueError: if a dimension cannot be divided, or the rank is another.
        """
        sizes = self._sizes(global_shape)
        for i, size in enumerate(sizes):
            if size % self.num_shards(i):
                raise ValueError(
                    f"Dimension {i} of shape {sizes} is not divisible by the number of its shards, "
                    f"{self.num_shards(i)}, in layout {self.to_string()}."
                )
        return tuple(size // self.num_shards(i) for i, size in enumerate(sizes))

    def global_shape_from_local_shape(self, local_shape: Any) -> tuple[int, ...]:
        """The shape of a tensor of which one device has this much.

        Raises:
            ValueError: if the rank is another.
        """
        sizes = self._sizes(local_shape)
        return tuple(size * self.num_shards(i) for i, size in enumerate(sizes))

    def _sizes(self, shape: Any) -> list[int]:
        sizes = list(shape)
        if len(sizes) != self.rank:
            raise ValueError(f"Shape {sizes} has not the rank of layout {self.to_string()}.")
        return sizes

    def offset_to_shard(self) -> list[tuple[int, ...]]:
        """For each device which part of the tensor it has, by its place among the parts."""
        return [
            tuple(0 if s == UNSHARDED else place[s] for s in self._specs)
            for place in self._mesh.unravel_index().values()
        ]

    def offset_tuple_to_global_index(self, offset_tuple: Sequence[int]) -> int:
        """The number of a part, given its place among the parts."""
        parts = [self.num_shards(i) for i in range(self.rank)]
        return sum(int(np.prod(parts[i + 1 :])) * at for i, at in enumerate(offset_tuple))

    # ---- as text and message ----

    def to_string(self) -> str:
        """The layout as text, for `from_string`."""
        mesh = self._mesh.to_string()
        if self.is_single_device():
            return f"{_SINGLE}, mesh:{mesh}"
        comma = "," if self._specs else ""
        return f"{_PREFIXES[self._kind]}{','.join(self._specs)}{comma} mesh:{mesh}"

    def as_proto(self) -> Any:
        """The layout as a LayoutProto."""
        return messages.LayoutProto(
            type=self._kind.value,
            sharding_specs=[messages.ShardingSpec(sharding_spec=s) for s in self._specs],
            mesh_config=self._mesh.as_proto(),
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Layout):
            return NotImplemented
        mine = (self._kind, self._specs, self._mesh)
        return mine == (other._kind, other._specs, other._mesh)

    def __hash__(self) -> int:
        return hash((self._kind, self._specs, self._mesh))

    def __repr__(self) -> str:
        return f"Layout.from_string({self.to_string()})"

    def __reduce__(self) -> Any:
        return Layout.from_string, (self.to_string(),)
