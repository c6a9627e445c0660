# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.ragged`."""

from tidefall._api._types import DTypeLike
from tidefall._api._types import ShapeLike
from tidefall._api.ragged import boolean_mask as boolean_mask
from tidefall._api.ragged import constant as constant
from tidefall._api.ragged import cross as cross
from tidefall._api.ragged import cross_hashed as cross_hashed
from tidefall._api.ragged import map_flat_values as map_flat_values
from tidefall._api.ragged import range as range
from tidefall._api.ragged import row_splits_to_segment_ids as row_splits_to_segment_ids
from tidefall._api.ragged import segment_ids_to_row_splits as segment_ids_to_row_splits
from tidefall._api.ragged import stack as stack
from tidefall._api.ragged import stack_dynamic_partitions as stack_dynamic_partitions
from typing import Any

class RaggedTensorValue:
    """The value of a ragged tensor as arrays."""
    values: Any
    row_splits: Any
    def __init__(self, values: Any, row_splits: Any) -> None: ...
    @property
    def dtype(self) -> Any:
        """NumPy's dtype of the values."""
    @property
    def ragged_rank(self) -> int:
        """How many ragged dimensions there are."""
    @property
    def flat_values(self) -> Any:
        """The innermost values."""
    @property
    def nested_row_splits(self) -> tuple[Any, ...]:
        """The row splits of all ragged dimensions, the outermost first."""
    @property
    def shape(self) -> tuple[int | None, ...]:
        """The sizes; None for those of ragged dimensions."""
    def to_list(self) -> list[Any]:
        """The rows as nested lists."""
def constant_value(pylist: Any, dtype: DTypeLike | None = None, ragged_rank: int | None = None, inner_shape: ShapeLike | None = None, row_splits_dtype: DTypeLike = 'int64') -> Any:
    """The arrays of a ragged tensor of nested Python lists."""
