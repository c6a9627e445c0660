"""The clients of a DTensor cluster, by the environment, and their devices.

Tidefall runs one client: with several in DTENSOR_JOBS the questions here are answered, and
`initialize_accelerator_system` says that it cannot join them.
"""

from __future__ import annotations

import os

from tidefall.base.device_spec import DeviceSpec
from tidefall.base.exports import export
from tidefall.tensor.context import context


@export("experimental.dtensor.jobs")
def jobs() -> list[str]:
    """The addresses of all clients, from DTENSOR_JOBS; none if there is only this process.

    Raises:
        ValueError: for names of Google's that are not in order.

    >>> import tidefall as tf
    >>> tf.experimental.dtensor.jobs()
    []
    """
    given = os.environ.get("DTENSOR_JOBS")
    if given is None:
        return []
    names = given.split(",")
    if any(name.startswith("/bns/") for name in names) and names != sorted(names, key=_task):
        raise ValueError(
            f"Unexpected DTENSOR_JOBS content {given}. Sort entries in DTENSOR_JOBS because "
            "cluster construction relies on the order."
        )
    return names


def _task(job: str) -> tuple[int, str]:
    number = job.rpartition("/")[2].partition(":")[0]
    return (int(number), "") if number.isdigit() else (0, job)


@export("experimental.dtensor.num_clients")
def num_clients() -> int:
    """How many clients there are.

    >>> import tidefall as tf
    >>> tf.experimental.dtensor.num_clients()
    1
    """
    return len(jobs()) or 1


@export("experimental.dtensor.client_id")
def client_id() -> int:
    """The number of this client, from DTENSOR_CLIENT_ID; 0 by default.

    Raises:
        ValueError: for a number that there is no client for.

    >>> import tidefall as tf
    >>> tf.experimental.dtensor.client_id()
    0
    """
    number = int(os.environ.get("DTENSOR_CLIENT_ID", "0"))
    if number < 0:
        raise ValueError(f"Environment variable DTENSOR_CLIENT_ID must be >= 0, got {number}. ")
    if number >= num_clients():
        raise ValueError(
            f"Environment variable DTENSOR_CLIENT_ID must be < {num_clients()}, got {number}"
        )
    return number


@export("experimental.dtensor.job_name")
def job_name() -> str:
    """The job that all clients are tasks of, from DTENSOR_JOB_NAME.

    >>> import tidefall as tf
    >>> tf.experimental.dtensor.job_name()
    'localhost'
    """
    default = "localhost" if num_clients() == 1 else "worker"
    return os.environ.get("DTENSOR_JOB_NAME", default)


@export("experimental.dtensor.full_job_name")
def full_job_name(task_id: int | None = None) -> str:
    """The name of a client in full.

    Args:
        task_id: its number; by default that of this one.

    Raises:
        ValueError: for another number where there is one client.

    >>> import tidefall as tf
    >>> tf.experimental.dtensor.full_job_name()
    'localhost/replica:0/task:0'
    """
    task = client_id() if task_id is None else task_id
    if num_clients() == 1 and task != 0:
        raise ValueError(f"Unexpected task ID {task} in local runs")
    return f"{job_name()}/replica:0/task:{task}"


@export("experimental.dtensor.heartbeat_enabled")
def heartbeat_enabled() -> bool:
    """Whether clients are to watch each other, from DTENSOR_ENABLE_HEARTBEAT.

    >>> import tidefall as tf
    >>> tf.experimental.dtensor.heartbeat_enabled()
    True
    """
    return os.environ.get("DTENSOR_ENABLE_HEARTBEAT", "true").lower() in ("true", "1")


# ---- devices ----


@export("experimental.dtensor.num_local_devices")
def num_local_devices(device_type: str) -> int:
    """How many devices of a type this client has.

    Args:
        device_type: "CPU", "GPU" or "TPU".

    >>> import tidefall as tf
    >>> tf.experimental.dtensor.num_local_devices("TPU")
    0
    """
    return context.configured_count(device_type.upper())


@export("experimental.dtensor.num_global_devices")
def num_global_devices(device_type: str) -> int:
    """How many devices of a type all clients have.

    Args:
        device_type: "CPU", "GPU" or "TPU".

    >>> import tidefall as tf
    >>> tf.experimental.dtensor.num_global_devices("TPU")
    0
    """
    return num_local_devices(device_type) * num_clients()


@export("experimental.dtensor.local_devices")
def local_devices(device_type: str, for_client_id: int | None = None) -> list[DeviceSpec]:
    """The devices of a client.

    Args:
        device_type: "CPU", "GPU" or "TPU".
        for_client_id: number of the client; by default this one.

    Raises:
        ValueError: for another type.

    >>> import tidefall as tf
    >>> tf.experimental.dtensor.local_devices("CPU")[0].to_string()
    '/job:localhost/replica:0/task:0/device:CPU:0'
    """
    if device_type.upper() not in ("CPU", "GPU", "TPU"):
        raise ValueError(f"Device type {device_type} is not CPU, GPU, or TPU.")
    task = client_id() if for_client_id is None else for_client_id
    return [
        DeviceSpec(job_name(), 0, task, device_type.upper(), i)
        for i in range(num_local_devices(device_type))
    ]


@export("experimental.dtensor.preferred_device_type")
def preferred_device_type() -> str:
    """The best type of device there is: "TPU", "GPU" or "CPU".

    >>> import tidefall as tf
    >>> tf.experimental.dtensor.preferred_device_type() in ("TPU", "GPU", "CPU")
    True
    """
    present = {d.device_type for d in context.physical_devices()}
    return next(kind for kind in ("TPU", "GPU", "CPU") if kind in present)
