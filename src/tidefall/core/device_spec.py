"""`tf.DeviceSpec`: names of devices, such as "/job:worker/task:1/device:GPU:0"."""

from __future__ import annotations

import re
from typing import Any

from tidefall.core.exports import export

_FIELDS = ("job", "replica", "task", "device_type", "device_index")
_BARE = re.compile(r"(?i)(?:device:)?(cpu|gpu|tpu)(?::(\d+|\*))?")
_DEVICE = re.compile(r"(?i)device:([A-Za-z_][A-Za-z0-9_]*)(?::(\d+|\*))?")


@export("DeviceSpec")
class DeviceSpec:
    """A device, perhaps only partly named.

    Args:
        job: name of the job, or None.
        replica, task: numbers, or None.
        device_type: "CPU", "GPU", "TPU", or None.
        device_index: number of the device, or None for any.

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
        self._job = job
        self._replica = None if replica is None else int(replica)
        self._task = None if task is None else int(task)
        self._device_type = None if device_type is None else device_type.upper()
        self._device_index = None if device_index is None else int(device_index)

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
    def from_string(cls, spec: str) -> DeviceSpec:
        """The device a name stands for.

        Raises:
            ValueError: for a part that is not understood.
        """
        return cls(**_parse(spec))

    def parse_from_string(self, spec: str) -> DeviceSpec:
        """Same as `from_string`."""
        return self.from_string(spec)

    def to_string(self) -> str:
        """The name, in full form."""
        parts = [
            f"/{field}:{value}"
            for field, value in (("job", self.job), ("replica", self.replica), ("task", self.task))
            if value is not None
        ]
        if self.device_type is not None:
            index = "*" if self.device_index is None else self.device_index
            parts.append(f"/device:{self.device_type}:{index}")
        return "".join(parts)

    def replace(self, **kwargs: Any) -> DeviceSpec:
        """A copy with some of the fields changed."""
        return type(self)(**{**{field: getattr(self, field) for field in _FIELDS}, **kwargs})

    def make_merged_spec(self, dev: DeviceSpec) -> DeviceSpec:
        """A copy with the fields that `dev` names taken from it."""
        named = {f: getattr(dev, f) for f in _FIELDS if getattr(dev, f) is not None}
        return self.replace(**named)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, DeviceSpec) and self.to_string() == other.to_string()

    def __hash__(self) -> int:
        return hash(self.to_string())

    def __repr__(self) -> str:
        return f"<DeviceSpec {self.to_string()!r}>"


def _parse(spec: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for part in spec.split("/"):
        if not part:
            continue
        found = _BARE.fullmatch(part) or _DEVICE.fullmatch(part)
        key, _, value = part.partition(":")
        if found is not None:
            fields["device_type"] = found[1].upper()
            if found[2] not in (None, "*"):
                fields["device_index"] = int(found[2])
        elif key == "job" and value:
            fields["job"] = value
        elif key in ("replica", "task") and value.isdigit():
            fields[key] = int(value)
        else:
            raise ValueError(
                f"Unknown attribute '{part}' is encountered while parsing the device spec: "
                f"'{spec}'."
            )
    return fields
