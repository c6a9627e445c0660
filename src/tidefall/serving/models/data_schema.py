"""Reading the data schema that a model ships: what it demands of each feature of a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tidefall.base import errors

FILES = ("schema.pbtxt", "schema.pb")
FOLDER = "assets.extra"
SEQUENCE = "##SEQUENCE##"
"""The structure that holds the feature lists of SequenceExamples."""
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
        "time_domain",
        "time_of_day_domain",
    }
)
_INTEGER = re.compile(r"\s*[+-]?\d+\s*\Z")

Wrong = Callable[[np.ndarray], np.ndarray]
"""Values to which of them are wrong, bool of the same shape."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What every value of a feature must be.

    Args:
        type: of the anomaly where one is not.
        wrong: which values are not.
        expected: what they should be, for people.
    """

    type: str
    wrong: Wrong
    expected: str


@dataclass(frozen=True, slots=True)
class Demand:
    """What is demanded of one feature.

    Args:
        path: the names of the structures around it and its own.
        kind: "BYTES", "INT", "FLOAT" or "STRUCT"; "" where the schema does not say.
        required: whether every row must have a value; in a structure, every row that has that.
        rules: what each value must be.
        shape: the shape of one row; None where any will do.
        least: the fewest values of one row.
        most: the most; None for any number.
        levels: of lists in lists, the fewest and the most items of each level, outermost first.
    """

    path: tuple[str, ...]
    kind: str = ""
    required: bool = False
    rules: tuple[Rule, ...] = ()
    shape: tuple[int, ...] | None = None
    least: int = 0
    most: int | None = None
    levels: tuple[tuple[int, int | None], ...] = ()

    @property
    def name(self) -> str:
        """The path as it is told, and as an input is called."""
        return ".".join(self.path)


def read_schema(folder: Path) -> dict[str, Demand] | None:
    """What the schema that a model ships demands.

    Args:
        folder: the version directory.

    Returns:
        What is demanded of each feature by its path, joined by dots; None where the model ships no
        schema.

    Raises:
        DataLossError: the file is damaged, or names a domain that it does not have.
    """
    for name in FILES:
        path = folder / FOLDER / name
        if path.is_file():
            return _demands(_parse(path))
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


def _demands(schema: Any) -> dict[str, Demand]:
    shared = {
        domain.name: domain
        for domain in (*schema.string_domain, *schema.int_domain, *schema.float_domain)
    }
    found = _below(schema.feature, (), shared, schema.default_environment)
    return {demand.name: demand for demand in found}


def _below(
    features: Any, parent: tuple[str, ...], shared: Mapping[str, Any], default: Any
) -> Iterator[Demand]:
    for feature in features:
        if not _is_served(feature, default):
            continue
        demand = _demand(feature, parent, shared)
        yield demand
        if feature.HasField("struct_domain"):
            yield from _below(feature.struct_domain.feature, demand.path, shared, default)


def _is_served(feature: Any, default: Any) -> bool:
    from tidefall.proto.metadata import LifecycleStage

    off = ("PLANNED", "ALPHA", "DEPRECATED", "DEBUG_ONLY", "DISABLED")
    if feature.deprecated or LifecycleStage.Name(feature.lifecycle_stage) in off:
        return False
    if _ENVIRONMENT in feature.in_environment:
        return True
    if _ENVIRONMENT in feature.not_in_environment:
        return False
    return not default or _ENVIRONMENT in default


def _demand(feature: Any, parent: tuple[str, ...], shared: Mapping[str, Any]) -> Demand:
    from tidefall.proto.metadata import FeatureType

    kind = FeatureType.Name(feature.type)
    levels = tuple((c.min, c.max if c.HasField("max") else None) for c in _value_counts(feature))
    shape = None
    if feature.HasField("shape"):
        shape = tuple(dim.size for dim in feature.shape.dim)
        least = most = int(np.prod(shape, dtype=np.int64))
    else:
        ends = [most for _, most in levels if most is not None]
        least = int(np.prod([least for least, _ in levels], dtype=np.int64)) if levels else 0
        bounded = levels and len(ends) == len(levels)
        most = int(np.prod(ends, dtype=np.int64)) if bounded else None
    present = feature.presence.min_fraction >= 1 or feature.group_presence.required
    return Demand(
        (*parent, feature.name),
        "" if kind == "TYPE_UNKNOWN" else kind,
        present or shape is not None,
        tuple(_rules(feature, shared)),
        shape,
        least,
        most,
        levels if feature.HasField("value_counts") else (),
    )


def _value_counts(feature: Any) -> list[Any]:
    """How many items each level of lists has; of a feature that does not say, none."""
    if feature.HasField("value_counts"):
        return list(feature.value_counts.value_count)
    return [feature.value_count] if feature.HasField("value_count") else []


def _rules(feature: Any, shared: Mapping[str, Any]) -> Iterator[Rule]:
    which = feature.WhichOneof("domain_info")
    if which is None or which in _MEANINGS or which == "struct_domain":
        return
    domain = getattr(feature, which)
    if which == "domain":
        domain = shared.get(feature.domain)
        if domain is None:
            message = f"feature {feature.name!r}: the schema has no domain {feature.domain!r}"
            raise errors.DataLossError(None, None, message)
    kind = type(domain).__name__
    if kind == "IntDomain":
        yield Rule("INT_TYPE_NOT_INT_STRING", _not_integer, "integers")
        yield from _range(domain, "INT_TYPE_SMALL_INT", "INT_TYPE_BIG_INT")
    elif kind == "FloatDomain":
        yield Rule("FLOAT_TYPE_STRING_NOT_FLOAT", _not_number, "numbers")
        yield from _range(domain, "FLOAT_TYPE_SMALL_FLOAT", "FLOAT_TYPE_BIG_FLOAT")
        if domain.disallow_nan:
            yield Rule("FLOAT_TYPE_HAS_NAN", lambda x: np.isnan(_numbers(x)), "no NaN")
        if domain.disallow_inf:
            yield Rule("FLOAT_TYPE_HAS_INF", lambda x: np.isinf(_numbers(x)), "no infinity")
    elif kind == "StringDomain":
        # Where a share of the values may lie outside, one request cannot be blamed.
        mass = feature.distribution_constraints
        if not mass.HasField("min_domain_mass") or mass.min_domain_mass >= 1:
            yield _one_of("ENUM_TYPE_UNEXPECTED_STRING_VALUES", domain.value)
    else:
        yield from _boolean(domain)


def _range(domain: Any, small: str, big: str) -> Iterator[Rule]:
    # A NaN is neither small nor big; `disallow_nan` refuses it.
    low = domain.min if domain.HasField("min") else None
    high = domain.max if domain.HasField("max") else None
    if low is None and high is None:
        return
    if low is None:
        words = f"values up to {high:g}"
    elif high is None:
        words = f"values from {low:g}"
    else:
        words = f"values from {low:g} to {high:g}"
    if low is not None:
        yield Rule(small, lambda x: _numbers(x) < low, words)
    if high is not None:
        yield Rule(big, lambda x: _numbers(x) > high, words)


def _numbers(array: np.ndarray) -> np.ndarray:
    """Numbers, or what strings say; NaN for those that say none."""
    if array.dtype.kind not in "OSU":
        return array
    return _each(array, _number, np.float64)


def _number(value: Any) -> float:
    try:
        return float(_as_bytes(value))
    except ValueError:
        return np.nan


def _not_number(array: np.ndarray) -> np.ndarray:
    """Which strings are no numbers."""
    if array.dtype.kind not in "OSU":
        return np.zeros(array.shape, bool)

    def is_none(value: Any) -> bool:
        try:
            float(_as_bytes(value))
        except ValueError:
            return True
        return False

    return _each(array, is_none, bool)


def _not_integer(array: np.ndarray) -> np.ndarray:
    """Which strings are no integers."""
    if array.dtype.kind not in "OSU":
        return np.zeros(array.shape, bool)
    return _each(array, lambda v: not _INTEGER.match(_as_bytes(v).decode(errors="replace")), bool)


def _each(array: np.ndarray, function: Callable[[Any], Any], dtype: Any) -> np.ndarray:
    flat = [function(value) for value in array.ravel().tolist()]
    return np.array(flat, dtype).reshape(array.shape)


def _one_of(kind: str, values: Any) -> Rule:
    known = {value.encode() for value in values}
    listed = ", ".join(repr(value) for value in list(values)[:8])
    more = f" and {len(known) - 8} more" if len(known) > 8 else ""

    def wrong(array: np.ndarray) -> np.ndarray:
        if array.dtype.kind not in "OSU":
            return np.zeros(array.shape, bool)
        return _each(array, lambda value: _as_bytes(value) not in known, bool)

    return Rule(kind, wrong, f"one of {listed}{more}")


def _boolean(domain: Any) -> Iterator[Rule]:
    known = [getattr(domain, n) for n in ("true_value", "false_value") if domain.HasField(n)]
    yield _one_of("BOOL_TYPE_UNEXPECTED_STRING", known)
    for kind, kinds, wrong in (
        ("BOOL_TYPE_SMALL_INT", "iu", lambda x: x < 0),
        ("BOOL_TYPE_BIG_INT", "iu", lambda x: x > 1),
        ("BOOL_TYPE_UNEXPECTED_FLOAT", "f", lambda x: (x != 0) & (x != 1)),
    ):
        yield Rule(kind, _of_kinds(kinds, wrong), "0 or 1")


def _of_kinds(kinds: str, wrong: Wrong) -> Wrong:
    """A test of numbers of some kinds; others pass."""
    return lambda x: wrong(x) if x.dtype.kind in kinds else np.zeros(x.shape, bool)


def _as_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
