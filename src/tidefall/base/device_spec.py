"""`tf.DeviceSpec`: names of devices, such as "/job:worker/task:1/device:GPU:0"."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tidefall.base.exports import export

_FIELDS = ("job", "replica", "task", "device_type", "device_index")
_SHORT_TYPES = frozenset({"CPU", "GPU", "TPU", "EPU", "CUSTOM"})
"""The device types that stand without "device:" in front, in capitals or not."""


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def _type(value: Any) -> Any:
    """Two device types are written in capitals, others stay as they come."""
    return value.upper() if value in ("cpu", "gpu") else value


@export("DeviceSpec")
class DeviceSpec:
    """A device, perhaps only partly named. It never changes.

    Args:
        job: name of the job, or None.
        replica, task: numbers, or None.
        device_type: "CPU", "GPU", "TPU" or another, or None.
        device_index: number of the device, or None for any.

    Raises:
        ValueError: if a number is none.

    >>> import tidefall as tf
    >>> tf.DeviceSpec.from_string("/job:worker/cpu:0").to_string()
    '/job:worker/device:CPU:0'
    """

    __slots__ = ("_device_index", "_device_type", "_job", "_replica", "_task")

    def __init__(
        self,
        job: str | None = None,
        replica: int | None = None,
        task: int | None = None,
        device_type: str | None = None,
        device_index: int | None = None,
    ):
        self._job = None if job is None else str(job)
        self._replica = _number(replica)
        self._task = _number(task)
        self._device_type = _type(device_type)
        self._device_index = _number(device_index)

    @property
    def job(self) -> str | None:
        return self._job

    @property
    def replica(self) -> int | None:
        return self._replica

    @property
    def task(self) -> int | None:
        return self._task

    @property
    def device_type(self) -> str | None:
        return self._device_type

    @property
    def device_index(self) -> int | None:
        return self._device_index

    @classmethod
    def from_string(cls, spec: str) -> Any:
        """The device a name stands for.

        Raises:
            ValueError: for a part that is not understood.
        """
        return cls(**_parse(spec))

    def parse_from_string(self, spec: str) -> Any:
        """The device a name stands for; nothing of this one is kept.

        Raises:
            ValueError: for a part that is not understood.
        """
        return self.from_string(spec)

    def to_string(self) -> str:
        """The name, in full form: "/job:worker/task:1/device:GPU:0"."""
        parts = [
            f"/{field}:{value}"
            for field, value in (("job", self.job), ("replica", self.replica), ("task", self.task))
            if value is not None
        ]
        if self.device_type is not None:
            index = "*" if self.device_index is None else self.device_index
            parts.append(f"/device:{self.device_type}:{index}")
        return "".join(parts)

    def replace(self, **kwargs: Any) -> Any:
        """A copy with some of the fields changed."""
        return type(self)(**{**{field: getattr(self, field) for field in _FIELDS}, **kwargs})

    def make_merged_spec(self, dev: DeviceSpec) -> Any:
        """A copy with the fields that `dev` names taken from it."""
        return type(self)(**_merged_fields(self, dev))

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, self.__class__) and self.to_string() == other.to_string()

    def __hash__(self) -> int:
        return hash(self.to_string())

    def __repr__(self) -> str:
        fields = ", ".join(f"{field}={getattr(self, field)}" for field in _FIELDS)
        return f"<DeviceSpec({fields})>"


@export("compat.v1.DeviceSpec")
class DeviceSpecV1(DeviceSpec):
    """A device, perhaps only partly named, whose fields can be set.

    Args:
        job: name of the job, or None.
        replica, task: numbers, or None.
        device_type: "CPU", "GPU", "TPU" or another, or None.
        device_index: number of the device, or None for any.

    >>> import tidefall as tf
    >>> spec = tf.compat.v1.DeviceSpec(job="ps")
    >>> spec.task = 1
    >>> spec.to_string()
    '/job:ps/task:1'
    """

    __slots__ = ()
    __hash__ = DeviceSpec.__hash__

    @DeviceSpec.job.setter
    def job(self, job: Any) -> None:
        self._job = None if job is None else str(job)

    @DeviceSpec.replica.setter
    def replica(self, replica: Any) -> None:
        self._replica = _number(replica)

    @DeviceSpec.task.setter
    def task(self, task: Any) -> None:
        self._task = _number(task)

    @DeviceSpec.device_type.setter
    def device_type(self, device_type: Any) -> None:
        self._device_type = _type(device_type)

    @DeviceSpec.device_index.setter
    def device_index(self, device_index: Any) -> None:
        self._device_index = _number(device_index)

    def parse_from_string(self, spec: str) -> DeviceSpecV1:
        """Take the fields of the name `spec`; returns this object.

        Raises:
            ValueError: for a part that is not understood.
        """
        self.__init__(**_parse(spec))
        return self

    def merge_from(self, dev: DeviceSpec) -> None:
        """Take the fields that `dev` names from it."""
        self.__init__(**_merged_fields(self, dev))


def _merged_fields(base: Any, over: Any) -> dict[str, Any]:
    named = {field: getattr(over, field) for field in _FIELDS}
    return {
        field: getattr(base, field) if value is None else value for field, value in named.items()
    }


def _parse(spec: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for part in spec.split("/"):
        pieces = part.split(":")
        key = pieces[0]
        if len(pieces) == 2 and key in ("job", "replica", "task"):
            fields[key] = pieces[1] if key == "job" else int(pieces[1])
            continue
        is_type = len(pieces) <= 2 and key.upper() in _SHORT_TYPES
        if is_type or (len(pieces) == 3 and key == "device"):
            if "device_type" in fields:
                raise ValueError(
                    f"Multiple device types are not allowed while parsing the device spec: {spec}."
                )
            fields["device_type"] = key.upper() if is_type else pieces[1]
            index = pieces[-1] if len(pieces) > 1 else "*"
            fields["device_index"] = None if index == "*" else int(index)
        elif part:
            raise ValueError(
                f"Unknown attribute '{key}' is encountered while parsing the device spec: '{spec}'."
            )
    return fields


@lru_cache(maxsize=256)
def merged_name(outer: str, name: str) -> str:
    """The name of a device inside a block for another: what `name` leaves open is from `outer`.

    Raises:
        ValueError: for a part that is not understood.
    """
    return DeviceSpec.from_string(outer).make_merged_spec(DeviceSpec.from_string(name)).to_string()
