"""The trace of a preprocessing function: where analyzers find what is known, and leave their wish.

A preprocessing function is traced once before every pass over the data. An analyzer whose value is
known answers with a constant; one whose value is not yet known answers with a placeholder, and
leaves the tensors that it wants to see. Calls are told apart by their order, so the function has to
call the same analyzers each time.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import tidefall as tf
from tidefall.composite.trackable.resource import resource_tracker_scope
from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.transform.accumulators.accumulator import Accumulator

_TRACE: ContextVar[Trace | None] = ContextVar("transform_trace", default=None)


@dataclass(frozen=True)
class AnalyzerCall:
    """One call of an analyzer in a preprocessing function.

    Attributes:
        name: what messages call it, such as "mean" or, for the second one, "mean_1".
        make: a function that makes its empty accumulator.
        settings: what its accumulator was made of, for the key of its cache.
        inputs: the tensors that the accumulator is to be given, batch by batch.
        file: the name of the file that it writes, or None.
    """

    name: str
    make: Callable[[], Accumulator]
    settings: tuple[Any, ...]
    inputs: list[Any]
    file: str | None = None


@dataclass
class Trace:
    """What one trace knows and collects.

    Attributes:
        results: the values of analyzers, in the order of their calls; None where not known.
        folder: where their files are.
        module: the object that keeps what the graph needs when it is saved.
    """

    results: Sequence[list[np.ndarray] | None]
    folder: str
    module: Any
    graph: Any = None
    calls: list[AnalyzerCall] = field(default_factory=list)
    pending: dict[str, int] = field(default_factory=dict)
    """The names of placeholders, and the number of the call each stands for."""
    tables: dict[int, int] = field(default_factory=dict)
    """The identities of tables' handles, and the number of the call each was filled from."""
    ranges: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """The names of integer tensors, and the least and the greatest value each may have."""
    assets: dict[str, str] = field(default_factory=dict)
    _names: dict[str, int] = field(default_factory=dict)
    _paths: dict[str, int] = field(default_factory=dict)

    def unique(self, name: str) -> str:
        """A name that no other call has."""
        number = self._names.get(name, 0)
        self._names[name] = number + 1
        return f"{name}_{number}" if number else name

    def result(self, number: int) -> list[np.ndarray] | None:
        """What is known of a call."""
        return self.results[number] if number < len(self.results) else None

    def track(self, value: Any, name: str | None = None) -> Any:
        """Keep an object, so that it is saved with the graph."""
        self.module.keep(value, name)
        return value

    def path_of(self, number: int, file: str, dummy: bytes) -> str:
        """The file of a call, or one that stands for it until its content is known."""
        path = os.path.join(self.folder, file)
        if self.result(number) is None:
            path += ".unknown"
            with open(path, "wb") as stand_in:
                stand_in.write(dummy)
        self._paths[path] = number
        return path

    def call_of_path(self, path: str) -> int | None:
        """The call whose file this is."""
        return self._paths.get(path)


@contextlib.contextmanager
def tracing(trace: Trace) -> Iterator[Trace]:
    """Let analyzers report to a trace."""
    if _TRACE.get() is not None:
        raise invalid("a preprocessing_fn may not start another analysis")
    token = _TRACE.set(trace)
    trace.graph = tf.compat.v1.get_default_graph()
    try:
        # Tables of the user's own belong to the graph, too.
        with resource_tracker_scope(trace.module.keep):
            yield trace
    finally:
        _TRACE.reset(token)


def current_trace(what: str) -> Trace:
    """The trace that is going on.

    Raises:
        InvalidArgumentError: there is none, or a branch or a loop body is being traced.
    """
    trace = _TRACE.get()
    if trace is None:
        raise invalid(
            f"`{what}` was called outside of a preprocessing_fn: it needs to see all data. Call it "
            "in the function that is given to analyze_and_transform."
        )
    if tf.compat.v1.get_default_graph() is not trace.graph:
        raise invalid(
            f"`{what}` was called inside of tf.cond, tf.while_loop, tf.map_fn or a tf.function. "
            "Analyzers see whole columns: call it before, and use its result inside."
        )
    return trace


def trace_or_none() -> Trace | None:
    """The trace that is going on, or None; for mappers that also work by themselves."""
    return _TRACE.get()


def apply_analyzer(
    name: str,
    make: Callable[[], Accumulator],
    settings: tuple[Any, ...],
    inputs: list[Any],
    outputs: list[Any],
    file: str | None = None,
) -> list[Any]:
    """Ask for the value of an analyzer.

    Args:
        name: the analyzer's.
        make: a function that makes an accumulator.
        settings: what distinguishes this accumulator from others of its class.
        inputs: tensors, one for each argument of the accumulator's `add`.
        outputs: TensorSpecs of the value.
        file: the name of the file that the accumulator writes.

    Returns:
        Tensors: constants where the value is known, and placeholders before.
    """
    trace = current_trace(name)
    number = len(trace.calls)
    if file is not None and any(call.file == file for call in trace.calls):
        raise invalid(
            f"`{name}` wants to write the file {file!r}, which another analyzer of this "
            "preprocessing_fn writes already. Give each one its own name."
        )
    call = AnalyzerCall(trace.unique(name), make, settings, inputs, file)
    trace.calls.append(call)
    known = trace.result(number)
    if known is None:
        made = [tf.compat.v1.placeholder(spec.dtype, spec.shape) for spec in outputs]
        trace.pending.update((tensor.op.name, number) for tensor in made)
        return made
    if len(known) != len(outputs):
        raise invalid(
            f"the preprocessing_fn called other analyzers when it was traced again: call {number} "
            f"is {call.name} now. It should do the same each time."
        )
    return [
        tf.constant(value, spec.dtype, name=f"{call.name}_value")
        for value, spec in zip(known, outputs, strict=True)
    ]


def table_from_file(path: Any, make: Callable[[str], Any]) -> Any:
    """A lookup table over the file of an analyzer, kept with the graph.

    Args:
        path: what the analyzer returned, or the name of any other file.
        make: a function from the file's name to a table.
    """
    trace = current_trace("apply_vocabulary")
    name = file_name(path)
    with tf.init_scope():
        table = trace.track(make(name))
    number = trace.call_of_path(name)
    if number is not None and trace.result(number) is None:
        trace.tables[id(table.resource_handle)] = number
    return table


def table_of_keys(number: int, keys: np.ndarray | None) -> Any:
    """A table from the keys that call `number` found to their places, -1 for others."""
    trace = current_trace("a mapper per key")
    found = np.array([b""], object) if keys is None or not len(keys) else keys
    places = np.full(1, -1) if found is not keys else np.arange(len(found))
    with tf.init_scope():
        initializer = tf.lookup.KeyValueTensorInitializer(
            tf.constant(found, tf.string), tf.constant(places, tf.int64)
        )
        table = trace.track(tf.lookup.StaticHashTable(initializer, -1))
    if keys is None:
        trace.tables[id(table.resource_handle)] = number
    return table


def file_name(path: Any) -> str:
    """The name of a file, of a string or a tensor of one."""
    if isinstance(path, str):
        return path
    if isinstance(path, bytes):
        return path.decode()
    try:
        return path.numpy().decode()
    except (AttributeError, NotImplementedError):
        raise invalid(
            f"the name of a vocabulary's file should be known while tracing, got {path!r}. Give "
            "what tft.vocabulary returned, or a string."
        ) from None


def sanitized(name: str) -> str:
    """A name that may be a file's: letters, digits, underscores and hyphens."""
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "_", name).strip())


def set_range(values: Any, low: Any, high: Any) -> None:
    """Say that the values of an integer tensor are categories from `low` to `high`."""
    trace = trace_or_none()
    if trace is not None and hasattr(values, "op"):
        trace.ranges[values.name] = (tf.cast(low, tf.int64), tf.cast(high, tf.int64))
