"""From a dict of features to what a parsing op is asked for, and from its results back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.shapes import TensorShape
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.io.parsing.features import (
    FixedLenFeature,
    FixedLenSequenceFeature,
    RaggedFeature,
    SparseFeature,
    UniformRowLength,
    VarLenFeature,
)
from tidefall.io.parsing.ragged_features import ragged_feature
from tidefall.ops.array.joining import concat
from tidefall.ops.array.reshaping import expand_dims, reshape
from tidefall.ops.sparse.shape import reorder
from tidefall.tensor.conversion import convert_to_tensor


@dataclass
class Plan:
    """The features a parsing op is asked for, each group in the order of the keys.

    Attributes:
        sparse: dtype of each feature that comes as indices, values and dense shape.
        dense: dtype, shape and default of each feature that comes as one tensor.
        ragged: dtypes of the values and of the splits of each ragged feature.
        missing: the keys of sequences that examples may lack.
    """

    sparse: dict[Any, DType] = field(default_factory=dict)
    dense: dict[Any, tuple[DType, TensorShape, Any]] = field(default_factory=dict)
    ragged: dict[Any, tuple[DType, DType]] = field(default_factory=dict)
    missing: set[Any] = field(default_factory=set)

    @property
    def sparse_types(self) -> list[DType]:
        return list(self.sparse.values())

    @property
    def dense_types(self) -> list[DType]:
        return [dtype for dtype, _, _ in self.dense.values()]

    @property
    def dense_shapes(self) -> list[TensorShape]:
        return [shape for _, shape, _ in self.dense.values()]

    @property
    def defaults(self) -> list[Any]:
        return [default for _, _, default in self.dense.values()]

    @property
    def ragged_types(self) -> list[DType]:
        return [dtype for dtype, _ in self.ragged.values()]

    @property
    def split_types(self) -> list[DType]:
        return [splits for _, splits in self.ragged.values()]


def key_tensor(keys: Any) -> Any:
    """The keys of one group as a string tensor, also where there are none."""
    return convert_to_tensor(list(keys), dtypes.string)


def make_plan(features: Any, allowed: Sequence[type]) -> Plan:
    """What must be parsed for these features.

    Args:
        features: dict of keys and features.
        allowed: the classes of features that may stand in it.

    Raises:
        ValueError: for a feature of another class, one without dtype or shape, and where two
            features want the same key in different ways.
    """
    plan = Plan()
    for key in sorted(features):
        feature = features[key]
        if not isinstance(feature, tuple(allowed)):
            raise ValueError(f"Unsupported {type(feature).__name__} {feature} for key {key!r}")
        if not feature.dtype:
            raise ValueError(f"Missing type for feature {key}. Received feature={feature}")
        _PLANNERS[type(feature)](plan, key, feature)
    groups = {"dense": plan.dense, "sparse": plan.sparse, "ragged": plan.ragged}
    for one, two in (("dense", "sparse"), ("dense", "ragged"), ("sparse", "ragged")):
        common = set(groups[one]) & set(groups[two])
        if common:
            raise ValueError(
                f"{one.capitalize()} and {two} keys must not intersect; {one}_keys: "
                f"{list(groups[one])}, {two}_keys: {list(groups[two])}, intersection: {common}"
            )
    return plan


def _plan_sparse(plan: Plan, key: Any, dtype: DType) -> None:
    before = plan.sparse.setdefault(key, dtype)
    if before != dtype:
        raise ValueError(f"Conflicting type {before!r} vs {dtype!r} for feature {key}.")


def _plan_ragged(plan: Plan, key: Any, dtype: DType, splits: DType) -> None:
    before = plan.ragged.setdefault(key, (dtype, splits))
    if before != (dtype, splits):
        raise ValueError(f"Conflicting types {before} vs {(dtype, splits)} for feature {key}.")


def _plan_var(plan: Plan, key: Any, feature: VarLenFeature) -> None:
    _plan_sparse(plan, key, as_dtype(feature.dtype))


def _plan_sparse_feature(plan: Plan, key: Any, feature: SparseFeature) -> None:
    if not feature.index_key:
        raise ValueError(f"Missing index_key for SparseFeature {feature}.")
    if not feature.value_key:
        raise ValueError(f"Missing value_key for SparseFeature {feature}.")
    for index_key in sorted(_index_keys(feature)):
        _plan_sparse(plan, index_key, dtypes.int64)
    _plan_sparse(plan, feature.value_key, as_dtype(feature.dtype))


def _plan_fixed(plan: Plan, key: Any, feature: FixedLenFeature) -> None:
    if feature.shape is None:
        raise ValueError(f"Missing shape for feature {key}. Received feature={feature}.")
    shape, dtype = TensorShape(feature.shape), as_dtype(feature.dtype)
    if shape.rank and shape[0] is None:
        raise ValueError(
            f"First dimension of shape for feature {key} unknown. Consider using "
            f"FixedLenSequenceFeature. Received feature={feature}."
        )
    if not shape.is_fully_defined():
        raise ValueError(
            f"All dimensions of shape for feature {key} need to be known but received "
            f"{feature.shape}."
        )
    if feature.default_value is None:
        default = convert_to_tensor([], dtype)
    else:
        default = reshape(convert_to_tensor(feature.default_value, dtype), shape.as_list())
    plan.dense[key] = dtype, shape, default


def _plan_sequence(plan: Plan, key: Any, feature: FixedLenSequenceFeature) -> None:
    if feature.shape is None:
        raise ValueError(f"Missing shape for feature {key}. Received feature={feature}.")
    dtype = as_dtype(feature.dtype)
    default = feature.default_value
    if default is None:
        default = "" if dtype == dtypes.string else 0
    default = reshape(convert_to_tensor(default, dtype), [])
    plan.dense[key] = dtype, TensorShape([None]).concatenate(feature.shape), default
    if feature.allow_missing:
        plan.missing.add(key)


def _plan_ragged_feature(plan: Plan, key: Any, feature: RaggedFeature) -> None:
    value_key = key if feature.value_key is None else feature.value_key
    splits = feature.row_splits_dtype
    _plan_ragged(plan, value_key, feature.dtype, splits)
    for partition in feature.partitions:
        if not isinstance(partition, UniformRowLength):
            _plan_ragged(plan, partition.key, dtypes.int64, splits)


_PLANNERS: dict[type, Any] = {
    VarLenFeature: _plan_var,
    SparseFeature: _plan_sparse_feature,
    FixedLenFeature: _plan_fixed,
    FixedLenSequenceFeature: _plan_sequence,
    RaggedFeature: _plan_ragged_feature,
}


def _index_keys(feature: SparseFeature) -> list[Any]:
    keys = feature.index_key
    return list(keys) if isinstance(keys, list | tuple) else [keys]


# ---- results ----


def gather_results(features: Any, parsed: dict[Any, Any]) -> dict[Any, Any]:
    """The tensors asked for, made of those that were parsed.

    Args:
        features: dict of keys and features.
        parsed: what was parsed: a tensor, SparseTensor or RaggedTensor for each key of the plan.
    """
    plain = (VarLenFeature, FixedLenFeature, FixedLenSequenceFeature)
    found = {k: v for k, v in parsed.items() if isinstance(features.get(k), plain)}
    for key in sorted(features):
        feature = features[key]
        if isinstance(feature, RaggedFeature):
            found[key] = ragged_feature(key, feature, parsed)
    for key in sorted(features):
        feature = features[key]
        if isinstance(feature, SparseFeature):
            found[key] = _merged(feature, parsed)
    return found


def _merged(feature: SparseFeature, parsed: dict[Any, Any]) -> SparseTensor:
    keys = _index_keys(feature)
    positions = [parsed[key] for key in keys]
    values: SparseTensor = parsed[feature.value_key]
    sizes = _sizes(feature)
    if len(sizes) != len(keys):
        raise ValueError(f"{feature} has {len(keys)} index keys but {len(sizes)} sizes.")
    columns = [expand_dims(position.values, 1) for position in positions]
    indices = concat([positions[0].indices[:, :-1], *columns], 1)
    shape = concat([positions[0].dense_shape[:-1], convert_to_tensor(sizes, dtypes.int64)], 0)
    values.values.shape[:1].assert_is_compatible_with(indices.shape[:1])
    merged = SparseTensor(indices, values.values, shape)
    return merged if feature.already_sorted else reorder(merged)


def _sizes(feature: SparseFeature) -> list[Any]:
    size = feature.size
    if isinstance(feature.index_key, list | tuple):
        if not isinstance(size, list | tuple):
            raise TypeError(f"The size of {feature} has to be a list, as its index_key is.")
        return list(size)
    if size is None or isinstance(size, list | tuple):
        raise TypeError(f"The size of {feature} has to be a single number, as its index_key is.")
    return [size]


def collect_parsed(plan: Plan, sparse: Sequence[Any], dense: Any, ragged: Sequence[Any]) -> Any:
    """The outputs of a parsing op by their keys.

    Args:
        plan: what was asked for.
        sparse: lists of indices, values and dense shapes.
        dense: list of tensors.
        ragged: lists of values and row splits; splits of shape `[0]` stand for a single example.
    """
    parsed: dict[Any, Any] = {}
    for key, parts in zip(plan.sparse, zip(*sparse, strict=True), strict=True):
        parsed[key] = SparseTensor(*parts)
    parsed.update(zip(plan.dense, dense, strict=True))
    for key, (values, splits) in zip(plan.ragged, zip(*ragged, strict=True), strict=True):
        single = splits.shape.as_list() == [0]
        parsed[key] = (
            values if single else RaggedTensor.from_row_splits(values, splits, validate=False)
        )
    return parsed
