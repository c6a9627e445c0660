"""How one node of a nested structure is recognised, opened and rebuilt.

Every walk in `nest` is built from four functions: `kind_of` says what a value is, `children`
lists what it holds (mappings in the order of their sorted keys), `keys` names those children, and
`rebuild` makes a node like it around new children.
"""

from __future__ import annotations

import collections
import types
from collections.abc import (
    Callable,
    Iterable,
    Iterator,
    Mapping,
    MappingView,
    MutableMapping,
    Sequence,
)
from typing import Any

from tidefall.base.composite import CompositeTensor, TypeSpecBase

# Kinds are ordered, so that "is this node opened?" is one comparison: 0 < kind <= limit.
LEAF = 0
TUPLE = 1
NAMEDTUPLE = 2
MAPPING = 3
ATTRS = 4
CUSTOM = 5
VIEW = 6
SEQUENCE = 7
LIST = 8
COMPOSITE = 9
SPEC = 10

# Limits: what each way of nesting opens.
DATA = SEQUENCE  # tf.data: a list is a leaf, to be converted to one tensor
PLAIN = LIST
EXPAND = SPEC

_MAX_CACHED = 4096
_cached: dict[type, int] = {
    list: LIST,
    tuple: TUPLE,
    dict: MAPPING,
    **dict.fromkeys((type(None), bool, int, float, complex, str, bytes), LEAF),
}
_class_of: Callable[[Any], Any] = type
cached_kind: Callable[[Any], int | None] = _cached.get


def limit_of(expand_composites: bool) -> int:
    """The deepest kind of node that is opened."""
    return EXPAND if expand_composites else PLAIN


def kind_of(value: object) -> int:
    """What kind of node a value is; LEAF when it is not one."""
    cls = type(value)
    kind = _cached.get(cls)
    if kind is None:
        kind = _classify(value)
        # The class alone does not decide for a proxy that poses as what it wraps.
        if value.__class__ is cls:
            if len(_cached) >= _MAX_CACHED:
                _cached.clear()
            _cached[cls] = kind
    return kind


def _classify(value: object) -> int:
    if isinstance(value, type) or getattr(type(value), "_is_variable", False) is True:
        return LEAF
    if isinstance(value, TypeSpecBase):
        return SPEC
    if isinstance(value, CompositeTensor):
        return COMPOSITE
    if hasattr(value, "__tf_flatten__") and hasattr(value, "__tf_unflatten__"):
        return CUSTOM
    if isinstance(value, Mapping):
        return MAPPING
    if isinstance(value, MappingView):
        return VIEW
    if hasattr(type(value), "__attrs_attrs__"):
        return ATTRS
    if isinstance(value, tuple):
        return NAMEDTUPLE if _is_namedtuple(value) else TUPLE
    if isinstance(value, list):
        return LIST
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview):
        return SEQUENCE
    return LEAF


def _is_namedtuple(value: Any) -> bool:
    fields: Sequence[Any] | None = getattr(value, "_fields", None)
    return isinstance(fields, Sequence) and all(isinstance(f, str) for f in fields)


def _attrs_names(cls: Any) -> list[str]:
    return [field.name for field in cls.__attrs_attrs__]


def spec_of(value: Any) -> Any:
    """The type spec of a composite tensor; a type spec itself."""
    return value if isinstance(value, TypeSpecBase) else value._type_spec


def children(value: Any, kind: int) -> Iterable[Any]:
    """What a node holds, in the order in which `flatten` visits it."""
    if kind <= NAMEDTUPLE or kind in (SEQUENCE, LIST, VIEW):
        return value
    if kind == MAPPING:
        return [value[key] for key in sorted(value)]
    if kind == ATTRS:
        return [getattr(value, name) for name in _attrs_names(type(value))]
    if kind == CUSTOM:
        return value.__tf_flatten__()[1]
    if kind == SPEC:
        return [value._component_specs]
    return [value._type_spec._to_components(value)]


def keys(value: Any, kind: int) -> Iterable[Any]:
    """The names of a node's children: keys, field names or positions, ordered as `children`."""
    if kind == MAPPING:
        return sorted(value)
    if kind == NAMEDTUPLE:
        return value._fields
    if kind == ATTRS:
        return _attrs_names(type(value))
    if kind in (COMPOSITE, SPEC):
        return [spec_of(value).value_type.__name__]
    return range(len(list(children(value, kind))))


def is_opened(value: Any, kind: int, limit: int) -> bool:
    """Whether a walk with this limit goes into the node."""
    if kind == LEAF or kind > limit:
        return False
    # A dense tensor's spec is its own only component.
    return kind != SPEC or value._component_specs is not value


def rebuild(value: Any, kind: int, items: list[Any]) -> Any:
    """A node like `value` around other children, given in the order of `children`."""
    cls = _class_of(value)
    if cls is list:
        return items
    if cls is tuple:
        return tuple(items)
    wrapped = getattr(value, "__wrapped__", None) if kind <= LIST else None
    if wrapped is not None:
        return cls(rebuild(wrapped, kind_of(wrapped), items))
    if kind == MAPPING:
        return _rebuild_mapping(value, dict(zip(sorted(value), items, strict=True)))
    if kind in (NAMEDTUPLE, ATTRS):
        return cls(*items)
    if kind == CUSTOM:
        return cls.__tf_unflatten__(value.__tf_flatten__()[0], tuple(items))
    if kind == VIEW:
        return items
    if kind in (COMPOSITE, SPEC):
        return spec_of(value)._from_components(items[0])
    return cls(items)


def _rebuild_mapping(value: Any, by_key: dict[Any, Any]) -> Any:
    cls = _class_of(value)
    pairs: Iterator[tuple[Any, Any]] = ((key, by_key[key]) for key in value)
    if cls is dict:
        return dict(pairs)
    if isinstance(value, collections.defaultdict):
        return cls(value.default_factory, pairs)
    if isinstance(value, MutableMapping):
        result = cls()
        for key, item in pairs:
            result[key] = item
        return result
    return cls(dict(pairs) if cls is types.MappingProxyType else pairs)
