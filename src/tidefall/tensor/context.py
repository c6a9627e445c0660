"""The settings of the whole process: its devices and threads, and when they can still change.

Devices and threads are fixed once something needs them: by the first question about logical
devices, the first value or op on a named device, the first traced function or the start of XLA.
TensorFlow fixes them with the first eager tensor already; here NumPy computes that, which needs no
device.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base.devices import (
    LogicalDevice,
    LogicalDeviceConfiguration,
    PhysicalDevice,
    find_physical_devices,
)
from tidefall.base.errors import NotFoundError, UnimplementedError
from tidefall.base.type_guards import is_list


class Context:
    """The one `context` of a process.

    Attributes:
        inter_op_threads, intra_op_threads: as set, None if they were not.
        initialized: whether devices and threads are fixed.
    """

    def __init__(self) -> None:
        self.inter_op_threads: Any = None
        self.intra_op_threads: Any = None
        self.initialized = False
        self._physical: list[PhysicalDevice] | None = None
        self._visible: list[PhysicalDevice] | None = None
        self._configurations: dict[PhysicalDevice, Sequence[LogicalDeviceConfiguration]] = {}
        self._logical: list[LogicalDevice] | None = None
        self._growth: dict[PhysicalDevice, bool] = {}

    def initialize(self) -> None:
        """Fix devices and threads.

        Raises:
            NotFoundError: if the CPU was made invisible.
        """
        if self._logical is None:
            self._logical = self._make_logical()
        self.initialized = True

    # ---- devices ----

    def physical_devices(self) -> list[PhysicalDevice]:
        """The devices of this machine."""
        if self._physical is None:
            self._physical = find_physical_devices()
        return list(self._physical)

    def check_known(self, device: Any) -> None:
        """Raise ValueError unless `device` is one of this machine's."""
        if device not in self.physical_devices():
            raise ValueError(f"Unrecognized device: {device!r}")

    def visible_devices(self) -> list[PhysicalDevice]:
        """The devices that programs may use."""
        return self.physical_devices() if self._visible is None else list(self._visible)

    def set_visible_devices(self, devices: Any, device_type: str | None) -> None:
        """See `tf.config.set_visible_devices`."""
        chosen = devices if is_list(devices) else [devices]
        for device in chosen:
            self.check_known(device)
            if device_type is not None and device.device_type != device_type:
                raise ValueError(f"Unrecognized device: {device!r}")
        visible = list(chosen)
        if device_type is not None:
            others = [d for d in self.visible_devices() if d.device_type != device_type]
            visible = others + visible
        if visible == self.visible_devices():
            return
        if self.initialized:
            raise RuntimeError("Visible devices cannot be modified after being initialized")
        self._visible = visible

    def configuration(self, device: Any) -> Any:
        """The logical devices a physical one was split into, or None."""
        self.check_known(device)
        return self._configurations.get(device)

    def set_configuration(self, device: Any, configurations: Any) -> None:
        """See `tf.config.set_logical_device_configuration`."""
        self.check_known(device)
        if device.device_type == "CPU":
            _check_cpu_configurations(configurations)
        else:
            _check_accelerator_configurations(device, configurations)
        if self._configurations.get(device) == configurations:
            return
        if self.initialized:
            raise RuntimeError("Virtual devices cannot be modified after being initialized")
        self._configurations[device] = configurations

    def logical_devices(self) -> list[LogicalDevice]:
        """The devices that programs see; asking fixes them."""
        self.initialize()
        assert self._logical is not None
        return list(self._logical)

    def _make_logical(self) -> list[LogicalDevice]:
        counts: dict[str, int] = {}
        logical: list[LogicalDevice] = []
        for device in self.visible_devices():
            for _ in self._configurations.get(device) or (None,):
                number = counts[device.device_type] = counts.get(device.device_type, -1) + 1
                name = f"/device:{device.device_type}:{number}"
                logical.append(LogicalDevice(name, device.device_type))
        if "CPU" not in counts:
            raise NotFoundError(None, None, "No CPU devices are available in this process")
        return logical

    def count(self, device_type: str) -> int:
        """How many logical devices of a type there are."""
        return sum(d.device_type == device_type for d in self.logical_devices())

    def configured_count(self, device_type: str) -> int:
        """How many logical devices of a type there are, or will be; asking fixes nothing."""
        devices = [d for d in self.visible_devices() if d.device_type == device_type]
        return sum(len(self._configurations.get(d) or (None,)) for d in devices)

    def reset(self) -> None:
        """Let devices and threads be set up again. What was made before may be lost."""
        self.initialized = False
        self._logical = None
        self._configurations = {}

    # ---- memory growth ----

    def memory_growth(self, device: Any) -> bool:
        """See `tf.config.experimental.get_memory_growth`."""
        self.check_known(device)
        if device.device_type == "CPU":
            raise KeyError(device)
        return self._growth.get(device, False)

    def set_memory_growth(self, device: Any, enable: bool) -> None:
        """See `tf.config.experimental.set_memory_growth`."""
        self.check_known(device)
        if device.device_type == "CPU":
            raise ValueError("Cannot set memory growth on non-GPU and non-Pluggable devices")
        if self._growth.get(device) == enable:
            return
        if self.initialized:
            raise RuntimeError("Physical devices cannot be modified after being initialized")
        self._growth[device] = enable

    def grows(self) -> bool:
        """Whether some device is to take its memory bit by bit."""
        return any(self._growth.values())


def _check_cpu_configurations(configurations: Any) -> None:
    for one in configurations:
        if one.memory_limit is not None:
            raise ValueError(
                "Setting memory limit on CPU virtual devices is currently not supported"
            )
        for field in ("experimental_priority", "experimental_device_ordinal"):
            if getattr(one, field) is not None:
                raise ValueError(
                    f"Setting {field} on CPU virtual  devices is currently not supported"
                )


def _check_accelerator_configurations(device: PhysicalDevice, configurations: Any) -> None:
    if len(configurations) > 1 or any(value is not None for c in configurations for value in c):
        raise UnimplementedError(
            None,
            None,
            f"Splitting {device.name} and limiting its memory are not implemented in Tidefall.",
        )


context = Context()
