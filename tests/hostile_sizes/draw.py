"""Random calls of an op: small tensors, and numbers as large, negative or odd as they can be."""

from __future__ import annotations

import random
import re
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.op.definition import ArgDef, AttrDef, OpDef

HOSTILE = (
    *(-(2**63), -(2**31), -(2**31) - 1, -7, -2, -1, 0, 1, 2, 3, 2**15, 2**20, 2**28, 2**30),
    *(2**31 - 1, 2**31, 2**32, 2**33, 2**40, 2**46, 2**61, 2**62, 2**63 - 1, 1879048192),
)
SMALL = (0, 1, 1, 2, 2, 3, 4)
_UNUSABLE = (dtypes.resource, dtypes.variant)
_SIZES = re.compile(r"shape|size|dims|multiples|padding|splits|begin|end|strides|crops|block|lens")
_COUNTS = re.compile(r"num|depth|limit|start|stop|delta|count|length|^k$|max|min|window|step|rows")
_TEXTS = ("", "x", "1", "NHWC", "SAME", "\x00", "a" * 7_000, "%s%n", "e" * 40)


class Draw:
    """Draws the inputs and attributes of one call from a seed.

    Args:
        definition: the op's signature.
        seed: decides everything.
    """

    def __init__(self, definition: OpDef, seed: int):
        self._op = definition
        self._rng = random.Random(f"{definition.name} {seed}")
        self._types: dict[str, Any] = {}
        self._rank = self._rng.choice((1, 1, 2, 2, 3, 4, 4, 5))  # of many inputs alike

    def call(self) -> tuple[list[Any], dict[str, Any]] | None:
        """Inputs and attributes; None where the op takes what cannot be made of nothing."""
        op = self._op
        needed = {a.type_list_attr or a.number_attr for a in op.inputs} - {None}
        attrs: dict[str, Any] = {}
        for name, attr in op.attrs.items():
            if attr.kind == "func" or "func" in attr.kind:
                return None
            if attr.kind == "type":
                self._types[name] = self._dtype(attr)
                if name not in op.inferred:
                    attrs[name] = self._types[name]
            elif name not in op.inferred and name not in needed:
                if attr.has_default and self._rng.random() < 0.5:
                    continue
                attrs[name] = self._attr(attr)
        inputs = [self._input(argument) for argument in op.inputs]
        return None if any(value is None for value in inputs) else (inputs, attrs)

    # ---- attributes ----

    def _dtype(self, attr: AttrDef) -> Any:
        allowed = [d for d in attr.allowed_order if d not in _UNUSABLE] or [
            dtypes.float32,
            dtypes.int32,
            dtypes.int64,
            dtypes.string,
        ]
        if attr.has_default and attr.default in allowed and self._rng.random() < 0.5:
            return attr.default
        return self._rng.choice(allowed)

    def _attr(self, attr: AttrDef) -> Any:
        if attr.allowed_order and attr.kind == "string":
            return self._rng.choice(attr.allowed_order)
        if attr.kind.startswith("list("):
            inner = attr.kind[5:-1]
            return [self._plain(inner) for _ in range(self._rng.choice((0, 1, 2, 3, 4, 4, 4, 5)))]
        return self._plain(attr.kind)

    def _plain(self, kind: str) -> Any:
        rng = self._rng
        if kind == "int":
            return rng.choice(HOSTILE if rng.random() < 0.4 else (1, 1, 1, 2))
        if kind == "float":
            return rng.choice((0.0, 1.0, -1.0, 0.5, 1e30, -1e30, float("inf"), float("nan")))
        if kind == "bool":
            return rng.random() < 0.5
        if kind == "type":
            return rng.choice((dtypes.float32, dtypes.int64, dtypes.string))
        if kind == "shape":
            return [rng.choice(SMALL) for _ in range(rng.randrange(4))]
        if kind == "tensor":
            return np.zeros([rng.choice(SMALL)], np.float32)
        return rng.choice(_TEXTS)

    # ---- inputs ----

    def _input(self, argument: ArgDef) -> Any:
        if argument.is_list:
            count = self._rng.choice((0, 1, 2, 2, 3))
            items = [self._tensor(self._dtype_of(argument)) for _ in range(count)]
            return None if any(item is None for item in items) else items
        dtype = self._dtype_of(argument)
        if dtype in (dtypes.int32, dtypes.int64) and self._rng.random() < 0.7:
            if _SIZES.search(argument.name):
                return self._sizes(dtype, self._rng.choice((0, 1, 2, 2, 3, 4, 4, 5)))
            if _COUNTS.search(argument.name):
                return self._sizes(dtype, None)
        return self._tensor(dtype)

    def _sizes(self, dtype: Any, length: int | None) -> Any:
        """Sizes of which one is hostile, as a vector or a scalar."""
        rng = self._rng
        numbers = [rng.choice((1, 1, 2, 3)) for _ in range(1 if length is None else length)]
        if numbers:
            numbers[rng.randrange(len(numbers))] = rng.choice(HOSTILE)
        low, high = int(dtype.min), int(dtype.max)
        made = np.array([min(max(n, low), high) for n in numbers], dtype.as_numpy_dtype)
        return made[0] if length is None else made

    def _dtype_of(self, argument: ArgDef) -> Any:
        if argument.type_attr is not None:
            return self._types[argument.type_attr]
        if argument.type_list_attr is not None:
            return self._rng.choice((dtypes.float32, dtypes.int64, dtypes.string))
        return argument.dtype

    def _tensor(self, dtype: Any) -> Any:
        if dtype is None or dtype in _UNUSABLE:
            return None
        rng = self._rng
        rank = rng.choice((0, 0, 1, 1, 1, 2, 2, 3, 4, 5)) if rng.random() < 0.5 else self._rank
        shape = [rng.choice(SMALL) for _ in range(rank)]
        count = int(np.prod(shape, dtype=np.int64))
        kind = dtype.as_numpy_dtype
        if dtype == dtypes.string:
            texts = [rng.choice(_TEXTS).encode() for _ in range(count)]
            return np.array(texts, object).reshape(shape)
        if dtype == dtypes.bool:
            return np.array([rng.random() < 0.5 for _ in range(count)], bool).reshape(shape)
        choice = HOSTILE if rng.random() < 0.5 else (0, 1, 2, 3)
        numbers = [rng.choice(choice) for _ in range(count)]
        if dtype.is_integer:
            low, high = int(dtype.min), int(dtype.max)
            numbers = [min(max(n, low), high) for n in numbers]
        try:
            with np.errstate(all="ignore"):
                return (
                    np.array(numbers, np.float64 if dtype.is_floating else None)
                    .astype(kind)
                    .reshape(shape)
                )
        except (OverflowError, TypeError, ValueError):
            return np.zeros(shape, kind)
