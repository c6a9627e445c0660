"""One pass over a source: shards by threads, merged in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.options import StatsOptions
from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.sources.shards import Shard, Source
from tidefall.lifecycle.data_validation.statistics.kept_shards import KeptShards
from tidefall.lifecycle.data_validation.statistics.table import TableStatistics

Progress = Callable[[int, int], None]
"""Told bytes that are done, and of all; 0 of all where that is unknown."""


def scan(
    source: Source,
    options: StatsOptions,
    progress: Progress | None = None,
    work_folder: str | os.PathLike[str] | None = None,
) -> TableStatistics:
    """Statistics of a source.

    Shards are merged in their order, whatever thread was first: the result is the same with any
    number of threads, and so is that of a scan that was ended and went on.

    Args:
        source: the table.
        options: what to gather, and how much memory and how many threads that may take.
        progress: told how far it is.
        work_folder: keeps finished shards, where a scan with the same options finds them.

    Raises:
        OpError: something is wrong with the data.
    """
    kept = (
        None
        if work_folder is None
        else KeptShards(work_folder, repr(options.replace(threads=None)))
    )
    merged, texts = _pass(source, options, progress, kept)
    if texts:
        merged = _again_as_text(source, options, progress, kept, merged, texts)
    order = {name: i for i, name in enumerate(source.names)}
    for one in merged.slices.values():
        ranked = sorted(one.features.items(), key=lambda item: order.get(item[0].steps()[0], 0))
        one.features = dict(ranked)
    return merged


def _again_as_text(
    source: Source,
    options: StatsOptions,
    progress: Progress | None,
    kept: KeptShards | None,
    merged: TableStatistics,
    texts: set[str],
) -> TableStatistics:
    """Read columns again that turned out to hold text: by themselves where nothing needs more."""
    alone = options.columns_are_independent and options.schema is None
    again, more = _pass(source.retyped(texts, only=alone), options, progress, kept)
    if more:
        raise invalid(f"columns {sorted(more)} hold values of several types")
    if not alone:
        return again
    merged.whole.features.update(again.whole.features)
    return merged


def _pass(
    source: Source, options: StatsOptions, progress: Progress | None, kept: KeptShards | None
) -> tuple[TableStatistics, set[str]]:
    """Read all shards once. Columns with numbers here and text there are left out, and named."""
    threads = options.threads or os.cpu_count() or 1
    features = max(1, len(source.names))
    merged = TableStatistics(options, features)
    texts: set[str] = set()
    waiting: deque[tuple[Shard, Future[TableStatistics]]] = deque()
    done = 0

    def take() -> None:
        nonlocal done
        shard, future = waiting.popleft()
        part = future.result()
        _set_apart(merged, part, texts)
        merged.merge(part)
        done += shard.size
        if progress is not None:
            progress(min(done, source.size) if source.size else done, source.size)

    def work(shard: Shard, number: int) -> TableStatistics:
        return _shard_statistics(shard, number, options, features, kept)

    pool = ThreadPoolExecutor(threads, thread_name_prefix="tidefall-scan")
    try:
        for number, shard in enumerate(source.shards(kept)):
            waiting.append((shard, pool.submit(work, shard, number)))
            # One shard waits, so that no thread does; more would be memory for nothing.
            if len(waiting) > threads:
                take()
        while waiting:
            take()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return merged, texts


def _shard_statistics(
    shard: Shard, number: int, options: StatsOptions, features: int, kept: KeptShards | None
) -> TableStatistics:
    table = TableStatistics(options, features)
    if kept is not None and shard.key:
        found = kept.state(shard.key)
        if found is not None:
            table.restore(found["state"])
            return table
    for index, batch in enumerate(shard.batches()):
        table.add(batch, seed=hash((options.seed, number, index)) & 0xFFFFFFFF)
    if not shard.counts_rows:
        table.whole.rows = 0
    table.settle()
    if kept is not None and shard.key:
        kept.keep(shard.key, shard.notes(), table.state())  # type: ignore[attr-defined]
    return table


def _set_apart(merged: TableStatistics, part: TableStatistics, texts: set[str]) -> None:
    """Leave out what cannot be merged, and note it."""
    for path, theirs in part.whole.features.items():
        mine = merged.whole.features.get(path)
        if len(path) == 1 and mine is not None and mine.kind and theirs.kind:
            kinds = {mine.kind, theirs.kind}
            if "STRING" in kinds and kinds & {"INT", "FLOAT"}:
                texts.add(path.steps()[0])
    for name in texts:
        path = FeaturePath([name])
        for table in (merged, part):
            for one in table.slices.values():
                one.features.pop(path, None)
