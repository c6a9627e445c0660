"""What something cost: seconds of processors and devices, memory, and money by a price list."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tidefall.base import errors


@dataclass(frozen=True)
class Cost:
    """What was used.

    Args:
        wall_seconds: how long it took.
        cpu_seconds: time on processors, of this process and of those it waited for.
        device_seconds: time accelerators were held: their number times the wall clock.
        peak_memory_bytes: the most memory the process held, since it began.
        device: the kind of accelerator, or "".
        money: the price of it, or None without a price list.
        currency: what money is in.
    """

    wall_seconds: float
    cpu_seconds: float
    device_seconds: float
    peak_memory_bytes: int
    device: str = ""
    money: float | None = None
    currency: str = ""

    def properties(self) -> dict[str, Any]:
        """Return the values by name, for properties; what is not known is left out."""
        return {f"cost.{k}": v for k, v in asdict(self).items() if v not in (None, "")}


@dataclass(frozen=True)
class Prices:
    """A price list.

    Args:
        cpu_hour: money for an hour of one processor.
        device_hour: money for an hour of one accelerator, by kind; "" for any other.
        currency: what the money is.

    >>> Prices(cpu_hour=0.05, device_hour={"": 2.0}).money(Cost(1800, 3600, 1800, 0, "gpu"))
    1.05
    """

    cpu_hour: float = 0.0
    device_hour: Mapping[str, float] | None = None
    currency: str = "USD"

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Prices:
        """Return the price list in a JSON file: an object with the fields of this class.

        Raises:
            InvalidArgumentError: it is not such a file.
        """
        try:
            with open(path, encoding="utf-8") as file:
                read = json.load(file)
            prices = cls(**read)
            numbers = [prices.cpu_hour, *(prices.device_hour or {}).values()]
            if not all(isinstance(n, int | float) and n >= 0 for n in numbers):
                raise ValueError("a price is not a number of at least 0")
        except (OSError, ValueError, TypeError, AttributeError) as error:
            message = (
                f"price list {os.fspath(path)}: {error}; a JSON object with cpu_hour, device_hour "
                "and currency was expected"
            )
            raise errors.InvalidArgumentError(None, None, message) from None
        return prices

    def money(self, cost: Cost) -> float:
        """Return what a cost comes to."""
        by_kind = self.device_hour or {}
        device = by_kind.get(cost.device, by_kind.get("", 0.0))
        return (cost.cpu_seconds * self.cpu_hour + cost.device_seconds * device) / 3600


class CostMeter:
    """Measures from when it is made.

    >>> CostMeter().read().wall_seconds >= 0
    True
    """

    def __init__(self, prices: Prices | None = None) -> None:
        self._prices = prices
        self._began = time.monotonic()
        self._cpu = _cpu_seconds()

    def read(self) -> Cost:
        """Return what was used until now."""
        wall = time.monotonic() - self._began
        device, count = _accelerators()
        cost = Cost(
            round(wall, 3), round(_cpu_seconds() - self._cpu, 3), round(wall * count, 3),
            _peak_memory(), device,
        )  # fmt: skip
        if self._prices is None:
            return cost
        money = round(self._prices.money(cost), 6)
        return Cost(**{**asdict(cost), "money": money, "currency": self._prices.currency})


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _peak_memory() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _accelerators() -> tuple[str, int]:
    """The kind and number of the accelerators in use; jax is not loaded to find out."""
    jax = sys.modules.get("jax")
    bridge = sys.modules.get("jax._src.xla_bridge")
    if jax is None or bridge is None or not bridge.backends_are_initialized():
        return "", 0
    devices = [d for d in jax.local_devices() if d.platform != "cpu"]
    return (devices[0].device_kind, len(devices)) if devices else ("", 0)
