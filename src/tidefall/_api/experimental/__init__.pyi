# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.experimental`."""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import AbstractContextManager
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import DynamicRaggedShapeSpec
from tidefall._api._types import Sealed
from tidefall._api._types import ShapeLike
from tidefall._api._types import StructuredTensorSpec
from tidefall._api._types import TensorLike
from tidefall._api.data.experimental import Optional as Optional
from tidefall._api.experimental import dlpack as dlpack
from tidefall._api.experimental import dtensor as dtensor
from tidefall._api.experimental import extension_type as extension_type
from tidefall._api.experimental import numpy as numpy
import types
from typing import Any
from typing import ClassVar
from typing import dataclass_transform

class BatchableExtensionType(tf.experimental.ExtensionType):
    """An extension type of which a batch is one value again, whose tensors are batches."""
class DynamicRaggedShape(tf.__internal__.CompositeTensor):
    """The sizes of all dimensions of a dense or ragged tensor, some known only while running."""
    def __init__(self, row_partitions: Sequence[tf.experimental.RowPartition], inner_shape: ShapeLike | None, dtype: DTypeLike | None = None, validate: bool = False, static_inner_shape: ShapeLike | None = None) -> None: ...
    @classmethod
    def from_lengths(cls, lengths: TensorLike, num_row_partitions: int | None = None, dtype: DTypeLike = tf.int64) -> tf.experimental.DynamicRaggedShape:
        """The shape with given lengths."""
    @classmethod
    def from_row_partitions(cls, row_partitions: Any, dtype: DTypeLike | None = None) -> tf.experimental.DynamicRaggedShape:
        """The shape of a ragged tensor with vectors of values."""
    @classmethod
    def from_tensor(cls, t: TensorLike | tf.__internal__.CompositeTensor, dtype: DTypeLike | None = None) -> tf.experimental.DynamicRaggedShape:
        """The shape of a dense or ragged tensor."""
    @property
    def dtype(self) -> tf.DType:
        """int32 or int64."""
    @property
    def row_partitions(self) -> tuple[tf.experimental.RowPartition, ...]:
        """The partitions, outermost first."""
    @property
    def num_row_partitions(self) -> int:
        """How many dimensions are partitioned."""
    @property
    def inner_shape(self) -> Any:
        """Vector, the shape of the flat values."""
    @property
    def inner_rank(self) -> int | None:
        """The rank of the flat values, or None."""
    @property
    def rank(self) -> int | None:
        """The number of dimensions, or None."""
    def static_lengths(self, ragged_lengths: bool = True) -> list[Any]:
        """What is known of the lengths now."""
    def is_uniform(self, axis: int) -> bool:
        """Whether all rows along a dimension have the same length."""
    def with_dtype(self, dtype: DTypeLike) -> tf.experimental.DynamicRaggedShape:
        """The same shape with sizes of another dtype."""
    def __getitem__(self, key: Any) -> Any:
        """The size of a uniform dimension, or the shape of some dimensions."""
    Spec = DynamicRaggedShapeSpec
@dataclass_transform()
class ExtensionType(Sealed, tf.__internal__.CompositeTensor):
    """Base of types that hold tensors and other values in named fields."""
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    Spec: ClassVar[Any]
class ExtensionTypeBatchEncoder:
    """How values of a batchable extension type become values that can be stacked, and back."""
    def batch(self, spec: Any, batch_size: int | None) -> Any:
        """The type of a batch of values."""
    def unbatch(self, spec: Any) -> Any:
        """The type of one value of a batch."""
    def encode(self, spec: Any, value: Any, minimum_rank: int = 0) -> Any:
        """A value as a nest of batchable values (tensors, ragged or sparse tensors, ...)."""
    def decode(self, spec: Any, encoded_value: Any) -> Any:
        """The value that was encoded."""
    def encoding_specs(self, spec: Any) -> Any:
        """The types of what `encode` returns for values of type `spec`, in the same nest."""
class ExtensionTypeSpec(Sealed, tf.TypeSpec):
    """The type of values of an extension type: their fields, with specs in place of tensors."""
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    @classmethod
    def from_value(cls, value: Any) -> Any:
        """The type of a value of the extension type."""
    @property
    def value_type(self) -> Any:
        """The extension type."""
class RowPartition(tf.__internal__.CompositeTensor):
    """A partition of `nvals` values into `nrows` rows of consecutive values."""
    def __init__(self, row_splits: Any, row_lengths: Any = None, value_rowids: Any = None, nrows: Any = None, uniform_row_length: Any = None, nvals: Any = None, internal: Any = False) -> None: ...
    @classmethod
    def from_row_splits(cls, row_splits: Any, validate: bool = True, dtype: DTypeLike | None = None, dtype_hint: Any = None) -> tf.experimental.RowPartition:
        """Row `i` holds the values from `row_splits[i]` up to `row_splits[i + 1]`."""
    @classmethod
    def from_row_lengths(cls, row_lengths: Any, validate: bool = True, dtype: DTypeLike | None = None, dtype_hint: Any = None) -> tf.experimental.RowPartition:
        """Row `i` holds the next `row_lengths[i]` values."""
    @classmethod
    def from_row_starts(cls, row_starts: Any, nvals: Any, validate: bool = True, dtype: DTypeLike | None = None, dtype_hint: Any = None) -> tf.experimental.RowPartition:
        """Row `i` begins with value `row_starts[i]`; the last one ends with the last value."""
    @classmethod
    def from_row_limits(cls, row_limits: Any, validate: bool = True, dtype: DTypeLike | None = None, dtype_hint: Any = None) -> tf.experimental.RowPartition:
        """Row `i` ends before value `row_limits[i]`."""
    @classmethod
    def from_value_rowids(cls, value_rowids: Any, nrows: Any = None, validate: bool = True, dtype: DTypeLike | None = None, dtype_hint: Any = None) -> tf.experimental.RowPartition:
        """Value `i` is in row `value_rowids[i]`; row numbers must not decrease."""
    @classmethod
    def from_uniform_row_length(cls, uniform_row_length: Any, nvals: Any = None, nrows: Any = None, validate: bool = True, dtype: DTypeLike | None = None, dtype_hint: Any = None) -> tf.experimental.RowPartition:
        """All rows have the same number of values."""
    @property
    def dtype(self) -> tf.DType:
        """int32 or int64."""
    def row_splits(self) -> tf.Tensor:
        """`[nrows + 1]`, where rows begin and end."""
    def row_lengths(self) -> tf.Tensor:
        """`[nrows]`, the number of values in each row."""
    def row_starts(self) -> tf.Tensor:
        """`[nrows]`, number of the first value of each row."""
    def row_limits(self) -> tf.Tensor:
        """`[nrows]`, number after the last value of each row."""
    def value_rowids(self) -> tf.Tensor:
        """`[nvals]`, the row of each value."""
    def nrows(self) -> tf.Tensor:
        """Number of rows, a scalar."""
    def nvals(self) -> tf.Tensor:
        """Number of values, a scalar."""
    def uniform_row_length(self) -> Any:
        """The length of every row where that is known to be the same, or None."""
    def offsets_in_rows(self) -> tf.Tensor:
        """`[nvals]`, the position of each value in its row."""
    def is_uniform(self) -> bool:
        """Whether all rows are known to have the same length."""
    @property
    def static_nrows(self) -> int | None:
        """Number of rows, if known while tracing."""
    @property
    def static_nvals(self) -> int | None:
        """Number of values, if known while tracing."""
    @property
    def static_uniform_row_length(self) -> int | None:
        """The uniform row length, if known while tracing."""
    def with_dtype(self, dtype: DTypeLike) -> tf.experimental.RowPartition:
        """The same partition with index tensors of another dtype."""
    def with_row_splits(self, splits: Any) -> tf.experimental.RowPartition:
        """A partition with these splits that keeps what is known statically of this one."""
class StructuredTensor(tf.__internal__.CompositeTensor):
    """A tensor of records: a field holds, for each record, a tensor or further records."""
    FieldName: types.UnionType
    def __init__(self, fields: Mapping[str, Any], ragged_shape: tf.experimental.DynamicRaggedShape) -> None: ...
    @classmethod
    def from_fields(cls, fields: Mapping[str, Any], shape: ShapeLike | None = (), nrows: TensorLike | None = None, row_partitions: Any = None, validate: bool = False) -> tf.experimental.StructuredTensor:
        """The structured tensor of given fields."""
    @classmethod
    def from_fields_and_rank(cls, fields: Mapping[str, Any], rank: int, validate: bool = False, dtype: DTypeLike | None = None) -> tf.experimental.StructuredTensor:
        """The structured tensor of given fields, whose outermost `rank` dimensions are its own."""
    @classmethod
    def from_shape(cls, ragged_shape: tf.experimental.DynamicRaggedShape) -> tf.experimental.StructuredTensor:
        """Records without fields, arranged in a given shape."""
    @classmethod
    def from_pyval(cls, pyval: Any, typespec: Any = None) -> Any:
        """The structured tensor of dicts, or of nested lists of dicts with the same keys."""
    @property
    def shape(self) -> tf.TensorShape:
        """The static shape."""
    @property
    def rank(self) -> int:
        """The number of dimensions, not counting those of fields."""
    @property
    def row_partitions(self) -> tuple[tf.experimental.RowPartition, ...]:
        """A partition for each dimension behind the first."""
    def nrows(self) -> Any:
        """The number of rows, a scalar; None for a single record."""
    def with_shape_dtype(self, dtype: DTypeLike) -> tf.experimental.StructuredTensor:
        """The same with sizes of another dtype, int32 or int64."""
    def field_names(self) -> tuple[str, ...]:
        """The names of the fields."""
    def field_value(self, field_name: str | Sequence[str]) -> Any:
        """The value of a field for all records."""
    def __getitem__(self, key: Any) -> Any:
        """Records at a place or in a slice; behind the dimensions a field name and its keys."""
    def to_pyval(self) -> Any:
        """Dicts in as many nested lists as there are dimensions."""
    def merge_dims(self, outer_axis: int, inner_axis: int) -> tf.experimental.StructuredTensor:
        """The dimensions from `outer_axis` to `inner_axis` made one."""
    def partition_outer_dimension(self, row_partition: tf.experimental.RowPartition) -> tf.experimental.StructuredTensor:
        """Records arranged in rows: one more dimension in front."""
    def promote(self, source_path: Sequence[str], new_name: str) -> tf.experimental.StructuredTensor:
        """A copy of a field of a field, one level further up."""
    def with_updates(self, updates: Mapping[Any, Any], validate: bool = False) -> tf.experimental.StructuredTensor:
        """The same records with some fields set, changed or deleted."""
    Spec = StructuredTensorSpec
def async_clear_error() -> None:
    """Forget errors of ops that were computed later than they were called."""
def async_scope() -> AbstractContextManager[None]:
    """Let ops in a block be computed later than they are called."""
def dispatch_for_api(api: Any, *signatures: dict[Any, Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a function to be called in place of a public one for arguments of given types."""
def dispatch_for_binary_elementwise_apis(x_type: Any, y_type: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a function that does every elementwise function of two tensors for two types."""
def dispatch_for_binary_elementwise_assert_apis(x_type: Any, y_type: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a function that does every elementwise assertion for two types."""
def dispatch_for_unary_elementwise_apis(x_type: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a function that does every elementwise function of one tensor for a type."""
def enable_strict_mode() -> None:
    """Raise deprecation warnings of Tidefall as errors, until the process ends."""
float4_e2m1fn: tf.DType
float8_e4m3b11fnuz: tf.DType
float8_e4m3fn: tf.DType
float8_e4m3fnuz: tf.DType
float8_e5m2: tf.DType
float8_e5m2fnuz: tf.DType
def function_executor_type(executor_type: str | None) -> AbstractContextManager[None]:
    """Choose what runs the functions called in a block."""
int2: tf.DType
int4: tf.DType
def register_filesystem_plugin(plugin_location: Any) -> None:
    """Libraries for file systems cannot be loaded."""
uint2: tf.DType
uint4: tf.DType
def unregister_dispatch_for(dispatch_target: Callable[..., Any]) -> None:
    """Undo what one of the `dispatch_for_...` decorators did."""
