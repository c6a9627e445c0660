"""Changes of parsed messages: the file still parses, and says something else."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

_INTEGERS = [-1, 0, 1, 2, 7, 63, 1000, 10**6, 2**31 - 1, -(2**31), 2**40, 10**12, 2**63 - 1]
_FLOATS = [0.0, -1.0, math.nan, math.inf, -math.inf, 1e308]
_STRINGS = [
    "", "x", "0", "-1", "9" * 9, "9" * 30, "..", "../../../etc/passwd", "/etc/passwd", "a/../../b",
    "__class__", "__init__", "__call__", "_setattr_tracking", "signatures", "\0", "a\0b", "é" * 50,
    "^x", "x:0", "x:1:1000000", ":", "_create_resource", "_initialize", "trackable_list_wrapper",
    "trackable_dict_wrapper", "trackable_tuple_wrapper", "signature_map", "n" * 100_000, "NoOp",
    "Placeholder", "Const", "PartitionedCall", "While", "If", "EagerPyFunc", "PyFunc", "ReadFile",
    "tf.io.read_file", "os.system", "%s%n", "{x}",
]  # fmt: skip
_BYTES = [b"", b"\0", b"\xff" * 9, b"\x80" * 20, b"/etc/passwd", b"loc:@x", b"x" * 100_000]


class Mutator:
    """Changes messages at random.

    Args:
        rng: where the choices come from.
        root: a message; strings and parts of it are used in other places of it.
    """

    def __init__(self, rng: random.Random, root: Any):
        self._rng = rng
        self._strings = list(_STRINGS)
        self._parts: dict[str, list[Any]] = {}
        for message in _walk(root):
            self._parts.setdefault(message.DESCRIPTOR.full_name, []).append(message)
        for messages in self._parts.values():
            for message in rng.sample(messages, min(len(messages), 20)):
                self._strings += [v for f, v in message.ListFields() if isinstance(v, str)]

    def change(self, message: Any) -> str:
        """Change one thing somewhere below a message; says what."""
        rng = self._rng
        path = [message.DESCRIPTOR.name]
        while True:
            fields = message.ListFields()
            inner = [(f, v) for f, v in fields if f.message_type is not None]
            if inner and rng.random() < 0.85:
                field, value = rng.choice(inner)
                found = _messages(field, value)
                if found:
                    path.append(field.name)
                    message = rng.choice(found)
                    continue
            break
        field = rng.choice(
            message.DESCRIPTOR.fields
            if rng.random() < 0.2 or not fields
            else [f for f, _ in fields]
        )
        what = self._change_field(message, field)
        return f"{'.'.join(path)}.{field.name}: {what}"

    def _change_field(self, message: Any, field: Any) -> str:
        rng = self._rng
        if _is_map(field):
            return self._change_map(getattr(message, field.name), field)
        if field.is_repeated:
            return self._change_repeated(getattr(message, field.name), field)
        if rng.random() < 0.15:
            message.ClearField(field.name)
            return "cleared"
        if field.message_type is not None:
            other = rng.choice(self._parts.get(field.message_type.full_name, [None]))
            if other is None:
                getattr(message, field.name).SetInParent()
                return "set empty"
            copied = type(other)()
            copied.CopyFrom(other)
            getattr(message, field.name).CopyFrom(copied)
            return "another message"
        value = self._scalar(field, getattr(message, field.name))
        setattr(message, field.name, value)
        return f"= {value!r:.60}"

    def _change_map(self, value: Any, field: Any) -> str:
        rng = self._rng
        keys = sorted(value)
        if not keys:
            return "empty map"
        key, other = rng.choice(keys), rng.choice(keys)
        holds_messages = field.message_type.fields_by_name["value"].message_type is not None
        if rng.random() < 0.4:
            del value[key]
            return f"{key!r:.40} removed"
        new = other
        if rng.random() < 0.5:
            new = rng.choice(self._strings) if isinstance(key, str) else rng.choice([0, 1, 99])
        if holds_messages:
            copied = type(value[key])()
            copied.CopyFrom(value[key])
            value[new].CopyFrom(copied)
        else:
            value[key] = (
                value[other]
                if rng.random() < 0.5
                else self._scalar(field.message_type.fields_by_name["value"], value[key])
            )
        return f"{key!r:.40} copied to {new!r:.40}"

    def _change_repeated(self, values: Any, field: Any) -> str:
        rng = self._rng
        kind = rng.choice(["remove", "double", "swap", "many", "change", "change"])
        if field.message_type is not None:
            return self._change_messages(values, kind)
        if kind == "change" or not values:
            new = self._scalar(field, values[0] if values else None)
            if values:
                values[rng.randrange(len(values))] = new
            else:
                values.append(new)
            return f"= {new!r:.60}"
        i = rng.randrange(len(values))
        if kind == "remove":
            del values[i]
        elif kind == "swap":
            j = rng.randrange(len(values))
            values[i], values[j] = values[j], values[i]
        else:
            values.extend([values[i]] * (1 if kind == "double" else 3000))
        return kind

    def _change_messages(self, values: Any, kind: str) -> str:
        rng = self._rng
        if not values:
            values.add()
            return "one added"
        i, j = rng.randrange(len(values)), rng.randrange(len(values))
        copied = type(values[i])()
        copied.CopyFrom(values[i])
        if kind == "remove":
            del values[i]
        elif kind == "many":
            values.extend([copied] * (2000 if copied.ByteSize() < 100 else 20))
        elif kind == "double":
            values.append(copied)
        else:
            values[j].CopyFrom(copied)
        return kind

    def _scalar(self, field: Any, old: Any) -> Any:
        rng = self._rng
        if field.type == field.TYPE_BOOL:
            return not old
        if field.type == field.TYPE_STRING:
            return rng.choice(self._strings)
        if field.type == field.TYPE_BYTES:
            return spoiled(rng, old or b"") if rng.random() < 0.5 else rng.choice(_BYTES)
        if field.type in (field.TYPE_FLOAT, field.TYPE_DOUBLE):
            return rng.choice(_FLOATS)
        if field.type == field.TYPE_ENUM:
            return rng.choice([*field.enum_type.values_by_number, -1, 99, 2**31 - 1])
        number = rng.choice([*_INTEGERS, (old or 0) + 1, (old or 0) - 1, rng.randrange(300)])
        low, high = _range(field)
        return min(max(number, low), high)


def nest_deeply(rng: random.Random, root: Any) -> str:
    """Put a recursive message into itself many times."""
    found = [m for m in _walk(root) if m.DESCRIPTOR.name == "StructuredValue"]
    if not found:
        return "nothing to nest"
    message = rng.choice(found)
    copied = type(message)()
    copied.CopyFrom(message)
    depth = rng.choice([20, 45, 90])  # a parser takes about 100 levels
    for _ in range(depth):
        outer = type(message)()
        outer.tuple_value.values.add().CopyFrom(copied)
        copied = outer
    message.CopyFrom(copied)
    return f"StructuredValue nested {depth} times"


def call_in_a_circle(rng: random.Random, meta: Any) -> str:
    """Let functions call any other, often themselves."""
    functions = list(meta.graph_def.library.function)
    names = [f.signature.name for f in functions]
    attrs = [
        attr
        for function in functions
        for node in function.node_def
        for attr in node.attr.values()
        if attr.WhichOneof("value") == "func"
    ]
    if not attrs:
        return "no calls"
    rng.choice(attrs).func.name = rng.choice(names)
    return "another function is called"


def grow_constant(rng: random.Random, meta: Any) -> str:
    """Let a constant claim to be enormous."""
    nodes = [
        *meta.graph_def.node,
        *(n for f in meta.graph_def.library.function for n in f.node_def),
    ]
    found = [n for n in nodes if n.op == "Const"]
    if not found:
        return "no constants"
    proto = rng.choice(found).attr["value"].tensor
    sizes = rng.choice([[10**12], [2**31, 2**31], [10**6, 10**6], [2**62], [1 << 20] * 4, [10**9]])
    proto.tensor_shape.ClearField("dim")
    for size in sizes:
        proto.tensor_shape.dim.add(size=size)
    if rng.random() < 0.7 and proto.tensor_content:
        content = proto.tensor_content
        proto.ClearField("tensor_content")
        if proto.dtype == 1:
            proto.float_val.append(1.0)
        elif proto.dtype == 3:
            proto.int_val.append(1)
        else:
            proto.tensor_content = content[:1]
    return f"a constant of shape {sizes}"


def change_op(rng: random.Random, meta: Any) -> str:
    """Let a node be of another op."""
    from tidefall.op.table import op_names

    nodes = [
        *meta.graph_def.node,
        *(n for f in meta.graph_def.library.function for n in f.node_def),
    ]
    if not nodes:
        return "no nodes"
    kinds = sorted({n.op for n in nodes}) if rng.random() < 0.5 else sorted(op_names())
    node = rng.choice(nodes)
    before, node.op = node.op, rng.choice(kinds)
    return f"{before} became {node.op}"


SPECIAL = [nest_deeply, call_in_a_circle, grow_constant, change_op]


def spoiled(rng: random.Random, content: bytes) -> bytes:
    """Bytes with something flipped, cut, doubled or put in."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        kind = rng.choice(["flip", "flip", "set", "cut", "insert", "double", "zero"])
        at = rng.randrange(len(data) + 1)
        if kind == "flip" and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == "set" and at < len(data):
            data[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif kind == "cut":
            stop = len(data) if rng.random() < 0.3 else at + rng.randrange(1, 20)
            del data[at:stop]
        elif kind == "insert":
            data[at:at] = rng.randbytes(rng.randrange(1, 12))
        elif kind == "double":
            data[at:at] = data[at : at + rng.randrange(1, 100)]
        elif kind == "zero":
            size = min(rng.randrange(1, 50), len(data) - at)
            data[at : at + size] = bytes(size)
    return bytes(data)


def _range(field: Any) -> tuple[int, int]:
    if field.type in (field.TYPE_INT32, field.TYPE_SINT32, field.TYPE_SFIXED32):
        return -(2**31), 2**31 - 1
    if field.type in (field.TYPE_UINT32, field.TYPE_FIXED32):
        return 0, 2**32 - 1
    if field.type in (field.TYPE_UINT64, field.TYPE_FIXED64):
        return 0, 2**64 - 1
    return -(2**63), 2**63 - 1


def _is_map(field: Any) -> bool:
    kind = field.message_type
    return kind is not None and kind.GetOptions().map_entry


def _messages(field: Any, value: Any) -> list[Any]:
    if _is_map(field):
        if field.message_type.fields_by_name["value"].message_type is None:
            return []
        return [value[key] for key in sorted(value)]
    return list(value) if field.is_repeated else [value]


def _walk(message: Any) -> Iterator[Any]:
    waiting = [message]
    while waiting:
        current = waiting.pop()
        yield current
        for field, value in current.ListFields():
            if field.message_type is not None:
                waiting += _messages(field, value)
