"""The passes over the data: which analyzers can run now, and what they find.

`analyze` traces the preprocessing function, runs all analyzers whose inputs are known in one pass,
and begins again with their values, until none is left.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

import tidefall as tf
from tidefall.io.file_systems.whole_files import whole_file
from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.transform.accumulators.accumulator import Accumulator, ColumnAccumulator
from tidefall.lifecycle.transform.cache import AnalyzerCache, file_digest, graph_digest
from tidefall.lifecycle.transform.export import Exported
from tidefall.lifecycle.transform.sources import Batch, Shard
from tidefall.lifecycle.transform.tracing import AnalyzerCall, Trace, tracing
from tidefall.op import raw
from tidefall.op.traits import PASSES_ON

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

    def inputs_by_column(self) -> dict[str, list[Any]]:
        """The tensors of the graph that each column becomes, in the order of its inputs."""
        tensors = iter(self.graph.inputs)
        return {
            name: [next(tensors) for _ in tf.nest.flatten(self.specs[name], expand_composites=True)]
            for name in sorted(self.specs)
        }

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
) -> tuple[Traced, int]:
    """Find the values of all analyzers.

    Args:
        preprocessing_fn: from a dict of features to one.
        specs: of its features.
        shards: the parts of the data.
        folder: for files of vocabularies.
        cache: of what earlier analyses found in a shard.
        source: what else the accumulators depend on, for the cache: how the data are read.

    Returns:
        The function traced with the values of all analyzers, and the number of passes.
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
            return traced, passes
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
    merged = [call.make() for call in calls]
    workers = os.cpu_count() or 1
    digests: list[str | None] = []
    if cache:
        with ThreadPoolExecutor(workers) as pool:
            digests = list(pool.map(lambda shard: shard.digest(), shards))
    # How many shards each analyzer has behind it: their parts need be neither read nor merged.
    behind = [0] * len(calls)
    may_keep = cache is not None and all(digest is not None for digest in digests)
    if cache is not None and may_keep:
        for i, whole in enumerate(merged):
            if keys[i]:
                behind[i] = cache.restore_merged(_known(digests), str(keys[i]), whole)
    going_on: deque[Future[dict[int, Accumulator]]] = deque()
    reader = Reader(traced, calls)
    with ThreadPoolExecutor(workers, thread_name_prefix="tidefall-transform") as pool:

        def merge_first() -> None:
            for i, part in going_on.popleft().result().items():
                merged[i].merge(part)

        try:
            for number, shard in enumerate(shards):
                digest = digests[number] if cache else None
                parts = {i: call.make() for i, call in enumerate(calls) if behind[i] <= number}
                known = set()
                if cache is not None and digest is not None:
                    known = {
                        i for i, part in parts.items()
                        if keys[i] and cache.restore(digest, str(keys[i]), part)
                    }  # fmt: skip
                going_on.append(
                    pool.submit(_shard_parts, reader, shard, parts, known, cache, digest, keys)
                )
                # One shard waits, so that no thread does; more would be memory for nothing.
                if len(going_on) > workers:
                    merge_first()
            while going_on:
                merge_first()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    if cache is not None and may_keep:
        for i, whole in enumerate(merged):
            if keys[i]:
                cache.keep_merged(_known(digests), str(keys[i]), whole, behind[i])
    return merged


def _shard_parts(
    reader: Reader, shard: Shard, parts: dict[int, Accumulator], known: set[int],
    cache: AnalyzerCache | None, digest: str | None, keys: list[str | None],
) -> dict[int, Accumulator]:  # fmt: skip
    """Fill the parts that are not known with what a shard says, and keep them."""
    missing = {i: part for i, part in parts.items() if i not in known}
    if missing:
        reader.read(shard, missing)
        if cache is not None and digest is not None:
            for i, part in missing.items():
                if keys[i]:
                    cache.keep(digest, str(keys[i]), part)
    return parts


def _known(digests: Sequence[str | None]) -> list[str]:
    return [digest for digest in digests if digest is not None]


class Reader:
    """Reads shards for analyzers: through the graph, or past it where a column is all they want.

    Args:
        traced: the graph.
        calls: the analyzers.
    """

    def __init__(self, traced: Traced, calls: list[AnalyzerCall]):
        self._traced, self._calls = traced, calls
        self._column_of = {
            tensor.name: name
            for name, tensors in traced.inputs_by_column().items()
            for tensor in tensors
        }

    def read(self, shard: Shard, parts: dict[int, Accumulator]) -> None:
        """Give accumulators, by the number of their analyzer, all rows of a shard."""
        columns = {
            i: self._plain_column(i)
            for i, part in parts.items()
            if isinstance(part, ColumnAccumulator)
        }
        through: dict[tuple[int, ...], Callable[[Batch], list[np.ndarray]]] = {}
        for batch in shard.batches():
            rest = []
            for i, part in parts.items():
                name = columns.get(i)
                strings = None if name is None else batch.strings(name)
                if isinstance(part, ColumnAccumulator) and strings is not None:
                    part.add_column(strings)
                else:
                    rest.append(i)
            if not rest:
                continue
            function = through.get(tuple(rest)) or through.setdefault(
                tuple(rest), self._function(rest)
            )
            arrays = iter(function(batch))
            for i in rest:
                call = self._calls[i]
                try:
                    parts[i].add(*[next(arrays) for _ in call.inputs])
                except ValueError as error:
                    raise invalid(f"analyzer {call.name} on {shard.name}: {error}") from error

    def _function(self, numbers: list[int]) -> Callable[[Batch], list[np.ndarray]]:
        """From a batch to what some analyzers want to see."""
        fetches = [tensor for i in numbers for tensor in self._calls[i].inputs]
        ancestors = self._traced.ancestors(fetches)
        inputs = {
            name: tensors
            for name, tensors in self._traced.inputs_by_column().items()
            if any(tensor.op.name in ancestors for tensor in tensors)
        }
        flat = [tensor for tensors in inputs.values() for tensor in tensors]
        pruned = self._traced.graph.prune(flat, fetches)

        def call(batch: Batch) -> list[np.ndarray]:
            tensors = tf.nest.flatten(batch.tensors(inputs), expand_composites=True)
            return [tensor.numpy() for tensor in pruned(*tensors)]

        return call

    def _plain_column(self, number: int) -> str | None:
        """The column of strings that is all that an analyzer wants to see, if there is one."""
        if len(self._calls[number].inputs) != 1:
            return None
        (tensor,) = self._calls[number].inputs
        while tensor.shape.rank == 1 and (
            tensor.op.op_type == raw.Reshape or PASSES_ON in tensor.op.op_type.traits
        ):
            tensor = tensor.op.inputs[0]
        name = self._column_of.get(tensor.name)
        return name if name is not None and tensor.shape.rank == 1 else None


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
