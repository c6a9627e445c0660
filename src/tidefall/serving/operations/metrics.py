"""Counters, histograms and gauges, and the text in which Prometheus reads them.

A family holds one series for each combination of label values. Label values come from what the
server knows (models, versions, signatures, codes), never from a request as it was sent, and each
family keeps a bounded number of series besides.
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_MAX_SERIES = 2000

Labels = tuple[str, ...]


class Counter:
    """A sum that only grows."""

    __slots__ = ("_lock", "value")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.value = 0.0

    def add(self, amount: float = 1) -> None:
        """Adds to the sum."""
        with self._lock:
            self.value += amount


class Histogram:
    """How many of the values observed are at most each of some limits."""

    __slots__ = ("_limits", "_lock", "counts", "sum")

    def __init__(self, limits: Sequence[float]) -> None:
        self._lock = threading.Lock()
        self._limits = limits
        self.counts = [0] * (len(limits) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Counts a value."""
        index = bisect_left(self._limits, value)
        with self._lock:
            self.counts[index] += 1
            self.sum += value

    def snapshot(self) -> tuple[list[int], float]:
        """The counts of each bucket, the last without a limit, and the sum of the values."""
        with self._lock:
            return list(self.counts), self.sum


Series = TypeVar("Series", Counter, Histogram)


class Family(Generic[Series]):
    """The series of one name, by the values of its labels."""

    def __init__(
        self, name: str, help_text: str, labels: Sequence[str], make: Callable[[], Series]
    ) -> None:
        self.name, self.help_text, self.label_names = name, help_text, tuple(labels)
        self._make = make
        self._lock = threading.Lock()
        self._series: dict[Labels, Series] = {}

    def of(self, *values: str) -> Series:
        """The series with these values of the labels, made when it is first asked for.

        Of too many series the oldest one goes; Prometheus sees it begin anew if it comes again.
        """
        series = self._series.get(values)
        return series if series is not None else self._add(values)

    def _add(self, values: Labels) -> Series:
        if len(values) != len(self.label_names):
            raise ValueError(f"{self.name} has the labels {self.label_names}, received {values}")
        with self._lock:
            series = self._series.get(values)
            if series is None:
                if len(self._series) >= _MAX_SERIES:
                    del self._series[next(iter(self._series))]
                series = self._series[values] = self._make()
            return series

    def forget(self, **labels: str) -> None:
        """Drops the series with these label values, as those of a version that was unloaded."""
        wanted = [(self.label_names.index(name), value) for name, value in labels.items()]
        with self._lock:
            for values in list(self._series):
                if all(values[index] == value for index, value in wanted):
                    del self._series[values]

    def items(self) -> list[tuple[Labels, Series]]:
        """All series, with their label values."""
        with self._lock:
            return list(self._series.items())


Read = Callable[[], Mapping[Labels, float]]


class Registry:
    """The metrics of a server. Any thread may use it.

    >>> registry = Registry()
    >>> loads = registry.counter("loads_total", "Versions loaded.", ["model"])
    >>> loads.of("digits").add()
    >>> print(registry.render().decode(), end="")
    # HELP loads_total Versions loaded.
    # TYPE loads_total counter
    loads_total{model="digits"} 1
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._renderers: dict[str, Callable[[], Iterator[str]]] = {}
        self._counters: dict[str, Family[Counter]] = {}

    def counter(self, name: str, help_text: str, labels: Sequence[str] = ()) -> Family[Counter]:
        """Registers counters.

        Raises:
            ValueError: the name is taken, or it or a label is none that Prometheus takes.
        """
        family = Family(name, help_text, labels, Counter)
        self._register(name, labels, lambda: _counter_lines(family))
        self._counters[name] = family
        return family

    def total(self, name: str) -> float:
        """The sum over all series of a counter; 0 where there is no counter of that name."""
        family = self._counters.get(name)
        return sum(counter.value for _, counter in family.items()) if family else 0

    def histogram(
        self, name: str, help_text: str, labels: Sequence[str], limits: Iterable[float]
    ) -> Family[Histogram]:
        """Registers histograms whose buckets end at `limits`, which rise."""
        bounds = tuple(limits)
        family: Family[Histogram] = Family(name, help_text, labels, lambda: Histogram(bounds))
        self._register(name, labels, lambda: _histogram_lines(family, bounds))
        return family

    def gauge(
        self, name: str, help_text: str, labels: Sequence[str], read: Read, kind: str = "gauge"
    ) -> None:
        """Registers values that are read when somebody asks.

        Args:
            name: the name.
            help_text: what it says.
            labels: the names of the labels.
            read: returns the values by label values; whatever it raises leaves the metric out.
            kind: "counter" for a sum that something else keeps.
        """
        self._register(name, labels, lambda: _gauge_lines(name, help_text, labels, read, kind))

    def _register(
        self, name: str, labels: Sequence[str], render: Callable[[], Iterator[str]]
    ) -> None:
        if not _NAME.fullmatch(name) or not all(_LABEL.fullmatch(label) for label in labels):
            raise ValueError(f"{name} {list(labels)} is no name of a metric and its labels")
        with self._lock:
            if name in self._renderers:
                raise ValueError(f"there is a metric {name} already")
            self._renderers[name] = render

    def render(self) -> bytes:
        """All metrics in Prometheus's text format."""
        with self._lock:
            renderers = list(self._renderers.values())
        lines: list[str] = []
        for render in renderers:
            try:
                lines += list(render())
            except Exception as error:  # noqa: BLE001 - one that fails must not hide the others.
                lines.append(f"# not read: {type(error).__name__}")
        lines.append("")
        return "\n".join(lines).encode()


def exponential(first: float, factor: float, count: int) -> list[float]:
    """Limits of buckets, each `factor` times the one before, of six digits as they are shown."""
    return [float(f"{first * factor**index:.6g}") for index in range(count)]


def _head(name: str, help_text: str, kind: str) -> list[str]:
    text = help_text.replace("\\", "\\\\").replace("\n", "\\n")
    return [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]


def _label_text(names: Sequence[str], values: Labels) -> str:
    pairs = [f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True)]
    return ",".join(pairs)


def _escaped(value: str) -> str:
    # A lone surrogate, which a hostile name may hold, has no UTF-8 form.
    value = value.encode("utf-8", "replace").decode()
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    # Whole numbers as such: a large count must not lose digits.
    return str(int(value)) if value == value // 1 and abs(value) < 1e17 else repr(float(value))


def _counter_lines(family: Family[Counter]) -> Iterator[str]:
    series = family.items()
    if not series:
        return
    yield from _head(family.name, family.help_text, "counter")
    for values, counter in series:
        yield _sample(family.name, family.label_names, values, counter.value)


def _gauge_lines(
    name: str, help_text: str, labels: Sequence[str], read: Read, kind: str
) -> Iterator[str]:
    found = read()
    if not found:
        return
    yield from _head(name, help_text, kind)
    for values, value in found.items():
        yield _sample(name, labels, values, value)


def _sample(name: str, labels: Sequence[str], values: Labels, value: float) -> str:
    text = _label_text(labels, values)
    return f"{name}{{{text}}} {_number(value)}" if text else f"{name} {_number(value)}"


def _histogram_lines(family: Family[Histogram], limits: Sequence[float]) -> Iterator[str]:
    series = family.items()
    if not series:
        return
    yield from _head(family.name, family.help_text, "histogram")
    ends = [f"{limit:.6g}" for limit in limits] + ["+Inf"]
    for values, histogram in series:
        text = _label_text(family.label_names, values)
        comma = "," if text else ""
        counts, total = histogram.snapshot()
        seen = 0
        for end, count in zip(ends, counts, strict=True):
            seen += count
            yield f'{family.name}_bucket{{{text}{comma}le="{end}"}} {seen}'
        tail = f"{{{text}}}" if text else ""
        yield f"{family.name}_sum{tail} {_number(total)}"
        yield f"{family.name}_count{tail} {seen}"
