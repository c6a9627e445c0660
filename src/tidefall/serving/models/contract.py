"""A model's data schema, held against each request: types, ranges, domains, presence, counts.

A model ships its schema as `assets.extra/schema.pbtxt` (or `schema.pb`), a `Schema` message of
TensorFlow Metadata, as TensorFlow Data Validation writes it. Its features are the inputs of a
signature by name; or, where a signature takes serialized `tf.Example` messages, the features in
those. Features of structures go by their paths: `trip.fare`, and those of `##SEQUENCE##` are the
feature lists of serialized `tf.SequenceExample` messages. Rules for data sets as a whole (drift,
skew, masses of a domain, unique values) say nothing of one request and are left aside, and so are
features that are not expected in the environment SERVING, such as labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.base.type_guards import is_numeric
from tidefall.io.records.quarantine import Reason
from tidefall.serving.models.data_schema import SEQUENCE, Demand
from tidefall.serving.models.servable import Arrays, TensorInfo

_KINDS = {"BYTES": "OSU", "INT": "iub", "FLOAT": "f"}
_KIND_NAMES = {"BYTES": "strings", "INT": "integers", "FLOAT": "floats", "STRUCT": "structures"}
_DTYPES = {"BYTES": ("string",), "INT": ("int", "uint", "bool"), "FLOAT": ("float", "bfloat")}
_FLAT = {"bytes_list": object, "float_list": np.float32, "int64_list": np.int64}

Contract = Callable[[Arrays], None]
"""Raises ContractError where inputs are not what the schema says."""

_Steps = list[np.ndarray]
"""What one feature of one Example holds: one array of values, or one for each step."""


class ContractError(errors.InvalidArgumentError):
    """Inputs break the data schema of the model.

    Args:
        reasons: in what, at least one.
    """

    def __init__(self, reasons: Sequence[Reason]) -> None:
        first, *others = reasons
        more = f"; more rules of the schema that are broken: {len(others)}" if others else ""
        super().__init__(None, None, f"column {first.feature!r}: {first.reason}{more}")
        self.reasons = tuple(reasons)


def contract_for(demands: Mapping[str, Demand], inputs: Mapping[str, TensorInfo]) -> Contract:
    """What the schema demands of a signature's inputs.

    Args:
        demands: the schema, by the paths of features.
        inputs: the signature's inputs.

    Raises:
        InvalidArgumentError: the schema and the signature contradict each other.
    """
    named = [demands[name] for name in inputs if name in demands]
    if not named and len(inputs) == 1:
        [(name, info)] = inputs.items()
        if info.dtype == "string":
            return _Examples(name, demands)
    for demand in named:
        _check_dtype(demand, inputs[demand.name])

    def check(arrays: Arrays) -> None:
        reasons = [r for d in named for r in _of_tensor(d, np.asarray(arrays[d.name]))]
        if reasons:
            raise ContractError(reasons)

    return check


def _check_dtype(demand: Demand, info: TensorInfo) -> None:
    if demand.kind and not info.dtype.startswith(_DTYPES.get(demand.kind, ())):
        message = (
            f"the schema says that {demand.name!r} holds {_KIND_NAMES[demand.kind]}, and the "
            f"signature that it is {info}"
        )
        raise errors.InvalidArgumentError(None, None, message)


# --- what is wrong with values --------------------------------------------------------------------


def _of_values(
    demand: Demand, values: np.ndarray, rows: np.ndarray | None = None
) -> Iterator[Reason]:
    """What is wrong with values.

    Args:
        demand: of the feature.
        values: of any shape; the first dimension counts rows.
        rows: the row of each value, where `values` is flat.
    """
    if demand.kind and not _is_kind(demand.kind, values):
        text = f"expected {_KIND_NAMES[demand.kind]}, received {_dtype(values)}"
        yield Reason(demand.name, "UNEXPECTED_DATA_TYPE", text)
        return
    for rule in demand.rules:
        wrong = rule.wrong(values)
        if wrong.any():
            first: tuple[int, ...] = tuple(np.argwhere(wrong)[0]) if wrong.ndim else ()
            place = first[0] if first else 0
            row = place if rows is None else rows[place]
            value = values[first] if first else values[()]
            text = (
                f"expected {rule.expected}; {np.count_nonzero(wrong)} of {wrong.size} values "
                f"are not, the first {_shown(value)} in row {row}"
            )
            yield Reason(demand.name, rule.type, text)


def _of_counts(demand: Demand, counts: np.ndarray, parents: np.ndarray) -> Iterator[Reason]:
    """What is wrong with how many values each row has.

    Args:
        demand: of the feature.
        counts: int64 `[rows]`; -1 where a row does not have the feature at all.
        parents: which rows have the structure around it, bool `[rows]`.
    """
    absent = (counts <= 0) & parents if demand.required else np.zeros(len(counts), bool)
    if absent.any():
        row = int(np.argmax(absent))
        text = f"row {row} has no value, and every row needs one"
        yield Reason(demand.name, "FEATURE_TYPE_LOW_FRACTION_PRESENT", text)
    most = "any number" if demand.most is None else demand.most
    shaped = None if demand.shape is None else "INVALID_FEATURE_SHAPE"
    for kind, wrong in (
        ("FEATURE_TYPE_LOW_NUMBER_VALUES", (counts >= 0) & (counts < demand.least) & ~absent),
        (
            "FEATURE_TYPE_HIGH_NUMBER_VALUES",
            np.zeros(len(counts), bool) if demand.most is None else counts > demand.most,
        ),
    ):
        if wrong.any():
            row = int(np.argmax(wrong))
            text = f"row {row} has {counts[row]} values, expected {demand.least} to {most}"
            yield Reason(demand.name, shaped or kind, text)


def _of_tensor(demand: Demand, array: np.ndarray) -> Iterator[Reason]:
    """What is wrong with an input whose first dimension counts rows."""
    yield from _of_values(demand, array)
    row_shape = array.shape[1:]
    if demand.shape is not None and _squeezed(row_shape) != _squeezed(demand.shape):
        text = f"expected rows of shape {demand.shape}, received {row_shape}"
        yield Reason(demand.name, "INVALID_FEATURE_SHAPE", text)
        return
    if demand.levels:
        yield from _of_levels(demand, row_shape)
        return
    rows = len(array) if array.ndim else 1
    size = int(np.prod(row_shape, dtype=np.int64))
    yield from _of_counts(demand, np.full(rows, size), np.ones(rows, bool))


def _of_levels(demand: Demand, sizes: Sequence[int], where: str = "rows have") -> Iterator[Reason]:
    if len(sizes) != len(demand.levels):
        text = f"expected rows with {len(demand.levels)} dimensions, received shape {sizes}"
        yield Reason(demand.name, "VALUE_NESTEDNESS_MISMATCH", text)
        return
    for level, size in enumerate(sizes):
        yield from _of_level(demand, level, size, f"{where} {size} items in dimension {level}")


def _of_level(demand: Demand, level: int, size: int, what: str) -> Iterator[Reason]:
    least, most = demand.levels[level]
    if size < least or (most is not None and size > most):
        kind = "FEATURE_TYPE_LOW_NUMBER_VALUES"
        if size >= least:
            kind = "FEATURE_TYPE_HIGH_NUMBER_VALUES"
        ends = f"{least} to {'any number' if most is None else most}"
        yield Reason(demand.name, kind, f"{what}, expected {ends}")


def _is_kind(kind: str, values: np.ndarray) -> bool:
    kinds = _KINDS.get(kind, "")
    return values.dtype.kind in kinds or (kinds == "f" and values.dtype.name == "bfloat16")


def _dtype(values: np.ndarray) -> str:
    return "strings" if values.dtype.kind in "OSU" else values.dtype.name


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without the ones: `[batch]` and `[batch, 1]` both hold a value for each row."""
    return tuple(size for size in shape if size != 1)


def _shown(value: Any) -> str:
    text = repr(value.item() if is_numeric(value) else value)
    return text if len(text) <= 60 else text[:57] + "..."


# --- serialized Examples --------------------------------------------------------------------------


class _Examples:
    """The contract of a signature that takes serialized Examples, or SequenceExamples."""

    def __init__(self, name: str, demands: Mapping[str, Demand]) -> None:
        self._name = name
        self._demands = demands
        self._has_lists = SEQUENCE in demands

    def __call__(self, arrays: Arrays) -> None:
        rows = [self._parsed(value) for value in np.asarray(arrays[self._name]).ravel()]
        reasons = [reason for demand in self._demands.values() for reason in self._of(demand, rows)]
        if reasons:
            raise ContractError(reasons)

    def _parsed(self, serialized: Any) -> Mapping[str, _Steps]:
        """The features of an Example by their paths, those of feature lists among them."""
        from google.protobuf.message import DecodeError

        from tidefall.proto import Example, SequenceExample

        try:
            message = (SequenceExample if self._has_lists else Example).FromString(
                serialized if isinstance(serialized, bytes) else str(serialized).encode()
            )
        except DecodeError:
            text = f"input {self._name!r}: expected serialized tf.Example messages"
            raise errors.InvalidArgumentError(None, None, text) from None
        features = message.context if self._has_lists else message.features
        found = {name: [_values(one)] for name, one in features.feature.items() if _is_there(one)}
        if self._has_lists:
            for name, listed in message.feature_lists.feature_list.items():
                found[f"{SEQUENCE}.{name}"] = [_values(one) for one in listed.feature]
        return found

    def _of(self, demand: Demand, rows: Sequence[Mapping[str, _Steps]]) -> Iterator[Reason]:
        has_parent = np.array([_has(row, demand.path[:-1]) for row in rows], bool)
        if demand.kind == "STRUCT":
            there = np.array([_has(row, demand.path) for row in rows], bool)
            yield from _of_counts(demand, np.where(there, 1, -1), has_parent)
            return
        steps = [row.get(demand.name) for row in rows]
        if demand.levels and demand.path[0] == SEQUENCE:
            for number, one in enumerate(steps):
                if one is not None:
                    yield from _of_steps(demand, number, one)
            sizes = np.array([-1 if one is None else len(one) for one in steps])
            yield from _of_absent(demand, sizes, has_parent)
        else:
            counts = [-1 if one is None else sum(map(len, one)) for one in steps]
            yield from _of_counts(demand, np.array(counts, np.int64), has_parent)
        pieces = [(number, part) for number, one in enumerate(steps) for part in one or ()]
        # Of one kind at a time: in each record a feature may be of another.
        for kind in dict.fromkeys(part.dtype for _, part in pieces if len(part)):
            chosen = [(number, part) for number, part in pieces if part.dtype == kind]
            rows_of = np.repeat([n for n, _ in chosen], [len(part) for _, part in chosen])
            yield from _of_values(demand, np.concatenate([part for _, part in chosen]), rows_of)


def _of_absent(demand: Demand, sizes: np.ndarray, parents: np.ndarray) -> Iterator[Reason]:
    wrong = (sizes < 0) & parents
    if demand.required and wrong.any():
        text = f"row {int(np.argmax(wrong))} has no value, and every row needs one"
        yield Reason(demand.name, "FEATURE_TYPE_LOW_FRACTION_PRESENT", text)


def _of_steps(demand: Demand, row: int, steps: _Steps) -> Iterator[Reason]:
    """What is wrong with how many steps a feature list has, and how many values each."""
    if len(demand.levels) != 2:
        text = f"row {row} has lists in a list, expected {len(demand.levels)} levels of lists"
        yield Reason(demand.name, "VALUE_NESTEDNESS_MISMATCH", text)
        return
    yield from _of_level(demand, 0, len(steps), f"row {row} has {len(steps)} steps")
    for number, values in enumerate(steps):
        what = f"row {row} has {len(values)} values in step {number}"
        yield from _of_level(demand, 1, len(values), what)


def _has(row: Mapping[str, _Steps], path: tuple[str, ...]) -> bool:
    """Whether a row has something in a structure; all of them have the outermost."""
    prefix = ".".join((*path, ""))
    return not path or any(name.startswith(prefix) for name in row)


def _is_there(feature: Any) -> bool:
    return feature.WhichOneof("kind") is not None


def _values(feature: Any) -> np.ndarray:
    """The values of one feature of one Example; none of one that says nothing."""
    which = feature.WhichOneof("kind")
    if which is None:
        return np.zeros(0, np.float32)
    values = getattr(feature, which).value
    found = np.empty(len(values), _FLAT[which])
    found[:] = values
    return found
