"""`python.data.ops.*_op`: a class for each source of datasets. Asked for by tf-keras.

All datasets are of one class here; these only say, by `isinstance`, which source one is.
"""

from __future__ import annotations

from typing import Any

from tidefall.data.dataset import DatasetV2, kind_of


class _Source(type):
    """A class whose instances are the datasets of one kind."""

    kind: str

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, DatasetV2) and kind_of(instance) == cls.kind


def _source(kind: str) -> _Source:
    return _Source(kind, (), {"kind": kind, "__doc__": "A dataset of one kind."})


_GeneratorDataset = _source("_FlatMapDataset")
_RangeDataset = _source("_RangeDataset")
_SparseTensorSliceDataset = _source("_SparseTensorSliceDataset")
_TensorDataset = _source("_TensorDataset")
_TensorSliceDataset = _source("_TensorSliceDataset")
