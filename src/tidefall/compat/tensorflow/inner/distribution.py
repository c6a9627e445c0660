"""`python.distribute.*` and `tf.__internal__.distribute`. Asked for by tf-keras."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def variable_sync_on_read_context() -> Iterator[None]:
    """Nothing to do: replicas' variables that are summed on reading are summed on every reading."""
    yield


@contextlib.contextmanager
def cache_variable_reads() -> Iterator[None]:
    """Nothing to do: variables are read where they are."""
    yield


def auto_shard_dataset(dataset: Any, num_shards: int, index: int, num_replicas: Any = None) -> Any:
    """Every `num_shards`th element of a dataset, from the one of that number on."""
    return dataset.shard(num_shards, index)
