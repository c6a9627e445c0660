"""Signatures of TensorFlow's ops, read from the op table by name."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import NotFoundError
from tidefall.base.shapes import TensorShape
from tidefall.op.definition import ArgDef, AttrDef, OpDef


@cache
def _table() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("op_table.json").read_bytes())


_custom: dict[str, OpDef] = {}


def add_custom(definition: OpDef) -> None:
    """Make the signature of a custom op known."""
    _custom[definition.name] = definition


def op_names() -> list[str]:
    """Names of all the ops TensorFlow 2.21 defines."""
    return list(_table())


def normalize_attr(kind: str, value: Any) -> Any:
    """The in-memory form of an attribute value: DType, TensorShape, bytes stay str, lists lists."""
    if kind.startswith("list("):
        inner = kind[5:-1]
        return [normalize_attr(inner, item) for item in value]
    if kind == "type":
        return as_dtype(value)
    if kind == "shape":
        return value if isinstance(value, TensorShape) else TensorShape(value)
    if kind == "func":
        return getattr(value, "graph_function", value)  # a ConcreteFunction stands for its graph
    if kind == "int":
        return int(value)
    if kind == "bool":
        return bool(value)
    if kind == "float":
        return float(value)
    if kind == "string" and isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    return value


def _arg(spec: list[str], attrs: dict[str, Any]) -> ArgDef:
    name, kind = spec
    is_ref = kind.endswith("&")
    kind = kind.removesuffix("&")
    number = None
    if "*" in kind:
        number, kind = kind.split("*")
    if kind in attrs:
        if attrs[kind]["type"] == "list(type)":
            return ArgDef(name, type_list_attr=kind, is_ref=is_ref)
        return ArgDef(name, type_attr=kind, number_attr=number, is_ref=is_ref)
    return ArgDef(name, dtype=as_dtype(kind), number_attr=number, is_ref=is_ref)


def _attr(name: str, spec: dict[str, Any]) -> AttrDef:
    kind = spec["type"]
    has_default = "default" in spec
    default = normalize_attr(kind, spec["default"]) if has_default else None
    order = tuple(spec.get("allowed", ()))
    if kind in ("type", "list(type)"):
        order = tuple(as_dtype(item) for item in order)
    return AttrDef(
        name,
        kind,
        has_default,
        default,
        frozenset(order) if order else None,
        order,
        spec.get("min"),
    )


def op_def(name: str) -> OpDef:
    """The signature of the op called `name`.

    Raises:
        NotFoundError: if TensorFlow has no op of that name, and no custom op is called so.
    """
    return _custom.get(name) or _read(name)


@cache
def _read(name: str) -> OpDef:
    spec = _table().get(name)
    if spec is None:
        raise NotFoundError(
            None,
            None,
            f"Op type not registered '{name}': TensorFlow 2.21 has no such op. If it is a custom "
            "op, load its library with tf.load_op_library, or import the module that defines it, "
            "first.",
        )
    return signature(name, spec)


def signature(name: str, spec: dict[str, Any], library: str = "") -> OpDef:
    """The signature that is written in the form of the op table.

    Args:
        name: name of the op.
        spec: `in` and `out`, lists of names and types (a dtype, an attribute, `N*T`); `attrs`, for
            each attribute its `type` and, where it has them, `default`, `allowed` and `min`; and
            the flags `stateful` and `commutative`.
        library: where a custom op comes from.
    """
    attrs = spec.get("attrs", {})
    return OpDef(
        name=name,
        inputs=tuple(_arg(item, attrs) for item in spec["in"]),
        outputs=tuple(_arg(item, attrs) for item in spec["out"]),
        attrs={key: _attr(key, value) for key, value in attrs.items()},
        is_stateful=bool(spec.get("stateful")),
        is_commutative=bool(spec.get("commutative")),
        deprecated=str(spec.get("deprecated", "")),
        library=library,
    )
