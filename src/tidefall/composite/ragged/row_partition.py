"""`tf.experimental.RowPartition`: how the values of a ragged dimension fall into rows."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from tidefall.base import dtypes
from tidefall.base.composite import CompositeTensor
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, Tensor

_KEY = object()
_INDEX_TYPES = (dtypes.int32, dtypes.int64)


def known(tensor: Any) -> np.ndarray | None:
    """The value of a tensor where it is known now: eager, or constant in the graph."""
    if tensor is None:
        return None
    if isinstance(tensor, EagerTensor):
        return tensor.host_array()
    if not isinstance(tensor, Tensor):
        return np.asarray(tensor)
    return tensor.graph.static_value(tensor)  # type: ignore[attr-defined]


def _known_int(tensor: Any) -> int | None:
    value = known(tensor)
    return None if value is None else int(value)


def index_tensor(value: Any, name: str, dtype: Any = None) -> Any:
    """A value as an int32 or int64 tensor; Python values become int64.

    Raises:
        ValueError: for tensors of another dtype.
    """
    if not isinstance(value, Tensor) and dtype is None:
        dtype = getattr(value, "dtype", None)
        if dtype not in (np.int32, np.int64):
            dtype = _integral(value)
    tensor = convert_to_tensor(value, dtype)
    if tensor.dtype not in _INDEX_TYPES:
        raise ValueError(f"{name} must have dtype int32 or int64")
    return tensor


def _integral(value: Any) -> Any:
    """The dtype of integers that come without one: that of tensors among them, or int64."""
    array = value if isinstance(value, (np.ndarray, list, tuple)) else np.asarray(value)
    if isinstance(array, (list, tuple)):
        given = next((item.dtype for item in array if isinstance(item, Tensor)), None)
        if given is not None:
            return given
        array = np.asarray(array)
    return dtypes.int64 if array.size == 0 or array.dtype.kind in "iu" else None


def _fail(factory: str, what: str, rows: str) -> None:
    raise InvalidArgumentError(
        None, None, f"Arguments to {factory} do not form a valid {what}.  \n{rows}"
    )


def _check_increasing(factory: str, what: str, tensor: Any) -> None:
    value = known(tensor)
    if value is None:
        return
    _check_not_negative(factory, what, np.diff(value))


def _check_not_negative(factory: str, what: str, tensor: Any) -> None:
    value = known(tensor)
    if value is not None and value.size and value.min() < 0:
        shown = [str(v) for v in value]
        _fail(
            factory,
            what,
            "Condition x >= 0 did not hold element-wise:\n"
            f"x (shape={value.shape} dtype={value.dtype}) = \n{shown}",
        )


def check_equal(factory: str, what: str, x: Any, y: Any) -> None:
    """Raise InvalidArgumentError if two integers, as far as they are known, differ."""
    a, b = known(x), known(y)
    if a is not None and b is not None and int(a) != int(b):
        raise InvalidArgumentError(
            None,
            None,
            f"Arguments to {factory} do not form a valid {what}\nCondition x == y did not hold.\n"
            f"First 1 elements of x:\n[{int(a)}]\nFirst 1 elements of y:\n[{int(b)}]",
        )


# Arithmetic on small index tensors: NumPy at once when eager, ops while tracing.


def differences(splits: Any) -> Any:
    """`splits[i + 1] - splits[i]`."""
    if isinstance(splits, EagerTensor):
        return EagerTensor(np.diff(splits.host_array()))
    return splits[1:] - splits[:-1]


def lengths_to_splits(lengths: Any) -> Any:
    """Row splits of rows with the given lengths."""
    if isinstance(lengths, EagerTensor):
        value = lengths.host_array()
        splits = np.zeros(len(value) + 1, value.dtype)
        np.cumsum(value, out=splits[1:])
        return EagerTensor(splits)
    zero = convert_to_tensor(np.zeros(1, lengths.dtype.as_numpy_dtype))
    return raw.ConcatV2([zero, raw.Cumsum(lengths, 0)], 0)


def search(sorted_values: Any, values: Any, side: Literal["left", "right"]) -> Any:
    """Positions in a sorted vector where values would be inserted; `np.searchsorted`."""
    if isinstance(sorted_values, EagerTensor) and isinstance(values, EagerTensor):
        found = np.searchsorted(sorted_values.host_array(), values.host_array(), side=side)
        return EagerTensor(found.astype(sorted_values.host_array().dtype))
    bound = raw.UpperBound if side == "right" else raw.LowerBound
    expand = raw.ExpandDims
    found = bound(expand(sorted_values, 0), expand(values, 0), out_type=sorted_values.dtype)
    return raw.Squeeze(found, squeeze_dims=[0])


def count(n: Any, dtype: DType) -> Any:
    """`[0, 1, ..., n - 1]`."""
    if isinstance(n, EagerTensor):
        return EagerTensor(np.arange(int(n), dtype=dtype.as_numpy_dtype))
    zero, one = (convert_to_tensor(i, dtype) for i in (0, 1))
    return raw.Range(zero, n, one)


def dimension(tensor: Any, axis: int, dtype: DType) -> Any:
    """The size of one dimension of a tensor, as a scalar tensor."""
    size = tensor.shape[axis] if tensor.shape.rank is not None else None
    if size is not None:
        return convert_to_tensor(size, dtype)
    return raw.Shape(tensor, out_type=dtype)[axis]


@export("experimental.RowPartition")
class RowPartition(CompositeTensor):
    """A partition of `nvals` values into `nrows` rows of consecutive values.

    Make one with the `from_...` class methods.

    >>> import tidefall as tf
    >>> tf.experimental.RowPartition.from_row_lengths([2, 0, 1]).row_splits().numpy()
    array([0, 2, 2, 3])
    """

    def __init__(
        self,
        row_splits: Any,
        row_lengths: Any = None,
        value_rowids: Any = None,
        nrows: Any = None,
        uniform_row_length: Any = None,
        nvals: Any = None,
        internal: Any = False,
    ):
        if internal is not _KEY:
            raise ValueError(
                "RowPartition constructor is private; please use one of the factory methods "
                "instead (e.g., RowPartition.from_row_lengths())"
            )
        self._row_splits = row_splits
        self._row_lengths = row_lengths
        self._value_rowids = value_rowids
        self._nrows = nrows
        self._uniform_row_length = uniform_row_length
        self._nvals = nvals

    # ---- making one ----

    @classmethod
    def from_row_splits(
        cls, row_splits: Any, validate: bool = True, dtype: Any = None, dtype_hint: Any = None
    ) -> RowPartition:
        """Row `i` holds the values from `row_splits[i]` up to `row_splits[i + 1]`."""
        if not isinstance(validate, bool):
            raise TypeError("validate must have type bool")
        if isinstance(row_splits, (list, tuple)) and not row_splits:
            raise ValueError("row_splits tensor may not be empty.")
        splits = index_tensor(row_splits, "row_splits", dtype)
        splits.shape.assert_has_rank(1)
        if splits.shape.rank is None:
            splits.set_shape([None])
        if splits.shape[0] == 0:
            raise ValueError("row_splits tensor may not be empty.")
        if validate:
            value = known(splits)
            if value is not None:
                check_equal("from_row_splits", "RaggedTensor:zero", value[0], 0)
                _check_increasing("from_row_splits", "RaggedTensor:monotonic", value)
        return cls(splits, internal=_KEY)

    @classmethod
    def from_row_lengths(
        cls, row_lengths: Any, validate: bool = True, dtype: Any = None, dtype_hint: Any = None
    ) -> RowPartition:
        """Row `i` holds the next `row_lengths[i]` values."""
        lengths = index_tensor(row_lengths, "row_lengths", dtype)
        lengths.shape.assert_has_rank(1)
        if validate:
            _check_not_negative("from_row_lengths", "RowPartition", lengths)
        return cls(lengths_to_splits(lengths), row_lengths=lengths, internal=_KEY)

    @classmethod
    def from_row_starts(
        cls, row_starts: Any, nvals: Any, validate: bool = True, dtype: Any = None,
        dtype_hint: Any = None,
    ) -> RowPartition:  # fmt: skip
        """Row `i` begins with value `row_starts[i]`; the last one ends with the last value."""
        starts = index_tensor(row_starts, "row_starts", dtype)
        starts.shape.assert_has_rank(1)
        total = convert_to_tensor(nvals, starts.dtype)
        value, size = known(starts), known(total)
        if validate and value is not None and value.size:
            check_equal("from_row_starts", "RaggedTensor", value[0], 0)
            _check_increasing("from_row_starts", "RaggedTensor", value)
            if size is not None and value[-1] > size:
                raise InvalidArgumentError(
                    None, None,
                    "Arguments to from_row_starts do not form a valid RaggedTensor\nCondition x <= "
                    f"y did not hold.\nFirst 1 elements of x:\n[{value[-1]}]\nFirst 1 elements of "
                    f"y:\n[{size}]",
                )  # fmt: skip
        ends = raw.ExpandDims(total, 0)
        return cls(raw.ConcatV2([starts, ends], 0), nvals=total, internal=_KEY)

    @classmethod
    def from_row_limits(
        cls, row_limits: Any, validate: bool = True, dtype: Any = None, dtype_hint: Any = None
    ) -> RowPartition:
        """Row `i` ends before value `row_limits[i]`."""
        limits = index_tensor(row_limits, "row_limits", dtype)
        limits.shape.assert_has_rank(1)
        zero = convert_to_tensor(np.zeros(1, limits.dtype.as_numpy_dtype))
        if validate:
            _check_not_negative(
                "from_row_limits",
                "RaggedTensor",
                None if (found := known(limits)) is None else found[:1],
            )
            _check_increasing("from_row_limits", "RaggedTensor", limits)
        return cls(raw.ConcatV2([zero, limits], 0), internal=_KEY)

    @classmethod
    def from_value_rowids(
        cls, value_rowids: Any, nrows: Any = None, validate: bool = True, dtype: Any = None,
        dtype_hint: Any = None,
    ) -> RowPartition:  # fmt: skip
        """Value `i` is in row `value_rowids[i]`; row numbers must not decrease."""
        rowids = index_tensor(value_rowids, "value_rowids", dtype)
        rowids.shape.assert_has_rank(1)
        value = known(rowids)
        if validate:
            _check_not_negative("from_value_rowids", "RowPartition", value)
            _check_increasing("from_value_rowids", "RowPartition", value)
        if nrows is None:
            if value is not None:
                nrows = int(value[-1]) + 1 if value.size else 0
            else:
                nrows = raw.ConcatV2([convert_to_tensor([-1], rowids.dtype), rowids], 0)[-1] + 1
        rows = _known_int(nrows)
        if rows is not None and rows < 0:
            raise ValueError(f"Expected nrows >= 0; got {rows}")
        if rows is not None and value is not None and value.size and rows <= value[-1]:
            raise ValueError(
                f"Expected nrows >= value_rowids[-1] + 1; got nrows={rows}, "
                f"value_rowids[-1]={value[-1]}"
            )
        count_rows = convert_to_tensor(nrows, rowids.dtype)
        splits = search(rowids, count(count_rows + 1, rowids.dtype), "left")
        if rows is not None and not isinstance(splits, EagerTensor):
            splits.set_shape([rows + 1])
        return cls(splits, value_rowids=rowids, nrows=count_rows, internal=_KEY)

    @classmethod
    def from_uniform_row_length(
        cls, uniform_row_length: Any, nvals: Any = None, nrows: Any = None, validate: bool = True,
        dtype: Any = None, dtype_hint: Any = None,
    ) -> RowPartition:  # fmt: skip
        """All rows have the same number of values."""
        if nvals is None and nrows is None:
            raise ValueError("Must specify nvals or nrows")
        length = index_tensor(uniform_row_length, "uniform_row_length", dtype)
        if length.shape.rank not in (0, None):
            raise ValueError("uniform_row_length must be a scalar.")
        size, rows, total = _known_int(length), _known_int(nrows), _known_int(nvals)
        if size is not None and size < 0:
            raise ValueError(f"Expected uniform_row_length >= 0; got {size}")
        if nrows is None:
            if size is not None and total is not None:
                rows = total // size if size else 0
                nrows = rows
            else:
                nrows = (
                    raw.DivNoNan(convert_to_tensor(nvals), length)
                    if size is None
                    else convert_to_tensor(nvals, length.dtype) // max(size, 1)
                )
        count_rows = convert_to_tensor(nrows, length.dtype)
        if validate and None not in (size, rows, total) and size * rows != total:  # type: ignore[operator]
            raise ValueError(
                f"uniform_row_length={size} times nrows={rows} must equal nvals={total}"
            )
        splits = count(count_rows + 1, length.dtype) * length
        if rows is not None and not isinstance(splits, EagerTensor):
            splits.set_shape([rows + 1])
        values = None if nvals is None else convert_to_tensor(nvals, length.dtype)
        return cls(splits, nrows=count_rows, uniform_row_length=length, nvals=values, internal=_KEY)

    # ---- what it says ----

    @property
    def dtype(self) -> DType:
        """int32 or int64."""
        return self._row_splits.dtype

    def row_splits(self) -> Any:
        """`[nrows + 1]`, where rows begin and end."""
        return self._row_splits

    def row_lengths(self) -> Any:
        """`[nrows]`, the number of values in each row."""
        if self._row_lengths is None:
            self._row_lengths = differences(self._row_splits)
        return self._row_lengths

    def row_starts(self) -> Any:
        """`[nrows]`, number of the first value of each row."""
        return self._row_splits[:-1]

    def row_limits(self) -> Any:
        """`[nrows]`, number after the last value of each row."""
        return self._row_splits[1:]

    def value_rowids(self) -> Any:
        """`[nvals]`, the row of each value."""
        if self._value_rowids is None:
            positions = count(self.nvals(), self.dtype)
            self._value_rowids = search(self._row_splits[1:], positions, "right")
        return self._value_rowids

    def nrows(self) -> Any:
        """Number of rows, a scalar."""
        if self._nrows is not None:
            return self._nrows
        static = self.static_nrows
        if static is not None:
            return convert_to_tensor(static, self.dtype)
        return raw.Shape(self._row_splits, out_type=self.dtype)[0] - 1

    def nvals(self) -> Any:
        """Number of values, a scalar."""
        return self._nvals if self._nvals is not None else self._row_splits[-1]

    def uniform_row_length(self) -> Any:
        """The length of every row where that is known to be the same, or None."""
        return self._uniform_row_length

    def offsets_in_rows(self) -> Any:
        """`[nvals]`, the position of each value in its row."""
        starts = raw.GatherV2(self._row_splits, self.value_rowids(), 0)
        return count(self.nvals(), self.dtype) - starts

    def is_uniform(self) -> bool:
        """Whether all rows are known to have the same length."""
        return self._uniform_row_length is not None

    @property
    def static_nrows(self) -> int | None:
        """Number of rows, if known while tracing."""
        size = self._row_splits.shape[0] if self._row_splits.shape.rank is not None else None
        return size - 1 if size is not None else _known_int(self._nrows)

    @property
    def static_nvals(self) -> int | None:
        """Number of values, if known while tracing."""
        if self._nvals is not None:
            return _known_int(self._nvals)
        splits = known(self._row_splits)
        return None if splits is None else int(splits[-1])

    @property
    def static_uniform_row_length(self) -> int | None:
        """The uniform row length, if known while tracing."""
        return _known_int(self._uniform_row_length)

    def with_dtype(self, dtype: Any) -> RowPartition:
        """The same partition with index tensors of another dtype."""
        wanted = as_dtype(dtype)
        if wanted not in _INDEX_TYPES:
            raise ValueError("dtype must be int32 or int64")
        if wanted == self.dtype:
            return self

        def cast(tensor: Any) -> Any:
            return None if tensor is None else raw.Cast(tensor, DstT=wanted)

        return RowPartition(
            cast(self._row_splits), cast(self._row_lengths), cast(self._value_rowids),
            cast(self._nrows), cast(self._uniform_row_length), cast(self._nvals), internal=_KEY,
        )  # fmt: skip

    def with_row_splits(self, splits: Any) -> RowPartition:
        """A partition with these splits that keeps what is known statically of this one."""
        length = self.static_uniform_row_length
        uniform = None if length is None else convert_to_tensor(length, splits.dtype)
        return RowPartition(splits, uniform_row_length=uniform, internal=_KEY)

    @property
    def _type_spec(self) -> Any:
        from tidefall.composite.ragged.row_partition_spec import RowPartitionSpec

        return RowPartitionSpec.from_value(self)

    def __repr__(self) -> str:
        if isinstance(self._row_splits, EagerTensor):
            if self._uniform_row_length is not None:
                return (
                    f"tf.RowPartition(nrows={int(known(self.nrows()))}, "  # type: ignore[arg-type]
                    f"uniform_row_length={self.static_uniform_row_length})"
                )
            return f"tf.RowPartition(row_splits={self._row_splits.host_array()})"
        return f"tf.RowPartition(row_splits={self._row_splits})"


def partition(splits: Any, uniform_row_length: Any = None) -> RowPartition:
    """A partition with given row splits, unchecked."""
    return RowPartition(splits, uniform_row_length=uniform_row_length, internal=_KEY)


RowPartition.__module__ = "tensorflow.python.ops.ragged.row_partition"


def static_dimension(tensor: Any) -> int | None:
    """The outermost dimension of a tensor or ragged tensor, if known."""
    shape = tensor.shape if isinstance(tensor.shape, TensorShape) else TensorShape(tensor.shape)
    return None if shape.rank in (None, 0) else shape[0]
