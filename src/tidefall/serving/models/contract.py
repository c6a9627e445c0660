"""A model's data schema, held against each request: types, ranges, domains, nulls, counts.

A model ships its schema as `assets.extra/schema.pbtxt` (or `schema.pb`), a `Schema` message of
TensorFlow Metadata, as TensorFlow Data Validation writes it. Its features are the inputs of a
signature by name; or, where a signature takes serialized `tf.Example` messages, the features in
those. Rules for data sets as a whole (drift, skew, masses of a domain, unique values) say nothing
of one request and are left aside, and so are features that are not expected in the environment
SERVING, such as labels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.base.type_guards import is_numeric
from tidefall.serving.models.servable import Arrays, TensorInfo

FILES = ("schema.pbtxt", "schema.pb")
FOLDER = "assets.extra"
_ENVIRONMENT = "SERVING"
# What a domain says of the meaning of values is nothing that can be broken.
_MEANINGS = frozenset(
    {
        "natural_language_domain",
        "image_domain",
        "audio_domain",
        "video_domain",
        "content_chunk_domain",
        "mid_domain",
        "url_domain",
    }
)
_KINDS = {"BYTES": "OSU", "INT": "iub", "FLOAT": "f"}
_KIND_NAMES = {"BYTES": "strings", "INT": "integers", "FLOAT": "floats"}

Contract = Callable[[Arrays], None]
"""Raises InvalidArgumentError where inputs are not what the schema says."""

_Wrong = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class _Rule:
    """What every value of a column must be.

    Args:
        wrong: which values are not.
        expected: what they should be, for people.
    """

    wrong: _Wrong
    expected: str


@dataclass(frozen=True, slots=True)
class Column:
    """What is demanded of one feature.

    Args:
        name: the feature's name.
        kind: "BYTES", "INT" or "FLOAT"; "" where the schema does not say.
        required: whether every row must have a value.
        rules: what each value must be.
        shape: the shape of one row; None where any will do.
        least: the fewest values of one row.
        most: the most; None for any number.
        levels: of lists in lists, the fewest and the most items of each level, outermost first.
    """

    name: str
    kind: str = ""
    required: bool = False
    rules: tuple[_Rule, ...] = ()
    shape: tuple[int, ...] | None = None
    least: int = 0
    most: int | None = None
    levels: tuple[tuple[int, int | None], ...] = ()

    def check_values(self, values: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Checks values against the rules.

        Args:
            values: of any shape; the first dimension counts rows.
            rows: the row of each value, where `values` is flat.
        """
        if self.kind and not self._is_kind(values):
            raise self._error(f"expected {_KIND_NAMES[self.kind]}, received {values.dtype.name}")
        for rule in self.rules:
            wrong = rule.wrong(values)
            if wrong.any():
                first: tuple[int, ...] = tuple(np.argwhere(wrong)[0]) if wrong.ndim else ()
                place = first[0] if first else 0
                row = place if rows is None else rows[place]
                value = values[first] if first else values[()]
                raise self._error(
                    f"expected {rule.expected}; {np.count_nonzero(wrong)} of {wrong.size} values "
                    f"are not, the first {_shown(value)} in row {row}"
                )

    def check_counts(self, counts: np.ndarray) -> None:
        """Checks how many values each row has."""
        least = max(self.least, 1) if self.required else self.least
        # A row without any value lacks the feature; only those that must have it may not.
        wrong = (counts < least) & ((counts > 0) | self.required)
        if self.most is not None:
            wrong |= counts > self.most
        if wrong.any():
            row = int(np.argmax(wrong))
            if not counts[row]:
                raise self._error(f"row {row} has no value, and every row needs one")
            most = "any number" if self.most is None else self.most
            raise self._error(f"row {row} has {counts[row]} values, expected {least} to {most}")

    def check_tensor(self, array: np.ndarray) -> None:
        """Checks an input whose first dimension counts rows."""
        self.check_values(array)
        row_shape = array.shape[1:]
        size = int(np.prod(row_shape, dtype=np.int64))
        if self.shape is not None and _squeezed(row_shape) != _squeezed(self.shape):
            raise self._error(f"expected rows of shape {self.shape}, received {row_shape}")
        if self.levels:
            self._check_levels(row_shape)
        if len(array) if array.ndim else True:
            self.check_counts(np.full(len(array) if array.ndim else 1, size))

    def _check_levels(self, row_shape: tuple[int, ...]) -> None:
        if len(row_shape) != len(self.levels):
            raise self._error(
                f"expected rows with {len(self.levels)} dimensions, received shape {row_shape}"
            )
        for level, (size, (least, most)) in enumerate(zip(row_shape, self.levels, strict=True)):
            if size < least or (most is not None and size > most):
                text = "any number" if most is None else most
                raise self._error(
                    f"rows have {size} items in dimension {level}, expected {least} to {text}"
                )

    def _is_kind(self, values: np.ndarray) -> bool:
        kinds = _KINDS[self.kind]
        return values.dtype.kind in kinds or (kinds == "f" and values.dtype.name == "bfloat16")

    def _error(self, message: str) -> errors.InvalidArgumentError:
        return errors.InvalidArgumentError(None, None, f"column {self.name!r}: {message}")


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without the ones: `[batch]` and `[batch, 1]` both hold a value for each row."""
    return tuple(size for size in shape if size != 1)


def _shown(value: Any) -> str:
    text = repr(value.item() if is_numeric(value) else value)
    return text if len(text) <= 60 else text[:57] + "..."


# --- reading schemas ------------------------------------------------------------------------------


def read_schema(folder: Path) -> dict[str, Column] | None:
    """The columns of the schema that a model ships.

    Args:
        folder: the version directory.

    Returns:
        The columns by name, or None where the model ships no schema.

    Raises:
        DataLossError: the file is damaged.
        UnimplementedError: it has a rule for values that is not checked here.
    """
    for name in FILES:
        path = folder / FOLDER / name
        if path.is_file():
            return _columns(_parse(path))
    return None


def _parse(path: Path) -> Any:
    from google.protobuf import message, text_format

    from tidefall.proto.metadata import Schema
    from tidefall.proto.registry import pool

    try:
        if path.suffix == ".pb":
            return Schema.FromString(path.read_bytes())
        return text_format.Parse(path.read_text(), Schema(), descriptor_pool=pool())
    except (message.DecodeError, text_format.ParseError, UnicodeDecodeError) as error:
        raise errors.DataLossError(None, None, f"damaged schema in {path}: {error}") from None


def _columns(schema: Any) -> dict[str, Column]:
    shared = {
        domain.name: domain
        for domain in (*schema.string_domain, *schema.int_domain, *schema.float_domain)
    }
    default = schema.default_environment
    return {
        feature.name: _column(feature, shared)
        for feature in schema.feature
        if _is_served(feature, default)
    }


def _is_served(feature: Any, default: Any) -> bool:
    from tidefall.proto.metadata import LifecycleStage

    off = ("PLANNED", "DEPRECATED", "DEBUG_ONLY", "DISABLED")
    if feature.deprecated or LifecycleStage.Name(feature.lifecycle_stage) in off:
        return False
    if _ENVIRONMENT in feature.not_in_environment:
        return False
    return not default or _ENVIRONMENT in (*default, *feature.in_environment)


def _column(feature: Any, shared: Mapping[str, Any]) -> Column:
    from tidefall.proto.metadata import FeatureType

    kind = FeatureType.Name(feature.type)
    if kind == "STRUCT":
        raise _unimplemented(feature.name, "its type, STRUCT,")
    levels = tuple((c.min, c.max if c.HasField("max") else None) for c in _value_counts(feature))
    ends = [most for _, most in levels if most is not None]
    return Column(
        feature.name,
        "" if kind == "TYPE_UNKNOWN" else kind,
        feature.presence.min_fraction >= 1 or feature.group_presence.required,
        tuple(_rules(feature, shared)),
        tuple(dim.size for dim in feature.shape.dim) if feature.HasField("shape") else None,
        math.prod(least for least, _ in levels) if levels else 0,
        math.prod(ends) if levels and len(ends) == len(levels) else None,
        levels if feature.HasField("value_counts") else (),
    )


def _value_counts(feature: Any) -> list[Any]:
    """How many items each level of lists has; of a feature that does not say, none."""
    if feature.HasField("value_counts"):
        return list(feature.value_counts.value_count)
    return [feature.value_count] if feature.HasField("value_count") else []


def _rules(feature: Any, shared: Mapping[str, Any]) -> Iterator[_Rule]:
    which = feature.WhichOneof("domain_info")
    if which is None or which in _MEANINGS:
        return
    domain = getattr(feature, which)
    if which == "domain":
        domain = shared.get(feature.domain)
        if domain is None:
            message = f"feature {feature.name!r}: the schema has no domain {feature.domain!r}"
            raise errors.DataLossError(None, None, message)
    kind = type(domain).__name__
    if kind == "IntDomain":
        yield from _range(domain)
    elif kind == "FloatDomain":
        yield from _range(domain)
        if domain.disallow_nan:
            yield _Rule(np.isnan, "no NaN")
        if domain.disallow_inf:
            yield _Rule(np.isinf, "no infinity")
    elif kind == "StringDomain":
        # Where a share of the values may lie outside, one request cannot be blamed.
        if feature.distribution_constraints.min_domain_mass >= 1:
            yield _one_of(domain.value)
    elif kind == "BoolDomain":
        yield _boolean(domain, feature)
    else:
        raise _unimplemented(feature.name, which)


def _range(domain: Any) -> Iterator[_Rule]:
    low = domain.min if domain.HasField("min") else None
    high = domain.max if domain.HasField("max") else None
    if low is None and high is None:
        return
    if low is None:
        yield _Rule(lambda x: ~(x <= high), f"values up to {high:g}")
    elif high is None:
        yield _Rule(lambda x: ~(x >= low), f"values from {low:g}")
    else:
        # NaN is in no range.
        yield _Rule(lambda x: ~((x >= low) & (x <= high)), f"values from {low:g} to {high:g}")


def _one_of(values: Any) -> _Rule:
    known = {value.encode() for value in values}
    listed = ", ".join(repr(value) for value in list(values)[:8])
    more = f" and {len(known) - 8} more" if len(known) > 8 else ""

    def wrong(array: np.ndarray) -> np.ndarray:
        flat = [_as_bytes(value) not in known for value in array.ravel().tolist()]
        return np.array(flat, bool).reshape(array.shape)

    return _Rule(wrong, f"one of {listed}{more}")


def _boolean(domain: Any, feature: Any) -> _Rule:
    if domain.true_value or domain.false_value:
        return _one_of([value for value in (domain.true_value, domain.false_value) if value])
    return _Rule(lambda x: (x != 0) & (x != 1), "0 or 1")


def _as_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


# --- contracts of signatures ----------------------------------------------------------------------


def contract_for(columns: Mapping[str, Column], inputs: Mapping[str, TensorInfo]) -> Contract:
    """What the schema demands of a signature's inputs.

    Args:
        columns: the schema.
        inputs: the signature's inputs.

    Raises:
        InvalidArgumentError: the schema and the signature contradict each other.
    """
    named = [columns[name] for name in inputs if name in columns]
    if not named and len(inputs) == 1:
        [(name, info)] = inputs.items()
        if info.dtype == "string":
            return _Examples(name, columns)
    for column in named:
        _check_dtype(column, inputs[column.name])

    def check(arrays: Arrays) -> None:
        for column in named:
            column.check_tensor(np.asarray(arrays[column.name]))

    return check


_DTYPES = {"BYTES": ("string",), "INT": ("int", "uint", "bool"), "FLOAT": ("float", "bfloat")}


def _check_dtype(column: Column, info: TensorInfo) -> None:
    if column.kind and not info.dtype.startswith(_DTYPES[column.kind]):
        message = (
            f"the schema says that {column.name!r} holds {_KIND_NAMES[column.kind]}, and the "
            f"signature that it is {info}"
        )
        raise errors.InvalidArgumentError(None, None, message)


class _Examples:
    """The contract of a signature that takes serialized `tf.Example` messages."""

    def __init__(self, name: str, columns: Mapping[str, Column]) -> None:
        self._name = name
        self._columns = list(columns.values())

    def __call__(self, arrays: Arrays) -> None:
        features = [self._features(value) for value in np.asarray(arrays[self._name]).ravel()]
        for column in self._columns:
            rows = [_values(feature.get(column.name)) for feature in features]
            counts = np.array([len(values) for values in rows], np.int64)
            column.check_counts(counts)
            present = [values for values in rows if len(values)]
            if present:
                column.check_values(
                    np.concatenate(present), np.repeat(np.arange(len(rows)), counts)
                )

    def _features(self, serialized: Any) -> dict[str, Any]:
        from google.protobuf.message import DecodeError

        from tidefall.proto import Example

        try:
            return dict(Example.FromString(_as_bytes(serialized)).features.feature)
        except DecodeError:
            message = f"input {self._name!r}: expected serialized tf.Example messages"
            raise errors.InvalidArgumentError(None, None, message) from None


def _values(feature: Any) -> np.ndarray:
    """The values of one feature of one Example; none where it is absent."""
    which = feature.WhichOneof("kind") if feature is not None else None
    if which is None:
        return np.zeros(0)
    values = getattr(feature, which).value
    dtype = {"bytes_list": object, "int64_list": np.int64, "float_list": np.float32}[which]
    found = np.empty(len(values), dtype)
    found[:] = values
    return found


def _unimplemented(feature: str, what: str) -> errors.UnimplementedError:
    message = (
        f"feature {feature!r} of the data schema: {what} cannot be checked. Requests are not "
        "served unchecked; take it out of the schema to serve the model without"
    )
    return errors.UnimplementedError(None, None, message)
