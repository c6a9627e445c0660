"""Values of several replicas, one each, and nests of them.

What replicas return is regrouped into one nest of `PerReplica` values; what a replica is given is
selected from such a nest. A value that is the same object on all replicas stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tidefall.base import nest
from tidefall.base.composite import CompositeTensor
from tidefall.base.exports import export
from tidefall.base.nest_paths import flatten_up_to
from tidefall.tensor import type_spec_registry
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import type_spec_from_value
from tidefall.tensor.type_spec import TypeSpec


@export("distribute.DistributedValues")
class DistributedValues:
    """Values of several replicas, one each.

    >>> import tidefall as tf
    >>> strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    >>> per_replica = strategy.experimental_distribute_values_from_function(
    ...     lambda context: context.replica_id_in_sync_group
    ... )
    >>> strategy.experimental_local_results(per_replica)
    (0,)
    """

    def __init__(self, values: Any):
        self._values = tuple(values)

    @property
    def values(self) -> tuple[Any, ...]:
        """The value of each replica of this worker."""
        return self._values

    def of_replica(self, index: int) -> Any:
        """The value that one replica sees."""
        return self._values[index]

    def __repr__(self) -> str:
        return self._listed(repr)

    def __str__(self) -> str:
        return self._listed(str)

    def _listed(self, text: Callable[[Any], str]) -> str:
        lines = ",\n".join(f"  {i}: {text(value)}" for i, value in enumerate(self.values))
        return f"{type(self).__name__}:{{\n{lines}\n}}"


@export("types.experimental.distributed.PerReplica")
class PerReplica(DistributedValues, CompositeTensor):
    """Values of several replicas that may differ.

    >>> import tidefall as tf
    >>> tf.types.experimental.distributed.PerReplica([1, 2]).values
    (1, 2)
    """

    @property
    def _type_spec(self) -> PerReplicaSpec:
        return PerReplicaSpec(*[type_spec_from_value(value) for value in self._values])

    def _shape_invariant_to_type_spec(self, shape: Any) -> PerReplicaSpec:
        return self._type_spec


@export("types.experimental.distributed.Mirrored")
class Mirrored(DistributedValues):
    """Values of several replicas that are kept the same.

    >>> import tidefall as tf
    >>> tf.types.experimental.distributed.Mirrored([1, 1]).values
    (1, 1)
    """

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        return convert_to_tensor(self._values[0], dtype, name=name)


@type_spec_registry.register("tf.PerReplicaSpec")
class PerReplicaSpec(TypeSpec):
    """The type of a `PerReplica`: that of the value of each replica.

    Args:
        *value_specs: type specs, or nests of them.
    """

    __slots__ = ("_value_specs",)

    def __init__(self, *value_specs: Any):
        self._value_specs = tuple(value_specs)

    @property
    def value_type(self) -> type[PerReplica]:
        return PerReplica

    def _serialize(self) -> tuple[Any, ...]:
        return self._value_specs

    @property
    def _component_specs(self) -> tuple[Any, ...]:
        return self._value_specs

    def _to_components(self, value: Any) -> tuple[Any, ...]:
        return value.values

    def _from_components(self, components: Any) -> PerReplica:
        return PerReplica(components)

    # Datasets carry each value as its own spec says, a ragged tensor as one variant, say.

    @property
    def _specs(self) -> list[TypeSpec]:
        return nest.flatten(self._value_specs)

    @property
    def _flat_tensor_specs(self) -> list[Any]:
        return [flat for spec in self._specs for flat in spec._flat_tensor_specs]

    def _to_tensor_list(self, value: Any) -> list[Any]:
        pairs = zip(self._specs, flatten_up_to(self._value_specs, value.values), strict=True)
        return [tensor for spec, own in pairs for tensor in spec._to_tensor_list(own)]

    def _from_compatible_tensor_list(self, tensor_list: Sequence[Any]) -> PerReplica:
        values, start = [], 0
        for spec in self._specs:
            end = start + len(spec._flat_tensor_specs)
            values.append(spec._from_compatible_tensor_list(tensor_list[start:end]))
            start = end
        return PerReplica(nest.pack_sequence_as(self._value_specs, values))


def is_per_replica(value: Any) -> bool:
    """Whether a value is one of several, and not a variable, which finds its own replica."""
    return isinstance(value, DistributedValues) and not getattr(value, "_is_variable", False)


def value_container(value: Any) -> Any:
    """The distributed variable that a variable of one replica belongs to; else the value."""
    container = getattr(value, "_distributed_container", None)
    found = None if container is None else container()
    return value if found is None else found


def select_replica(index: int, structure: Any) -> Any:
    """The values that the replica with this index sees in a nest."""
    return nest.map_structure(
        lambda value: value.of_replica(index) if is_per_replica(value) else value, structure
    )


def regroup(
    values: Sequence[Any],
    wrap: Callable[[tuple[Any, ...]], Any] = PerReplica,
    always_wrap: bool = False,
) -> Any:
    """One nest for the nests that the replicas gave, with a value for all where they are one.

    Args:
        values: one nest for each replica, alike but for their leaves.
        wrap: makes what stands for the leaves in one place.
        always_wrap: also where all replicas gave the same object.

    Raises:
        ValueError: if the nests are not alike.
    """
    first = values[0]
    if isinstance(first, (list, tuple)):
        _check_alike(values, [len(v) if isinstance(v, (list, tuple)) else None for v in values])
        items = [regroup(item, wrap, always_wrap) for item in zip(*values, strict=True)]
        if isinstance(first, list):
            return items
        return type(first)(*items) if hasattr(first, "_fields") else tuple(items)
    if isinstance(first, Mapping):
        _check_alike(values, [set(v) if isinstance(v, Mapping) else None for v in values])
        pairs = {key: regroup([v[key] for v in values], wrap, always_wrap) for key in first}
        make: Any = type(first)
        return make(pairs)
    container = value_container(first)
    if container is not first:
        return container
    if all(value is first for value in values) and (
        not always_wrap or getattr(first, "_is_variable", False)
    ):
        return first
    return wrap(tuple(values))


def _check_alike(values: Sequence[Any], shapes: Sequence[Any]) -> None:
    for i, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise ValueError(
                "The replicas gave nests of different structures: replica 0 gave "
                f"{values[0]!r} and replica {i} gave {values[i]!r}."
            )
