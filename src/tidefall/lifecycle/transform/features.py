"""Feature specs, schemas, and the specs of the tensors that a batch of features is.

`DatasetMetadata` holds a schema; `schema_from_feature_spec` and `schema_as_feature_spec` go between
TensorFlow Metadata's Schema and what `tf.io.parse_example` takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import tidefall as tf
from tidefall.lifecycle.data_validation.failures import unimplemented
from tidefall.lifecycle.data_validation.protos import own
from tidefall.proto import metadata

_HIDDEN_STAGES = ("PLANNED", "ALPHA", "DEPRECATED", "DEBUG_ONLY", "DISABLED")


class FeatureSpecAndDomains(NamedTuple):
    """A feature spec, and the domains of those features that have one."""

    feature_spec: dict[str, Any]
    domains: dict[str, Any]


class DatasetMetadata:
    """What is known of a data set: its schema.

    Args:
        schema: a Schema of TensorFlow Metadata.
    """

    def __init__(self, schema: Any):
        self._schema = own(schema)

    @classmethod
    def from_feature_spec(
        cls, feature_spec: Mapping[str, Any], domains: Mapping[str, Any] | None = None
    ) -> DatasetMetadata:
        """Return the metadata of features as `tf.io.parse_example` describes them.

        Args:
            feature_spec: from names to FixedLenFeature, VarLenFeature, SparseFeature or
                RaggedFeature.
            domains: from names to IntDomain, FloatDomain or StringDomain.

        Raises:
            ValueError: a dtype that a schema has no type for.
            TypeError: something that is no feature.
        """
        return cls(schema_from_feature_spec(feature_spec, domains))

    @property
    def schema(self) -> Any:
        """The Schema."""
        return self._schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatasetMetadata) and self._schema == other._schema

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"DatasetMetadata({self._schema!r})"


def _types() -> dict[Any, int]:
    kinds = metadata.FeatureType
    return {tf.int64: kinds.INT, tf.float32: kinds.FLOAT, tf.string: kinds.BYTES}


def _set(feature: Any, name: str, dtype: Any, domain: Any) -> None:
    kind = _types().get(tf.as_dtype(dtype))
    if kind is None:
        raise ValueError(
            f"feature {name!r} has dtype {tf.as_dtype(dtype).name}, which a schema has no type "
            "for: cast it to int64, float32 or string"
        )
    feature.type = kind
    if domain is not None:
        which = {"IntDomain": "int_domain", "FloatDomain": "float_domain"}
        field = which.get(domain.DESCRIPTOR.name, "string_domain")
        getattr(feature, field).CopyFrom(own(domain))


def schema_from_feature_spec(
    feature_spec: Mapping[str, Any], domains: Mapping[str, Any] | None = None
) -> Any:
    """Return the Schema of a feature spec. See `DatasetMetadata.from_feature_spec`."""
    domains = domains or {}
    schema = metadata.Schema()
    shown = schema.tensor_representation_group[""].tensor_representation
    for name, spec in sorted(feature_spec.items()):
        domain = domains.get(name)
        if isinstance(spec, tf.io.FixedLenFeature):
            feature = schema.feature.add(name=name)
            _set(feature, name, spec.dtype, domain)
            feature.shape.SetInParent()
            for size in spec.shape:
                feature.shape.dim.add(size=size)
            if spec.default_value is None:
                feature.presence.min_fraction = 1.0
            else:
                _show_default(shown[name].dense_tensor, name, spec)
        elif isinstance(spec, tf.io.VarLenFeature):
            _set(schema.feature.add(name=name), name, spec.dtype, domain)
        elif isinstance(spec, tf.io.SparseFeature):
            _add_sparse(schema, name, spec, domain)
        elif isinstance(spec, tf.io.RaggedFeature):
            if spec.partitions:
                raise unimplemented(f"feature {name!r}: a RaggedFeature with partitions")
            value = spec.value_key or name
            _set(schema.feature.add(name=value), name, spec.dtype, domain)
            shown[name].ragged_tensor.feature_path.step.append(value)
        else:
            raise TypeError(
                f"feature {name!r} should be a FixedLenFeature, VarLenFeature, SparseFeature or "
                f"RaggedFeature, got {spec!r}"
            )
    if not shown:
        schema.ClearField("tensor_representation_group")
    return schema


def _show_default(dense: Any, name: str, spec: Any) -> None:
    dense.column_name = name
    for size in spec.shape:
        dense.shape.dim.add(size=size)
    value = spec.default_value
    value = value[0] if isinstance(value, (list, tuple)) and value else value
    if spec.dtype == tf.string:
        dense.default_value.bytes_value = value.encode() if isinstance(value, str) else value
    elif spec.dtype == tf.int64:
        dense.default_value.int_value = int(value)
    else:
        dense.default_value.float_value = float(value)


def _add_sparse(schema: Any, name: str, spec: Any, domain: Any) -> None:
    keys = spec.index_key if isinstance(spec.index_key, (list, tuple)) else [spec.index_key]
    sizes = spec.size if isinstance(spec.size, (list, tuple)) else [spec.size]
    sparse = schema.sparse_feature.add(name=name, is_sorted=bool(spec.already_sorted))
    for key, size in zip(keys, sizes, strict=True):
        index = schema.feature.add(name=key, type=metadata.FeatureType.INT)
        index.int_domain.min, index.int_domain.max = 0, int(size) - 1
        sparse.index_feature.add(name=key)
    _set(schema.feature.add(name=spec.value_key), name, spec.dtype, domain)
    sparse.value_feature.name = spec.value_key


def schema_as_feature_spec(schema: Any) -> FeatureSpecAndDomains:
    """Return what `tf.io.parse_example` needs to read data of a schema, and the features' domains.

    Features that are planned, in alpha, deprecated, disabled or for debugging are left out.

    Raises:
        UnimplementedError: a feature of structs.
    """
    schema = own(schema)
    dtypes = {kind: dtype for dtype, kind in _types().items()}
    features = {
        feature.name: feature for feature in schema.feature
        if metadata.LifecycleStage.Name(feature.lifecycle_stage) not in _HIDDEN_STAGES
    }  # fmt: skip
    strings = {domain.name: domain for domain in schema.string_domain}
    specs: dict[str, Any] = {}
    domains: dict[str, Any] = {}
    hidden: set[str] = set()

    def dtype_of(name: str) -> Any:
        kind = features[name].type
        if kind not in dtypes:
            raise unimplemented(
                f"feature {name!r} has type {metadata.FeatureType.Name(kind)} in the schema"
            )
        return dtypes[kind]

    def place(name: str, spec: Any, source: str) -> None:
        specs[name] = spec
        which = features[source].WhichOneof("domain_info")
        if which == "domain":
            domains[name] = strings.get(features[source].domain)
        elif which in ("int_domain", "float_domain", "string_domain"):
            domains[name] = getattr(features[source], which)

    for sparse in schema.sparse_feature:
        indices = [index.name for index in sparse.index_feature]
        value = sparse.value_feature.name
        hidden.update([*indices, value])
        sizes = [features[name].int_domain.max + 1 for name in indices]
        single = len(indices) == 1
        spec = tf.io.SparseFeature(
            indices[0] if single else indices, value, dtype_of(value),
            sizes[0] if single else sizes, sparse.is_sorted,
        )  # fmt: skip
        place(sparse.name, spec, value)
    shown = schema.tensor_representation_group[""].tensor_representation
    for name, how in shown.items():
        if how.WhichOneof("kind") == "ragged_tensor":
            value = how.ragged_tensor.feature_path.step[0]
            hidden.add(value)
            place(name, tf.io.RaggedFeature(dtype_of(value), value), value)
    for name, feature in features.items():
        if name not in hidden:
            default = _shown_default(shown[name]) if name in shown else None
            legacy = getattr(schema, "generate_legacy_feature_spec", False)
            place(name, _plain_spec(feature, dtype_of(name), default, legacy), name)
    if not shown:
        schema.ClearField("tensor_representation_group")
    return FeatureSpecAndDomains(specs, domains)


def _shown_default(how: Any) -> Any:
    if how.WhichOneof("kind") != "dense_tensor":
        return None
    which = how.dense_tensor.default_value.WhichOneof("kind")
    return getattr(how.dense_tensor.default_value, which) if which else None


def _plain_spec(feature: Any, dtype: Any, default: Any, legacy: bool) -> Any:
    always = feature.presence.min_fraction == 1
    if feature.HasField("shape") and (always or default is not None):
        shape = [int(dim.size) for dim in feature.shape.dim]
        return tf.io.FixedLenFeature(shape, dtype, default)
    count = feature.value_count
    if legacy and count.min == count.max and count.min > 0:
        shape = [] if count.min == 1 else [int(count.min)]
        nothing = None if always else (b"" if dtype == tf.string else -1)
        if nothing is not None and shape:
            nothing = [nothing] * shape[0]
        return tf.io.FixedLenFeature(shape, dtype, nothing)
    return tf.io.VarLenFeature(dtype)


def type_specs(feature_spec: Mapping[str, Any]) -> dict[str, Any]:
    """The specs of the tensors of a batch, by feature name; TypeSpecs stay as they are."""
    specs: dict[str, Any] = {}
    for name, spec in feature_spec.items():
        if isinstance(spec, tf.TypeSpec):
            specs[name] = spec
        elif isinstance(spec, tf.io.FixedLenFeature):
            specs[name] = tf.TensorSpec([None, *spec.shape], spec.dtype, name)
        elif isinstance(spec, tf.io.VarLenFeature):
            specs[name] = tf.SparseTensorSpec([None, None], spec.dtype)
        elif isinstance(spec, tf.io.SparseFeature):
            sizes = spec.size if isinstance(spec.size, (list, tuple)) else [spec.size]
            specs[name] = tf.SparseTensorSpec([None, *sizes], spec.dtype)
        elif isinstance(spec, tf.io.RaggedFeature) and not spec.partitions:
            specs[name] = tf.RaggedTensorSpec([None, None], spec.dtype, 1, spec.row_splits_dtype)
        else:
            raise unimplemented(f"feature {name!r}: {spec!r} as an input")
    return specs


def spec_of_output(name: str, tensor: Any) -> Any:
    """The feature that a batch of outputs is written as.

    Raises:
        ValueError: its shape or dtype is not one that an Example can hold.
    """
    if tensor.dtype not in _types():
        raise ValueError(
            f"output {name!r} of the preprocessing_fn has dtype {tensor.dtype.name}: cast it to "
            "int64, float32 or string"
        )
    if isinstance(tensor, tf.RaggedTensor):
        if tensor.ragged_rank != 1 or tensor.shape.rank != 2:
            raise unimplemented(f"output {name!r}: a RaggedTensor of shape {tensor.shape}")
        return tf.io.RaggedFeature(tensor.dtype, name, row_splits_dtype=tf.int64)
    shape = tensor.shape
    if isinstance(tensor, tf.SparseTensor):
        if shape.rank not in (None, 2):
            raise unimplemented(f"output {name!r}: a SparseTensor of shape {shape}")
        return tf.io.VarLenFeature(tensor.dtype)
    if shape.rank is None or shape.rank == 0 or None in shape.as_list()[1:]:
        raise ValueError(
            f"output {name!r} of the preprocessing_fn has shape {shape}, expected a batch of rows "
            "[batch, ...] whose shape is known: use tf.reshape or tf.ensure_shape"
        )
    return tf.io.FixedLenFeature(shape.as_list()[1:], tensor.dtype)
