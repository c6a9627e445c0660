"""What the ready-made pipelines over files share."""

from __future__ import annotations

from typing import Any

from tidefall.data.dataset import DatasetV2
from tidefall.data.repeat import repeat
from tidefall.data.shuffle import shuffle as shuffled


def shuffled_epochs(
    dataset: DatasetV2, num_epochs: int | None, shuffle: bool, buffer_size: Any, seed: Any
) -> DatasetV2:
    """Some epochs of a dataset, without end for None, each in another order."""
    if shuffle:
        dataset = shuffled(dataset, buffer_size, seed)
    return dataset if num_epochs == 1 else repeat(dataset, num_epochs)
