"""The passes over the data: which analyzers can run now, and what they find.

`analyze` traces the preprocessing function, runs all analyzers whose inputs are known in one pass,
and begins again with their values, until none is left.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import tidefall as tf
from tidefall.io.file_systems.whole_files import whole_file
from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.transform.accumulators.accumulator import Accumulator
from tidefall.lifecycle.transform.cache import AnalyzerCache, file_digest, graph_digest
from tidefall.lifecycle.transform.export import Exported
from tidefall.lifecycle.transform.sources import Shard
from tidefall.lifecycle.transform.tracing import AnalyzerCall, Trace, tracing

Preprocessing = Callable[[dict[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True)
class Traced:
    """A preprocessing function as a graph, with what its analyzers asked for.

    Attributes:
        graph: a function of flat tensors, which can be pruned.
        trace: what the trace collected.
        outputs: the function's outputs.
        specs: of its inputs.
    """

    graph: Any
    trace: Trace
    outputs: dict[str, Any]
    specs: dict[str, Any]

    def pruned(self, fetches: list[Any]) -> Any:
        """A function from the flat inputs to some tensors."""
        count = len(tf.nest.flatten(self.specs, expand_composites=True))
        return self.graph.prune(self.graph.inputs[:count], fetches)

    def ancestors(self, tensors: Iterable[Any]) -> set[str]:
        """The names of all operations that tensors depend on."""
        seen: set[str] = set()
        waiting = [tensor.op for tensor in tensors]
        while waiting:
            op = waiting.pop()
            if op.name not in seen:
                seen.add(op.name)
                waiting += [tensor.op for tensor in op.inputs]
                waiting += op.control_inputs
        return seen

    def captures(self, ancestors: set[str]) -> list[Any]:
        """The values from outside of the graph that operations depend on."""
        return [outer for outer, inner in self.graph.graph.captures if inner.op.name in ancestors]


def trace_preprocessing(
    preprocessing_fn: Preprocessing,
    specs: dict[str, Any],
    results: Sequence[list[np.ndarray] | None],
    folder: str,
) -> Traced:
    """Trace a preprocessing function.

    Args:
        preprocessing_fn: from a dict of features to one.
        specs: of its features.
        results: the values of its analyzers, in the order of their calls, None if not known.
        folder: of their files.

    Raises:
        TypeError: it returned something else than a dict of tensors.
    """
    flat = tf.nest.flatten(specs, expand_composites=True)
    collected: dict[str, Any] = {}

    def body(*tensors: Any) -> list[Any]:
        inputs = tf.nest.pack_sequence_as(specs, list(tensors), expand_composites=True)
        trace = Trace(results, folder, Exported())
        with tracing(trace):
            outputs = checked_outputs(_call(preprocessing_fn, inputs))
        collected.update(trace=trace, outputs=outputs)
        return []

    graph = tf.compat.v1.wrap_function(body, [tf.TensorSpec(s.shape, s.dtype) for s in flat])
    return Traced(graph, collected["trace"], collected["outputs"], specs)


class Columns(dict):  # type: ignore[type-arg]
    """The inputs of a preprocessing function, which say which there are."""

    def __missing__(self, name: str) -> Any:
        raise invalid(
            f"the preprocessing_fn asks for the column {name!r}, which the data do not have. There "
            f"are {sorted(self)}"
        )


def _call(preprocessing_fn: Preprocessing, inputs: dict[str, Any]) -> Any:
    return preprocessing_fn(Columns(inputs))


def checked_outputs(outputs: Any) -> dict[str, Any]:
    """The outputs of a preprocessing function.

    Raises:
        TypeError: they are no dict from names to tensors.
    """
    if not isinstance(outputs, Mapping):
        raise TypeError(
            "a preprocessing_fn should return a dict from names to tensors, got "
            f"{type(outputs).__name__}"
        )
    for name, value in outputs.items():
        if not isinstance(name, str):
            raise TypeError(f"the names of outputs should be strings, got {name!r}")
        if not isinstance(value, (tf.Tensor, tf.SparseTensor, tf.RaggedTensor)):
            raise TypeError(
                f"output {name!r} of the preprocessing_fn should be a Tensor, SparseTensor or "
                f"RaggedTensor, got {type(value).__name__}"
            )
    return dict(outputs)


def waits_for(traced: Traced, number: int) -> set[int]:
    """The calls of analyzers that have to be known before call `number`."""
    trace = traced.trace
    ancestors = traced.ancestors(trace.calls[number].inputs)
    needed = {trace.pending[name] for name in ancestors if name in trace.pending}
    for outer in traced.captures(ancestors):
        if id(outer) in trace.tables:
            needed.add(trace.tables[id(outer)])
        elif outer.dtype == tf.resource:
            # A table of the user's own may be made of any vocabulary before it.
            needed |= {
                i for i, call in enumerate(trace.calls[:number])
                if call.file and trace.result(i) is None
            }  # fmt: skip
    return needed


def analyze(
    preprocessing_fn: Preprocessing,
    specs: dict[str, Any],
    shards: Sequence[Shard],
    folder: str,
    cache: AnalyzerCache | None = None,
    source: str = "",
) -> tuple[list[list[np.ndarray] | None], int]:
    """Find the values of all analyzers.

    Args:
        preprocessing_fn: from a dict of features to one.
        specs: of its features.
        shards: the parts of the data.
        folder: for files of vocabularies.
        cache: of what earlier analyses found in a shard.
        source: what else the accumulators depend on, for the cache: how the data are read.

    Returns:
        The values in the order of the calls, and the number of passes.
    """
    results: list[list[np.ndarray] | None] = []
    names: list[str] | None = None
    passes = 0
    while True:
        traced = trace_preprocessing(preprocessing_fn, specs, results, folder)
        calls = traced.trace.calls
        if names is not None and names != [call.name for call in calls]:
            raise invalid(
                "the preprocessing_fn called other analyzers when it was traced again: first "
                f"{names}, now {[call.name for call in calls]}. It should do the same each time."
            )
        names = [call.name for call in calls]
        results += [None] * (len(calls) - len(results))
        open_ = [i for i in range(len(calls)) if results[i] is None]
        if not open_:
            return results, passes
        ready = [i for i in open_ if not waits_for(traced, i)]
        if not ready:
            raise invalid(f"analyzers wait for each other: {[names[i] for i in open_]}")
        merged = _pass(traced, ready, shards, cache, source)
        passes += 1
        for i, accumulator in zip(ready, merged, strict=True):
            results[i] = accumulator.value()
            if calls[i].file is not None:
                _write_lines(os.path.join(folder, str(calls[i].file)), accumulator)


def _pass(
    traced: Traced, ready: list[int], shards: Sequence[Shard], cache: AnalyzerCache | None,
    source: str,
) -> list[Accumulator]:  # fmt: skip
    """Run analyzers over all shards and merge what they found."""
    calls = [traced.trace.calls[i] for i in ready]
    keys = [_key(traced, call, source) if cache else None for call in calls]
    fetches = [tensor for call in calls for tensor in call.inputs]
    function = traced.pruned(fetches)
    merged = [call.make() for call in calls]
    digests = [shard.digest() for shard in shards] if cache else []
    # How many shards each analyzer has behind it: their parts need be neither read nor merged.
    behind = [0] * len(calls)
    may_keep = cache is not None and all(digest is not None for digest in digests)
    if cache is not None and may_keep:
        for i, whole in enumerate(merged):
            if keys[i]:
                behind[i] = cache.restore_merged(_known(digests), str(keys[i]), whole)
    for number, shard in enumerate(shards):
        parts = [call.make() for call in calls]
        waiting = [i for i in range(len(calls)) if behind[i] <= number]
        missing = waiting
        digest = digests[number] if cache else None
        if cache is not None and digest is not None:
            missing = [
                i for i in waiting
                if not (keys[i] and cache.restore(digest, str(keys[i]), parts[i]))
            ]  # fmt: skip
        if missing:
            _read(function, calls, parts, missing, shard)
            if cache is not None and digest is not None:
                for i in missing:
                    if keys[i]:
                        cache.keep(digest, str(keys[i]), parts[i])
        for i in waiting:
            merged[i].merge(parts[i])
    if cache is not None and may_keep:
        for i, whole in enumerate(merged):
            if keys[i]:
                cache.keep_merged(_known(digests), str(keys[i]), whole, behind[i])
    return merged


def _known(digests: Sequence[str | None]) -> list[str]:
    return [digest for digest in digests if digest is not None]


def _read(
    function: Any, calls: list[AnalyzerCall], parts: list[Accumulator], missing: list[int],
    shard: Shard,
) -> None:  # fmt: skip
    for batch in shard.batches():
        arrays = iter([tensor.numpy() for tensor in function(*batch)])
        for i, call in enumerate(calls):
            given = [next(arrays) for _ in call.inputs]
            if i in missing:
                try:
                    parts[i].add(*given)
                except ValueError as error:
                    raise invalid(f"analyzer {call.name} on {shard.name}: {error}") from error


def _key(traced: Traced, call: AnalyzerCall, source: str) -> str | None:
    ancestors = traced.ancestors(call.inputs)
    tables = []
    for outer in traced.captures(ancestors):
        number = traced.trace.tables.get(id(outer))
        if number is None:
            return None
        tables.append(_result_digest(traced.trace, number))
    return graph_digest(
        traced.graph.graph, ancestors, [tensor.name for tensor in call.inputs],
        (call.name.rstrip("_0123456789"), call.settings, source, tables),
    )  # fmt: skip


def _result_digest(trace: Trace, number: int) -> str:
    """What a table was filled with."""
    file = trace.calls[number].file
    if file is not None:
        return file_digest(os.path.join(trace.folder, file))
    keys = (trace.result(number) or [np.zeros(0)])[0]
    return hashlib.sha256(repr(keys.tolist()).encode()).hexdigest()


def _write_lines(path: str, accumulator: Any) -> None:
    lines = accumulator.lines()
    if path.endswith(".tfrecord.gz"):
        with tf.io.TFRecordWriter(path, tf.io.TFRecordOptions("GZIP")) as writer:
            for line in lines:
                writer.write(line)
        return
    with whole_file(path) as file:
        file.write(b"".join(line + b"\n" for line in lines))
