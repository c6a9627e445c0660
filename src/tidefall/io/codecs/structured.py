"""Python structures of tensors' specs and constants as `StructuredValue` messages, and back.

SavedModels describe the arguments and results of functions this way.
"""

from __future__ import annotations

import collections
from collections.abc import Mapping
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.errors import DataLossError, UnimplementedError
from tidefall.base.nest_nodes import ATTRS, CUSTOM, kind_of
from tidefall.base.shapes import TensorShape
from tidefall.composite.extension.extension_type import AnonymousExtensionTypeSpec
from tidefall.composite.extension.specs import ExtensionTypeSpec
from tidefall.proto.tensors import make_tensor_proto, tensor_proto_to_array
from tidefall.tensor import type_spec_registry
from tidefall.tensor.specs import BoundedTensorSpec, TensorSpec, TypeSpec
from tidefall.tensor.tensor import EagerTensor, TypedTensor

_BUILT_IN = {
    "SparseTensorSpec": "SPARSE_TENSOR_SPEC",
    "IndexedSlicesSpec": "INDEXED_SLICES_SPEC",
    "RaggedTensorSpec": "RAGGED_TENSOR_SPEC",
    "TensorArraySpec": "TENSOR_ARRAY_SPEC",
    "DatasetSpec": "DATA_DATASET_SPEC",
    "IteratorSpec": "DATA_ITERATOR_SPEC",
    "OptionalSpec": "OPTIONAL_SPEC",
    "VariableSpec": "VARIABLE_SPEC",
    "RowPartitionSpec": "ROW_PARTITION_SPEC",
}
"""Class names of type specs that have a number of their own in files."""

_REGISTERED_AS = {
    "SPARSE_TENSOR_SPEC": "tf.SparseTensorSpec",
    "INDEXED_SLICES_SPEC": "tf.IndexedSlicesSpec",
    "RAGGED_TENSOR_SPEC": "tf.RaggedTensorSpec",
    "TENSOR_ARRAY_SPEC": "tf.TensorArraySpec",
    "DATA_DATASET_SPEC": "tf.DatasetSpec",
    "DATA_ITERATOR_SPEC": "tf.IteratorSpec",
    "OPTIONAL_SPEC": "tf.OptionalSpec",
    "VARIABLE_SPEC": "tf.VariableSpec",
    "ROW_PARTITION_SPEC": "tf.RowPartitionSpec",
}


_HOW_TO_NAME = (
    "Files name types of values: an extension type sets `__name__ = 'project.Name'` in its body, "
    "other type specs are registered with a name."
)


class NotEncodableError(TypeError):
    """A value that no StructuredValue can hold."""


class UnnamedTypeError(NotEncodableError):
    """A class that holds tensors, or a spec, that has no name in files."""


def encode(value: Any, proto: Any = None) -> Any:
    """The StructuredValue of a nest of specs and constants.

    Args:
        value: lists, tuples, namedtuples and dicts with string keys, of numbers, strings, None,
            shapes, dtypes, type specs and arrays.
        proto: the message to fill; a new one by default.

    Raises:
        NotEncodableError: for anything else.
    """
    if proto is None:
        from tidefall.proto import StructuredValue

        proto = StructuredValue()
    if not _encode_scalar(value, proto) and not _encode_spec(value, proto):
        _encode_nest(value, proto)
    return proto


def _encode_scalar(value: Any, proto: Any) -> bool:
    if value is None:
        proto.none_value.SetInParent()
    elif isinstance(value, bool):
        proto.bool_value = value
    elif isinstance(value, int) and -(2**63) <= value < 2**63:
        proto.int64_value = value
    elif isinstance(value, float):
        proto.float64_value = value
    elif isinstance(value, str):
        proto.string_value = value
    elif isinstance(value, np.ndarray | np.generic):
        proto.numpy_value.CopyFrom(make_tensor_proto(np.asarray(value)))
    elif isinstance(value, EagerTensor) and not isinstance(value, TypedTensor):
        proto.tensor_value.CopyFrom(make_tensor_proto(value.host_array()))
    else:
        return False
    return True


def _encode_spec(value: Any, proto: Any) -> bool:
    if isinstance(value, TensorShape):
        proto.tensor_shape_value.CopyFrom(value.as_proto())
        proto.tensor_shape_value.SetInParent()
    elif isinstance(value, DType):
        proto.tensor_dtype_value = value.as_datatype_enum
    elif isinstance(value, BoundedTensorSpec):
        _encode_tensor_spec(value, proto.bounded_tensor_spec_value)
        enum = value.dtype.as_datatype_enum
        bounded = proto.bounded_tensor_spec_value
        bounded.minimum.CopyFrom(make_tensor_proto(value.minimum, enum))
        bounded.maximum.CopyFrom(make_tensor_proto(value.maximum, enum))
    elif isinstance(value, TensorSpec):
        _encode_tensor_spec(value, proto.tensor_spec_value)
    elif isinstance(value, TypeSpec):
        encode_type_spec(value, proto.type_spec_value)
    else:
        return False
    return True


def _encode_tensor_spec(spec: TensorSpec, proto: Any) -> None:
    proto.name = spec.name or ""
    proto.shape.CopyFrom(spec.shape.as_proto())
    proto.shape.SetInParent()
    proto.dtype = spec.dtype.as_datatype_enum


def encode_type_spec(spec: TypeSpec, proto: Any = None) -> Any:
    """The TypeSpecProto of a type spec; see `encode`."""
    from tidefall.base import nest
    from tidefall.proto import TypeSpecProto

    proto = TypeSpecProto() if proto is None else proto
    name = type(spec).__name__
    kind = _BUILT_IN.get(name)
    if kind is None:
        try:
            name = type_spec_registry.get_name(type(spec))
        except ValueError:
            raise UnnamedTypeError(
                f"No encoder for object {spec!r} of type {type(spec)}. {_HOW_TO_NAME}"
            ) from None
        extension = isinstance(spec, ExtensionTypeSpec)
        kind = "EXTENSION_TYPE_SPEC" if extension else "REGISTERED_TYPE_SPEC"
    proto.type_spec_class = TypeSpecProto.TypeSpecClass.Value(kind)
    proto.type_spec_class_name = name
    proto.num_flat_components = len(nest.flatten(spec._component_specs, expand_composites=True))
    encode(spec._serialize(), proto.type_state)
    return proto


def _encode_nest(value: Any, proto: Any) -> None:
    if isinstance(value, tuple):
        fields = getattr(value, "_fields", None)
        if fields is not None:
            named = proto.named_tuple_value
            named.name = type(value).__name__
            for name, item in zip(fields, value, strict=True):
                pair = named.values.add(key=name)
                encode(item, pair.value)
            return
        proto.tuple_value.SetInParent()
        for item in value:
            encode(item, proto.tuple_value.values.add())
    elif isinstance(value, list):
        proto.list_value.SetInParent()
        for item in value:
            encode(item, proto.list_value.values.add())
    elif isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        proto.dict_value.SetInParent()
        for key in value:
            encode(value[key], proto.dict_value.fields[key])
    else:
        holds_tensors = kind_of(value) in (ATTRS, CUSTOM)
        kind = UnnamedTypeError if holds_tensors else NotEncodableError
        raise kind(f"No encoder for object {value!r} of type {type(value)}.")


def decode(proto: Any) -> Any:
    """The structure a StructuredValue describes.

    Raises:
        DataLossError: if the message holds nothing, or nonsense.
        UnimplementedError: for a type spec that Tidefall does not have.
    """
    kind = proto.WhichOneof("kind")
    if kind is None:
        raise DataLossError(None, None, "A StructuredValue is empty.")
    value = getattr(proto, kind)
    if kind in ("float64_value", "int64_value", "string_value", "bool_value"):
        return value
    return _DECODERS[kind](value)


def _decode_tensor_spec(proto: Any) -> TensorSpec:
    return TensorSpec(TensorShape(proto.shape), as_dtype(proto.dtype), proto.name or None)


def _decode_bounded(proto: Any) -> BoundedTensorSpec:
    return BoundedTensorSpec(
        TensorShape(proto.shape),
        as_dtype(proto.dtype),
        tensor_proto_to_array(proto.minimum),
        tensor_proto_to_array(proto.maximum),
        proto.name or None,
    )


def decode_type_spec(proto: Any) -> TypeSpec:
    """The type spec of a TypeSpecProto; see `decode`."""
    from tidefall.proto import TypeSpecProto

    kind = TypeSpecProto.TypeSpecClass.Name(proto.type_spec_class)
    name: str = _REGISTERED_AS.get(kind) or proto.type_spec_class_name
    try:
        cls = type_spec_registry.lookup(name)
    except ValueError:
        cls = _import_spec(name)
    if cls is None and kind == "EXTENSION_TYPE_SPEC":
        cls = AnonymousExtensionTypeSpec
    if cls is None:
        raise UnimplementedError(
            None, None, f"The type {proto.type_spec_class_name} ({kind}) is not known to Tidefall."
        )
    return cls._deserialize(decode(proto.type_state))


def _import_spec(name: str) -> Any:
    """A public type spec whose module was not imported yet."""
    from tidefall import surface

    path, _, last = name.removeprefix("tf.").rpartition(".")
    for parent in (path, "data"):
        try:
            return surface.resolve(parent, last)
        except AttributeError:
            continue
    return None


def _decode_named_tuple(proto: Any) -> Any:
    pairs = [(pair.key, decode(pair.value)) for pair in proto.values]
    try:
        cls = collections.namedtuple(proto.name, [key for key, _ in pairs])  # type: ignore[misc]
    except ValueError as error:
        raise DataLossError(None, None, f"A namedtuple cannot be made: {error}") from None
    return cls(*[value for _, value in pairs])


_DECODERS = {
    "none_value": lambda proto: None,
    "tensor_shape_value": TensorShape,
    "tensor_dtype_value": as_dtype,
    "tensor_spec_value": _decode_tensor_spec,
    "bounded_tensor_spec_value": _decode_bounded,
    "type_spec_value": decode_type_spec,
    "list_value": lambda proto: [decode(item) for item in proto.values],
    "tuple_value": lambda proto: tuple(decode(item) for item in proto.values),
    "dict_value": lambda proto: {key: decode(proto.fields[key]) for key in sorted(proto.fields)},
    "named_tuple_value": _decode_named_tuple,
    "tensor_value": lambda proto: EagerTensor(tensor_proto_to_array(proto)),
    "numpy_value": tensor_proto_to_array,
}


def _type_spec_message() -> Any:
    from tidefall.proto import TypeSpecProto

    return TypeSpecProto


type_spec_codec = encode_type_spec, decode_type_spec, _type_spec_message
