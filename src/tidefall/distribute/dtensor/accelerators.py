"""Starting and stopping the devices that meshes are made of."""

from __future__ import annotations

from tidefall.base.devices import LogicalDeviceConfiguration
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.distribute.dtensor.clients import jobs, num_local_devices, preferred_device_type
from tidefall.runtime.devices.config import restart_devices
from tidefall.tensor.context import context


class _System:
    """Which type of devices was started, None if none."""

    device_type: str | None = None


_system = _System()


def is_initialized() -> bool:
    """Whether the devices were started."""
    return _system.device_type is not None


@export(
    "experimental.dtensor.initialize_accelerator_system",
    "experimental.dtensor.initialize_tpu_system",
    "experimental.dtensor.initialize_multi_client",
)
def initialize_accelerator_system(
    device_type: str | None = None,
    enable_coordination_service: bool = True,
    num_logical_cpu_devices: int | None = None,
    experimental_reset_context: bool = False,
    experimental_enable_megcore: bool = False,
) -> str:
    """Start the devices for meshes, before anything else is computed.

    Args:
        device_type: "CPU", "GPU" or "TPU"; by default the best there is.
        enable_coordination_service: for several clients.
        num_logical_cpu_devices: in how many parts the CPU is divided; with accelerators at least as
            many as those.
        experimental_reset_context: start anew in a process that has computed something. Tensors
            made before are not to be used any more.
        experimental_enable_megcore: for TPUs.

    Returns:
        The type of device.

    Raises:
        ValueError: if that was done already, something was computed, or for an unknown type.
        UnimplementedError: for several clients (DTENSOR_JOBS), or TPUs.

    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> dtensor.initialize_accelerator_system("XPU", experimental_reset_context=True)
    Traceback (most recent call last):
    ValueError: Unknown device_type XPU. Allowed values are CPU, GPU, or TPU
    """
    if is_initialized():
        raise ValueError(
            "Accelerator system has already been initialized. "
            "Call tf.experimental.dtensor.shutdown_accelerator_system() first."
        )
    kind = (device_type or preferred_device_type()).upper()
    if kind not in ("CPU", "GPU", "TPU"):
        raise ValueError(f"Unknown device_type {kind}. Allowed values are CPU, GPU, or TPU")
    if context.initialized and not experimental_reset_context:
        raise ValueError(
            "TensorFlow has already been initialized. "
            "tf.experimental.dtensor.initialize_accelerator_system() must be called before "
            "TensorFlow is initialized."
        )
    if jobs():
        raise UnimplementedError(
            None,
            None,
            f"DTensor over several clients (DTENSOR_JOBS names {len(jobs())}) is not implemented "
            "in Tidefall.",
        )
    if kind == "TPU":
        raise UnimplementedError(None, None, "DTensor on TPUs is not implemented in Tidefall.")
    _restart()
    _divide_cpu(_cpus(kind, num_logical_cpu_devices))
    _system.device_type = kind
    return kind


def _cpus(kind: str, wanted: int | None) -> int | None:
    """In how many parts the CPU is to be divided; None leaves it."""
    if kind == "CPU":
        return wanted
    devices = num_local_devices(kind)
    if wanted is None:
        return max(num_local_devices("CPU"), devices)
    if wanted < devices:
        raise ValueError(
            f"If set, `num_logical_cpu_devices` (={wanted}) must be greater than or equal to the "
            f"number of local {kind} devices (={devices})"
        )
    return wanted


def _divide_cpu(count: int | None) -> None:
    if count is not None:
        cpu = next(d for d in context.physical_devices() if d.device_type == "CPU")
        context.set_configuration(cpu, [LogicalDeviceConfiguration()] * count)


def _restart() -> None:
    if context.initialized:
        restart_devices()


@export(
    "experimental.dtensor.shutdown_accelerator_system", "experimental.dtensor.shutdown_tpu_system"
)
def shutdown_accelerator_system() -> None:
    """Stop the devices; tensors made until now are not to be used any more.

    Raises:
        ValueError: if they were not started.

    >>> import tidefall as tf
    >>> tf.experimental.dtensor.shutdown_accelerator_system()
    Traceback (most recent call last):
    ValueError: Accelerator system is not initialized. Call \
tf.experimental.dtensor.initialize_accelerator_system first.
    """
    if not is_initialized():
        raise ValueError(
            "Accelerator system is not initialized. Call "
            "tf.experimental.dtensor.initialize_accelerator_system first."
        )
    _restart()
    _system.device_type = None
