"""Makes one random call of a public function for a seed.

Most calls are drawn as their family's table says, which is nearly always valid. About every third
is then spoiled: a dtype, a rank or a size changed, an argument gone or of another kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tests.oracle.spec import Case, Composite, Gen, Given, map_args, tensor
from tests.random_calls import (
    arrays,
    mathematics,
    matrices,
    networks,
    numpy_like,
    others,
    pictures,
    structures,
)
from tests.random_calls.draw import ANY, Draw, Table

TABLES: dict[str, Table] = {
    "math": mathematics.TABLE,
    "arrays": arrays.TABLE,
    "nn": networks.TABLE,
    "others": others.TABLE,
    "pictures": pictures.TABLE,
    "numpy_like": numpy_like.TABLE,
    "matrices": matrices.TABLE,
    "structures": structures.TABLE,
}
PROGRAMS = {**others.PROGRAMS, **matrices.PROGRAMS, **structures.PROGRAMS}
NAMES: list[tuple[str, str]] = sorted((f, name) for f, table in TABLES.items() for name in table)
SPOILED = 0.35
NUMPY_OR_LIST = 0.12


def generate(seed: int) -> Case:
    """The call of a seed, as an op record."""
    draw = Draw(seed)
    family, name = NAMES[draw.int(0, len(NAMES) - 1)]
    args, kwargs = TABLES[family][name](draw)
    if draw.chance(SPOILED):
        args, kwargs = _spoil(draw, args, kwargs)
    elif draw.chance(NUMPY_OR_LIST):
        args, kwargs = _change_leaf(draw, args, kwargs, _plain)
    function = PROGRAMS.get(name)
    grad = tuple(k for k, v in {**dict(enumerate(args)), **kwargs}.items() if _floats(v))
    known = name if function else name.split(" ")[0]
    return Case(
        str(seed), known, function, tuple(args), dict(kwargs), grad=grad, executors=("eager",)
    )


def text(case: Case) -> str:
    """The call as one line."""
    shown = [_show(a) for a in case.args] + [f"{k}={_show(v)}" for k, v in case.kwargs.items()]
    return f"{case.name}({', '.join(shown)})"


def _show(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_show, value))}]"
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()}, {value.dtype.name!r}, shape={value.shape})"
    return repr(value)


def _floats(value: Any) -> bool:
    found = []

    def look(leaf: Any, path: Any) -> None:
        if isinstance(leaf, Composite):
            found.extend(_floats(part) for part in leaf.parts)
        elif isinstance(leaf, Gen) or (isinstance(leaf, Given) and leaf.fed):
            found.append("float" in str(leaf.dtype) or "complex" in str(leaf.dtype))

    map_args(look, value)
    return any(found)


# ---- spoiling ----


def _spoil(draw: Draw, args: Any, kwargs: Any) -> tuple[Any, Any]:
    kind = draw.int(0, 11)
    if kind == 0 and args:
        return args[: draw.int(0, len(args) - 1)], kwargs
    if kind == 1:
        return args, {**kwargs, "name": "a_name"}
    changes: list[Callable[[Draw, Any], Any]] = [
        _other_dtype, _other_rank, _other_size, _other_size, _empty, _special, _none, _plain,
        _plain, _number,
    ]  # fmt: skip
    return _change_leaf(draw, args, kwargs, changes[max(kind - 2, 0)])


def _change_leaf(draw: Draw, args: Any, kwargs: Any, change: Any) -> tuple[Any, Any]:
    """Change one of the leaves, at random."""
    nest = {**dict(enumerate(args)), **kwargs}
    paths: list[Any] = []
    map_args(lambda leaf, path: paths.append(path), nest)
    if not paths:
        return args, kwargs
    chosen = paths[draw.int(0, len(paths) - 1)]
    changed = map_args(lambda v, path: change(draw, v) if path == chosen else v, nest)
    return tuple(changed.pop(i) for i in range(len(args))), changed


def _other_dtype(draw: Draw, leaf: Any) -> Any:
    if isinstance(leaf, Gen):
        return replace(leaf, dtype=draw.pick(*ANY), low=None, high=None, kind="uniform")
    if isinstance(leaf, Composite):
        return replace(
            leaf,
            parts=tuple(_other_dtype(draw, p) if isinstance(p, Gen) else p for p in leaf.parts),
        )
    return _number(draw, leaf)


def _other_rank(draw: Draw, leaf: Any) -> Any:
    if not isinstance(leaf, Gen):
        return _number(draw, leaf)
    longer = (*leaf.shape, draw.int(1, 3))
    return replace(leaf, shape=draw.pick((), leaf.shape[1:], leaf.shape[:-1], longer))


def _other_size(draw: Draw, leaf: Any) -> Any:
    if not isinstance(leaf, Gen) or not leaf.shape:
        return _number(draw, leaf)
    shape = list(leaf.shape)
    shape[draw.int(0, len(shape) - 1)] += 1
    return replace(leaf, shape=tuple(shape))


def _empty(draw: Draw, leaf: Any) -> Any:
    if not isinstance(leaf, Gen) or not leaf.shape:
        return _number(draw, leaf)
    shape = list(leaf.shape)
    shape[draw.int(0, len(shape) - 1)] = 0
    return replace(leaf, shape=tuple(shape))


def _special(draw: Draw, leaf: Any) -> Any:
    """The edges of the dtype: NaN, infinities, signed zeros, the largest integers."""
    if not isinstance(leaf, Gen) or leaf.dtype in (None, "bool", "string"):
        return _number(draw, leaf)
    array = leaf.make(str(draw.int(0, 99)))
    if array.dtype.kind in "iu":
        limits = np.iinfo(array.dtype)
        specials: list[Any] = [limits.min, limits.max, 0, 1]
    else:
        specials = [np.nan, np.inf, -np.inf, -0.0, 0.0, 1.0, -1.0, 1e-30, 100.0, 0.5, 2.5]
    flat = array.ravel().copy()
    for i in range(flat.size):
        if draw.flag():
            flat[i] = draw.pick(*specials)
    return tensor(flat.reshape(array.shape), leaf.dtype)


def _none(draw: Draw, leaf: Any) -> Any:
    return None


def _plain(draw: Draw, leaf: Any) -> Any:
    """A NumPy array or Python lists in place of a tensor."""
    if not isinstance(leaf, Gen):
        return leaf
    array = leaf.make(str(draw.int(0, 99)))
    if leaf.dtype == "bfloat16":
        return array
    return array if draw.flag() and leaf.dtype != "string" else array.tolist()


def _number(draw: Draw, leaf: Any) -> Any:
    """Some other Python value."""
    if isinstance(leaf, bool):
        return draw.pick(not leaf, None, 1, "yes")
    if isinstance(leaf, str):
        return draw.pick(leaf.lower(), "unknown", "", None, leaf + "_", 3)
    if isinstance(leaf, int):
        return draw.pick(leaf + 1, -leaf, leaf - 3, 0, 1.5, None, [leaf], "1", 7)
    if isinstance(leaf, float):
        return draw.pick(int(leaf), -leaf, 0.0, None, "1.0", float("nan"))
    return draw.pick(None, 1, -1, 0.5, [], "text", [1, 2], True)
