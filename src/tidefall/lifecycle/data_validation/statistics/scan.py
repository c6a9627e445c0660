"""One pass over a source: shards by threads or on a cluster, merged in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

from tidefall.lifecycle.data_validation.failures import invalid, unimplemented
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
        UnimplementedError: a work folder for generators of one's own.
    """
    if options.generators and work_folder is not None:
        raise unimplemented("a work_folder with StatsOptions(generators=...)")
    kept = (
        None
        if work_folder is None
        else KeptShards(work_folder, repr(options.replace(threads=None, on="threads")))
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
    features = max(1, len(source.names))
    merged = TableStatistics(options, features)
    texts: set[str] = set()
    waiting: deque[tuple[Shard, Future[Any]]] = deque()
    done = 0
    pool, slots = _workers(options)
    # On another machine, too, memory is shared by as many threads as here.
    there = options.replace(threads=options.threads or os.cpu_count() or 1, on="threads")

    def take() -> None:
        nonlocal done
        shard, future = waiting.popleft()
        found = future.result()
        part = found if isinstance(found, TableStatistics) else _restored(found, options, features)
        if kept is not None and shard.key and not isinstance(found, TableStatistics):
            kept.keep(shard.key, shard.notes(), found)
        _set_apart(merged, part, texts)
        merged.merge(part)
        done += shard.size
        if progress is not None:
            progress(min(done, source.size) if source.size else done, source.size)

    def start(shard: Shard, number: int) -> Future[Any]:
        if options.on == "threads":
            return pool.submit(_shard_statistics, shard, number, options, features, kept)
        if kept is not None and shard.key and kept.get(shard.key) is not None:
            found: Future[Any] = Future()
            found.set_result(_shard_statistics(shard, number, options, features, kept))
            return found
        return pool.submit(_shard_state, shard, number, there, features)

    try:
        for number, shard in enumerate(source.shards(kept)):
            waiting.append((shard, start(shard, number)))
            # One shard waits, so that no worker does; more would be memory for nothing.
            if len(waiting) > slots:
                take()
        while waiting:
            take()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return merged, texts


def _workers(options: StatsOptions) -> tuple[Executor, int]:
    """Who reads shards, and how many at once."""
    if options.on == "ray":
        from tidefall.lifecycle.data_validation.statistics.ray_tasks import RayTasks

        tasks = RayTasks()
        return tasks, tasks.slots
    threads = options.threads or os.cpu_count() or 1
    return ThreadPoolExecutor(threads, thread_name_prefix="tidefall-scan"), threads


def _restored(state: dict[str, Any], options: StatsOptions, features: int) -> TableStatistics:
    table = TableStatistics(options, features)
    table.restore(state)
    return table


def _shard_state(shard: Shard, number: int, options: StatsOptions, features: int) -> dict[str, Any]:
    return _shard_statistics(shard, number, options, features, None).state()


def _shard_statistics(
    shard: Shard, number: int, options: StatsOptions, features: int, kept: KeptShards | None
) -> TableStatistics:
    if kept is not None and shard.key:
        found = kept.state(shard.key)
        if found is not None:
            return _restored(found["state"], options, features)
    table = TableStatistics(options, features)
    for index, batch in enumerate(shard.batches()):
        table.add(batch, seed=hash((options.seed, number, index)) & 0xFFFFFFFF)
    if not shard.counts_rows:
        table.whole.rows = 0
    table.skipped = shard.skipped
    table.settle()
    if kept is not None and shard.key:
        kept.keep(shard.key, shard.notes(), table.state())
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
