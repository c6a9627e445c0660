"""What the ready-made pipelines over files share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.data.dataset import DatasetV2
from tidefall.data.transformations.combining.flat_map import flat_map
from tidefall.data.transformations.combining.interleave import interleave
from tidefall.data.transformations.repeat import repeat
from tidefall.data.transformations.shuffle import shuffle as shuffled


def shuffled_epochs(
    dataset: DatasetV2, num_epochs: int | None, shuffle: bool, buffer_size: Any, seed: Any
) -> DatasetV2:
    """Some epochs of a dataset, without end for None, each in another order."""
    if shuffle:
        dataset = shuffled(dataset, buffer_size, seed)
    return dataset if num_epochs == 1 else repeat(dataset, num_epochs)


def read_files(names: DatasetV2, read: Callable[[Any], DatasetV2], by_turns: int) -> DatasetV2:
    """The elements of files: one file after the other for 1, that many by turns otherwise."""
    if by_turns == 1:
        return flat_map(names, read)
    return interleave(names, read, by_turns)
