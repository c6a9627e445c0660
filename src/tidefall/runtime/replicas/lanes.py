"""One array on each of several devices, as one array of all of them.

XLA runs a program on several devices at once if its arguments are arrays of all these devices.
Those here say of themselves that they are replicated, so that each device sees its own values
whole, whether or not they are the same: joining them, and taking them apart, copies nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base.replica_group import compiling_along
from tidefall.composite.variables.storage import StoredValue, VariableStorage
from tidefall.runtime.xla.jax_bridge import load_jax

AXIS = "replica"


class Lanes:
    """The devices of several replicas.

    Args:
        devices: jax devices, one for each replica.
    """

    def __init__(self, devices: Sequence[Any]):
        self._jax = load_jax()
        self._devices = list(devices)
        sharding = self._jax.sharding
        self._mesh = sharding.Mesh(self._devices, (AXIS,))
        self._whole = sharding.PartitionSpec()
        self._sharding = sharding.NamedSharding(self._mesh, self._whole)

    def join(self, values: Sequence[Any]) -> Any:
        """One array of all devices, of an array for each of them."""
        own = [self._on_device(v, d) for v, d in zip(values, self._devices, strict=True)]
        return self._jax.make_array_from_single_device_arrays(own[0].shape, self._sharding, own)

    def _on_device(self, value: Any, device: Any) -> Any:
        if isinstance(value, self._jax.Array) and value.devices() == {device}:
            return value
        # Programs write over values of variables, which no other array may share memory with.
        return self._jax.device_put(value, device, may_alias=False)

    def part(self, value: Any) -> list[Any]:
        """The array on each of the devices."""
        return [shard.data for shard in value.addressable_shards]

    def over_all(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """What one replica computes, as a function of arrays of all devices."""

        def replica(*args: Any) -> Any:
            with compiling_along(AXIS):
                return function(*args)

        return self._jax.shard_map(
            replica,
            mesh=self._mesh,
            in_specs=self._whole,
            out_specs=self._whole,
            check_vma=False,
        )


class LaneStorage:
    """The storages of a variable on several devices, as one to a compiled program."""

    def __init__(self, lanes: Lanes, storages: Sequence[VariableStorage]):
        self._lanes = lanes
        self._storages = tuple(storages)
        self._parts: list[Any] = []
        self._joined: Any = None

    @property
    def locks(self) -> tuple[Any, ...]:
        """Whoever changes the value holds these."""
        return tuple(storage.lock for storage in self._storages)

    def is_of(self, storages: Sequence[VariableStorage]) -> bool:
        """Whether these are the storages."""
        return all(a is b for a, b in zip(self._storages, storages, strict=True))

    @property
    def value(self) -> Any:
        """The value on all devices."""
        own = [s.value for s in self._storages]
        if self._joined is None or any(a is not b for a, b in zip(own, self._parts, strict=True)):
            read = [
                s.read() if v is None or type(v) is StoredValue else v
                for s, v in zip(self._storages, own, strict=True)
            ]
            self._keep(self._lanes.join(read))
        return self._joined

    @value.setter
    def value(self, value: Any) -> None:
        self._keep(value)

    def _keep(self, joined: Any) -> None:
        self._joined, self._parts = joined, self._lanes.part(joined)
        for storage, part in zip(self._storages, self._parts, strict=True):
            storage.value = part
