"""The tables of pipelines, and what adds to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

PIPELINES: dict[str, Callable[[Any], Any]] = {}
FAILING: dict[str, Callable[[Any], Any]] = {}


def pipeline(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    PIPELINES[build.__name__] = build
    return build


def add(table: dict[str, Callable[[Any], Any]], **builders: Callable[[Any, Any], Any]) -> None:
    for name, build in builders.items():
        assert name not in table, name
        table[name] = lambda tf, build=build: build(tf, tf.data.Dataset)


def triangle(tf: Any, d: Any) -> Any:
    """Vectors of growing length: [1], [2, 2], [3, 3, 3], ..."""
    return d.range(1, 6).map(lambda n: tf.fill([n], n))
