"""`Dataset.validate`: rows that break a schema fail, are left out, or are put aside."""

from __future__ import annotations

import importlib
import os
from typing import Any

import numpy as np

from tidefall.base import data_nest, dtypes
from tidefall.base.errors import InvalidArgumentError, UnimplementedError
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.spec import RaggedTensorSpec
from tidefall.composite.sparse_tensor import SparseTensor, SparseTensorSpec
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
)
from tidefall.data.engine.elements import Element
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import INFINITE, UNKNOWN, Node
from tidefall.data.engine.structure import to_tensor
from tidefall.op.table import signature
from tidefall.tensor.specs import TensorSpec

_RULES = "tidefall.lifecycle.data_validation.contract.datasets"
"""What knows the rules of schemas: by name, since it is storeys above."""


class ValidateNode(Node):
    """The elements that keep to a schema.

    Args:
        source: the input.
        door: says which rows may pass, and counts.
        names: of the components, in their order.
        specs: of those that are ragged or sparse; None of dense ones.
        batched: whether elements are batches of rows.
    """

    def __init__(self, source: Node, door: Any, names: list[str], specs: list[Any], batched: bool):
        self.inputs = (source,)
        self.door, self.names, self.specs, self.batched = door, names, specs, batched

    def make_iterator(self) -> ElementIterator:
        return _Validated(self.inputs[0].make_iterator(), self)

    def cardinality(self) -> int:
        known = self.inputs[0].cardinality()
        # A door that fails leaves nothing out.
        return known if self.door.fails or known == INFINITE else UNKNOWN


class _Validated(Derived):
    __slots__ = ("_node",)

    def __init__(self, source: ElementIterator, node: ValidateNode):
        super().__init__(source)
        self._node = node

    def __next__(self) -> Element:
        node = self._node
        while True:
            element = next(self._source)
            values = [
                _rows(value, spec, node.batched)
                for value, spec in zip(element, node.specs, strict=True)
            ]
            admitted = node.door.admitted(dict(zip(node.names, values, strict=True)))
            if admitted is None:
                return element
            if node.batched and admitted.any():
                return [
                    _chosen(value, spec, admitted)
                    for value, spec in zip(values, node.specs, strict=True)
                ]


def _rows(raw_value: Any, spec: Any, batched: bool) -> Any:
    """A component with a first dimension that counts rows: an array, or a composite tensor."""
    if spec is None:
        array = np.asarray(raw_value)
        return array if batched else array[None]
    value = spec._from_compatible_tensor_list([to_tensor(raw_value, dtypes.variant)])
    if batched:
        return value
    if isinstance(value, SparseTensor):
        indices = np.asarray(value.indices.numpy())
        first = np.zeros((len(indices), 1), np.int64)
        shape = [1, *value.dense_shape.numpy()]
        return SparseTensor(np.hstack([first, indices]), value.values, shape)
    count = value.nrows() if isinstance(value, RaggedTensor) else len(value)
    return RaggedTensor.from_row_splits(value, np.array([0, int(count)], np.int64))


def _chosen(value: Any, spec: Any, admitted: np.ndarray) -> np.ndarray:
    """Some rows of a component, as the element holds them."""
    if spec is None:
        return value[admitted]
    (rows,) = spec._to_batched_tensor_list(value)
    return np.asarray(rows.numpy())[admitted]


def _build(
    source: Any,
    *,
    schema: Any,
    environment: Any,
    on_error: Any,
    quarantine: Any,
    names: Any,
    kinds: Any,
    batched: bool,
) -> Node:
    door = importlib.import_module(_RULES).Door(
        _text(schema), _text(environment), _text(on_error), _text(quarantine)
    )
    specs = [_spec(_text(kind)) for kind in kinds]
    return ValidateNode(node_of(source), door, [_text(name) for name in names], specs, batched)


def _kind(spec: Any) -> str:
    """How a component is held, as text that `_spec` reads: "" for a dense tensor."""
    if isinstance(spec, SparseTensorSpec):
        return f"sparse {spec.dtype.name}"
    if isinstance(spec, RaggedTensorSpec):
        return f"ragged {spec.dtype.name} {spec.ragged_rank} {spec.row_splits_dtype.name}"
    return ""


def _spec(kind: str) -> Any:
    if not kind:
        return None
    name, dtype, *rest = kind.split()
    if name == "sparse":
        return SparseTensorSpec(None, dtypes.as_dtype(dtype))
    return RaggedTensorSpec(None, dtypes.as_dtype(dtype), int(rest[0]), dtypes.as_dtype(rest[1]))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else value


validate_dataset_op = dataset_op(
    "ValidateDataset",
    _build,
    signature(
        "ValidateDataset",
        {
            "in": [["input_dataset", "variant"]],
            "out": [["handle", "variant"]],
            "attrs": {
                "schema": {"type": "string"},
                "environment": {"type": "string"},
                "on_error": {"type": "string"},
                "quarantine": {"type": "string"},
                "names": {"type": "list(string)"},
                "kinds": {"type": "list(string)"},
                "batched": {"type": "bool"},
                "output_types": {"type": "list(type)", "min": 1},
                "output_shapes": {"type": "list(shape)", "min": 1},
            },
        },
    ),
)


@transformation("validate")
def validate(
    self: DatasetV2,
    schema: Any,
    on_error: str = "fail",
    *,
    environment: str | None = None,
    quarantine_path: str | os.PathLike[str] | None = None,
    batched: bool | None = None,
    name: str | None = None,
) -> DatasetV2:
    """Let through only rows that keep to a schema.

    Types, presence, numbers of values, ranges and domains are held against each row; rules of data
    sets as a whole, such as drift, are not. `dataset.validation` says how many rows were seen and
    refused. A row of a sparse tensor without values lacks the feature. Batches are much faster than
    single rows: put it behind `batch`.

    Args:
        schema: a `Schema` message, or a file with its text.
        on_error: what becomes of a row that breaks it. "fail" raises an error, "drop" leaves it
            out, "quarantine" also writes it with the reasons to a file; see
            `tidefall.data_validation.read_quarantine`.
        environment: one of the schema's, such as "SERVING".
        quarantine_path: the file.
        batched: whether elements are batches of rows; by default, whether all components have a
            first dimension of unknown size.
        name: accepted for the sake of other transformations.

    Raises:
        InvalidArgumentError: `on_error` is something else, the path is missing, or batches have a
            fixed size, from which no row can be left out. When iterated: a row breaks the schema.
        UnimplementedError: a component is neither a tensor nor a ragged or sparse one.

    >>> import tidefall as tf
    >>> from tidefall.proto import metadata
    >>> schema = metadata.Schema()
    >>> age = schema.feature.add(name="age", type=metadata.FeatureType.INT)
    >>> age.int_domain.min = 0
    >>> rows = tf.data.Dataset.from_tensor_slices({"age": [31, -4, 54]})
    >>> rows = rows.validate(schema, on_error="drop")
    >>> [int(row["age"]) for row in rows], rows.validation["refused"]
    ([31, 54], 1)
    """
    _check(on_error, quarantine_path)
    leaves = data_nest.flatten(self.element_spec)
    names = _names(self.element_spec, leaves)
    shapes = [leaf.shape for leaf in leaves]
    if batched is None:
        batched = all(shape.rank and shape[0] is None for shape in shapes)
    if batched and on_error != "fail" and any(shape.rank and shape[0] for shape in shapes):
        raise InvalidArgumentError(
            None,
            None,
            f"Dataset.validate(on_error={on_error!r}): batches of {shapes[0][0]} rows lose that "
            "size when a row is left out; validate before batch(..., drop_remainder=True)",
        )
    variant = validate_dataset_op(
        self._variant_tensor,
        schema=importlib.import_module(_RULES).schema_text(schema),
        environment=environment or "",
        on_error=on_error,
        quarantine=os.fspath(quarantine_path or ""),
        names=names,
        kinds=[_kind(leaf) for leaf in leaves],
        batched=batched,
        **self._flat_structure,
    )
    return new_dataset(variant, self.element_spec, [self], shown_name(validate_dataset_op))


def _check(on_error: str, quarantine_path: object) -> None:
    if on_error not in ("fail", "drop", "quarantine"):
        message = f"on_error: expected 'fail', 'drop' or 'quarantine', received {on_error!r}"
        raise InvalidArgumentError(None, None, f"Dataset.validate: {message}")
    if (on_error == "quarantine") != (quarantine_path is not None):
        message = "quarantine_path goes with on_error='quarantine'; give both or neither"
        raise InvalidArgumentError(None, None, f"Dataset.validate: {message}")


def _names(spec: Any, leaves: list[Any]) -> list[str]:
    """The components' names: keys of dictionaries, "label" of the second of a pair, or numbers."""
    numbered = data_nest.pack_sequence_as(spec, list(range(len(leaves))))
    named = importlib.import_module(_RULES).named_components(numbered, "")
    by_place = {place: name for name, place in named}
    for place, leaf in enumerate(leaves):
        if not isinstance(leaf, TensorSpec | RaggedTensorSpec | SparseTensorSpec):
            raise UnimplementedError(
                None,
                None,
                f"Dataset.validate: component {by_place[place]!r} is {leaf}; only dense, ragged "
                "and sparse tensors can be looked at. Validate the files before they are parsed, "
                "with data_validation.validate_examples_in_tfrecord",
            )
    return [by_place[place] for place in range(len(leaves))]


def validation(self: DatasetV2) -> dict[str, Any]:
    """What `validate` has seen in this pipeline, in all iterations so far.

    Returns:
        "rows" and "refused": how many; "reasons": refusals by feature and type of anomaly.
    """
    total: dict[str, Any] = {"rows": 0, "refused": 0, "reasons": {}}
    seen: set[int] = set()
    waiting = [self._node]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        waiting.extend(node.inputs)
        if isinstance(node, ValidateNode):
            counts = node.door.counts
            total["rows"] += counts["rows"]
            total["refused"] += counts["refused"]
            for reason, count in counts["reasons"].items():
                total["reasons"][reason] = total["reasons"].get(reason, 0) + count
    return total


DatasetV2.validation = property(validation)  # type: ignore[attr-defined]
