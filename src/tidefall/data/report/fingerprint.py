"""`Dataset.fingerprint`: a number that tells pipelines apart.

Equal pipelines, built the same way, have the same number in every process: of a stage its kind, its
settings, its inputs and the nodes of its functions count; names do not. The numbers are not those
TensorFlow computes, which are of a graph in its own spelling.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import DatasetV2, node_of, scalar, transformation
from tidefall.data.engine.functions import Runner
from tidefall.data.engine.node import Node
from tidefall.data.options import Options, serialize_options
from tidefall.data.transformations.shuffle import SeedGenerator
from tidefall.graph.func_graph import FuncGraph
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.tensor import Tensor

_OUTSIDE = frozenset(("functions", "settings", "shapes", "inputs"))


class _Digest:
    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=8)

    def number(self) -> np.ndarray:
        return np.array(int.from_bytes(self._hash.digest(), "little"), np.uint64)

    def _write(self, kind: str, data: bytes) -> None:
        self._hash.update(f"{kind} {len(data)} ".encode())
        self._hash.update(data)

    def add(self, value: Any) -> None:
        """Take a value into account; of those without contents only the type."""
        if isinstance(value, Node):
            self._add_node(value)
        elif isinstance(value, Runner):
            self.add(value.parts)
        elif isinstance(value, GraphFunction):
            self._add_graph(value.graph)
        elif isinstance(value, np.ndarray | np.generic):
            self._add_array(np.asarray(value))
        elif isinstance(value, Mapping):
            self._add_many("map", [item for key in sorted(value) for item in (key, value[key])])
        elif isinstance(value, list | tuple):
            self._add_many("list", value)
        elif isinstance(value, SeedGenerator):
            self.add([*value.given, value.reshuffles])
        elif isinstance(value, functools.partial):
            self.add([value.func, value.args, value.keywords])
        elif isinstance(value, Options):
            self._write("options", serialize_options(value))
        elif isinstance(value, Tensor):
            self.add(value.dtype if value.is_symbolic else getattr(value, "storage", None))
        else:
            self._add_plain(value)

    def _add_plain(self, value: Any) -> None:
        if isinstance(value, bytes):
            self._write("bytes", value)
        elif value is None or isinstance(
            value, bool | int | float | complex | str | range | DType | TensorShape
        ):
            self._write(type(value).__name__, repr(value).encode())
        else:
            self._write("object", type(value).__qualname__.encode())

    def _add_many(self, kind: str, values: Any) -> None:
        self._write(kind, str(len(values)).encode())
        for value in values:
            self.add(value)

    def _add_array(self, array: np.ndarray) -> None:
        self._write(f"array {array.dtype} {array.shape}", b"")
        if array.dtype == object:
            self._add_many("objects", array.reshape(-1).tolist())
        else:
            self._write("contents", np.ascontiguousarray(array).tobytes())

    def _add_node(self, node: Node) -> None:
        self._write("stage", type(node).__name__.encode())
        for name, value in sorted(vars(node).items()):
            # Sources keep their arrays in private attributes; caches and settings follow from them.
            if name not in _OUTSIDE and name not in node.tuning:
                self._write("attribute", name.encode())
                self.add(value)
        self._add_many("inputs", node.inputs)

    def _add_graph(self, graph: FuncGraph) -> None:
        numbers = {id(t): i for i, t in enumerate(graph.inputs)}
        for tensor in graph.inputs:
            self.add([tensor.dtype, tensor.shape])
        for node in graph.nodes:
            self._write("node", node.type.encode())
            self.add([numbers.get(id(t), -1) for t in node.inputs])
            self.add({name: v for name, v in node.attrs.items() if not name.startswith("_")})
            for tensor in node.outputs:
                numbers[id(tensor)] = len(numbers)
        self.add([numbers.get(id(t), -1) for t in graph.outputs])


def number_of(*parts: Any) -> int:
    """The number for nodes, and whatever else tells pipelines apart."""
    digest = _Digest()
    for part in parts:
        digest.add(part)
    return int(digest.number())


def _fingerprint(dataset: Any) -> np.ndarray:
    return np.array(number_of(node_of(dataset)), np.uint64)


fingerprint_op = op(
    "DatasetFingerprint", shape=scalar, host=_fingerprint, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@transformation("fingerprint")
def fingerprint(self: DatasetV2) -> Any:
    """A number that is the same for pipelines built the same way.

    Returns:
        A scalar uint64 tensor.

    >>> import tidefall as tf
    >>> one, other = tf.data.Dataset.range(10), tf.data.Dataset.range(11)
    >>> bool(one.fingerprint() == tf.data.Dataset.range(10).fingerprint())
    True
    >>> bool(one.fingerprint() == other.fingerprint())
    False
    """
    return fingerprint_op(self._variant_tensor)
