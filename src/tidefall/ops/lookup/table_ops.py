"""Ops that make lookup tables, read them and change them.

Each op has an old form whose handle is a reference; it lives in sessions only.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.errors import NotFoundError
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import MAKES, REFERS, reads, writes
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import MOVES, NO_EXTERNAL_STATE
from tidefall.ops.common import no_outputs, scalar
from tidefall.ops.lookup.tables import DenseTable, LookupTable, MutableTable, StaticTable
from tidefall.ops.lookup.text_files import read_columns
from tidefall.tensor.tensor import hint_of

# ---- making tables ----

_STATIC = {
    "int32": ("float64", "float32", "int32", "string"),
    "int64": ("float64", "float32", "int32", "int64", "string"),
    "string": ("float64", "float32", "int32", "int64", "bool", "string"),
}
"""The dtypes of values that TensorFlow's static tables may have, by the dtype of the keys."""


def _handle(c: Inference) -> TensorShape:
    return TensorShape(())


def _hash_table(*, key_dtype: DType, value_dtype: DType) -> StaticTable:
    if value_dtype.name not in _STATIC.get(key_dtype.name, ()):
        raise NotFoundError(
            None,
            None,
            f"There is no HashTable with keys of dtype {key_dtype.name} and values of dtype "
            f"{value_dtype.name}, in TensorFlow neither. A MutableHashTable may do.",
        )
    return StaticTable(key_dtype, value_dtype)


def _mutable_table(*, key_dtype: DType, value_dtype: DType) -> MutableTable:
    return MutableTable(key_dtype, value_dtype)


def _table_of_tensors(
    *, key_dtype: DType, value_dtype: DType, value_shape: TensorShape
) -> MutableTable:
    return MutableTable(key_dtype, value_dtype, value_shape)


def _dense_table(
    empty_key: np.ndarray,
    deleted_key: np.ndarray | None,
    *,
    key_dtype: DType,
    value_dtype: DType,
    value_shape: TensorShape,
    initial_num_buckets: int,
    max_load_factor: float,
) -> DenseTable:
    return DenseTable(
        key_dtype,
        value_dtype,
        value_shape,
        empty_key,
        deleted_key,
        initial_num_buckets,
        max_load_factor,
    )


def _old_dense_table(
    empty_key: np.ndarray,
    *,
    key_dtype: DType,
    value_dtype: DType,
    value_shape: TensorShape,
    initial_num_buckets: int,
    max_load_factor: float,
) -> DenseTable:
    return DenseTable(
        key_dtype,
        value_dtype,
        value_shape,
        empty_key,
        None,
        initial_num_buckets,
        max_load_factor,
    )


for _names, _make in (
    (("HashTable", "HashTableV2", "AnonymousHashTable"), _hash_table),
    (("MutableHashTable", "MutableHashTableV2", "AnonymousMutableHashTable"), _mutable_table),
    (
        (
            "MutableHashTableOfTensors",
            "MutableHashTableOfTensorsV2",
            "AnonymousMutableHashTableOfTensors",
        ),
        _table_of_tensors,
    ),
    (("MutableDenseHashTableV2", "AnonymousMutableDenseHashTable"), _dense_table),
    (("MutableDenseHashTable",), _old_dense_table),
):
    for _name in _names:
        _effects = MAKES if _name.startswith("Anonymous") else REFERS
        op(_name, shape=_handle, host=_make, effects=_effects, gradient=NOT_DIFFERENTIABLE)


# ---- reading ----


def table_of(c: Inference) -> LookupTable | None:
    """The table behind the first input, when it is known which one it is."""
    value = getattr(hint_of(c.inputs[0]), "storage", None)
    return value if isinstance(value, LookupTable) else None


def static_text_table(tensor: Any) -> StaticTable | None:
    """The table behind a handle, if it is known, never changes and has strings as keys."""
    table = getattr(tensor, "storage", None)
    return table if isinstance(table, StaticTable) and table.key_dtype is dtypes.string else None


def _find_shape(c: Inference) -> TensorShape:
    keys, default, table = c.shape(1), c.shape(2), table_of(c)
    if table is None:
        return keys if default.rank == 0 else TensorShape(None)
    if keys.rank is None:
        return TensorShape(None)
    rank = len(table.key_shape or ())
    return TensorShape(keys[: keys.rank - rank]).concatenate(table.value_shape)


def _find(table: LookupTable, keys: np.ndarray, default_value: np.ndarray) -> np.ndarray:
    return table.find(keys, default_value)


def _size(table: LookupTable) -> np.ndarray:
    return np.array(table.size(), np.int64)


def _export_shape(c: Inference) -> list[TensorShape]:
    table = table_of(c)
    if table is None:
        return [TensorShape(None), TensorShape(None)]
    if isinstance(table, DenseTable):
        return [TensorShape([None, None]), TensorShape([None, math.prod(table.value_shape)])]
    return [TensorShape([None]), TensorShape([None, *table.value_shape])]


def _export(table: LookupTable) -> tuple[np.ndarray, np.ndarray]:
    return table.export()


for _suffix in ("", "V2"):
    op(
        f"LookupTableFind{_suffix}",
        shape=_find_shape,
        host=_find,
        effects=reads("table_handle"),
        traits=(MOVES, NO_EXTERNAL_STATE),
        gradient=NOT_DIFFERENTIABLE,
    )
    op(
        f"LookupTableSize{_suffix}",
        shape=scalar,
        host=_size,
        effects=reads("table_handle"),
        traits=(NO_EXTERNAL_STATE,),
        gradient=NOT_DIFFERENTIABLE,
    )
    op(
        f"LookupTableExport{_suffix}",
        shape=_export_shape,
        host=_export,
        effects=reads("table_handle"),
        traits=(NO_EXTERNAL_STATE,),
        gradient=NOT_DIFFERENTIABLE,
    )


# ---- writing ----


def _insert(table: LookupTable, keys: np.ndarray, values: np.ndarray) -> None:
    table.insert(keys, values)


def _remove(table: LookupTable, keys: np.ndarray) -> None:
    table.remove(keys)


def _import(table: LookupTable, keys: np.ndarray, values: np.ndarray) -> None:
    table.replace(keys, values)


def _initialize(table: LookupTable, keys: np.ndarray, values: np.ndarray) -> None:
    table.initialize(keys, values)


def _initialize_from_file(
    table: LookupTable,
    filename: np.ndarray,
    *,
    key_index: int,
    value_index: int,
    vocab_size: int,
    delimiter: str,
    offset: int,
) -> None:
    keys, values = read_columns(
        filename.item(),
        (key_index, table.key_dtype),
        (value_index, table.value_dtype),
        vocab_size,
        delimiter,
        offset,
    )
    table.initialize(keys, values)


for _suffix in ("", "V2"):
    for _kind, _kernel, _traits in (
        ("LookupTableInsert", _insert, (NO_EXTERNAL_STATE,)),
        ("LookupTableImport", _import, (NO_EXTERNAL_STATE,)),
        ("InitializeTable", _initialize, ()),
        ("InitializeTableFromTextFile", _initialize_from_file, ()),
    ):
        op(
            f"{_kind}{_suffix}",
            shape=no_outputs,
            host=_kernel,
            effects=writes("table_handle"),
            traits=_traits,
            gradient=NOT_DIFFERENTIABLE,
        )
op(
    "LookupTableRemoveV2",
    shape=no_outputs,
    host=_remove,
    effects=writes("table_handle"),
    traits=(NO_EXTERNAL_STATE,),
    gradient=NOT_DIFFERENTIABLE,
)
