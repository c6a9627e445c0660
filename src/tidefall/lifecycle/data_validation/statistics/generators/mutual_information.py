"""How much each feature says about a label: adjusted mutual information, of a sample."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.base.logs import get_logger
from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.statistics.columns import kind_of, numbers_of
from tidefall.lifecycle.data_validation.statistics.generators.neighbors import (
    NEIGHBORS,
    Side,
    adjusted_mutual_information,
)
from tidefall.lifecycle.data_validation.statistics.generators.partitioned import (
    PartitionedStatsFn,
    custom_statistics,
)
from tidefall.lifecycle.data_validation.statistics.roles import is_categorical, leaf_features


class MutualInformation(PartitionedStatsFn):
    """The adjusted mutual information of each feature and a label, in bits.

    It is the mutual information less what the same values have in an order of chance, so that
    features with many values do not look good for that alone. To be given to
    `NonStreamingCustomStatsGenerator`. Features inside of structures are left out.

    A feature with several values in a row becomes several columns: of a category how often the row
    has each of the most frequent values, of numbers how many of them lie in each of
    `max_encoding_length` ranges.

    Args:
        label_feature: the label.
        schema: says which features are categories, and which have several values.
        max_encoding_length: columns that a feature becomes, at most.
        seed: of noise and orders.
        multivalent_features: features with several values; those of the schema by default.
        categorical_features: categories; those of the schema by default.
        features_to_ignore: left out.
        normalize_by_max: divide by what the label says about itself.
        allow_invalid_partitions: say nothing of too few rows, where they are an error otherwise.
        custom_stats_key: what messages call it.
        column_partitions: accepted for TFDV's sake; features are looked at one by one.

    Raises:
        ValueError: there is neither a schema nor what it would say, or no such label in it.

    >>> import pyarrow as pa
    >>> told = MutualInformation(FeaturePath(["tip"]), multivalent_features=set(),
    ...     categorical_features={FeaturePath(["tip"]), FeaturePath(["cash"])})
    >>> rows = pa.record_batch({"tip": [["yes"], ["no"]] * 50, "cash": [["no"], ["yes"]] * 50})
    >>> round(told.compute(rows).features[0].custom_stats[0].num, 2)
    1.0
    """

    def __init__(
        self,
        label_feature: FeaturePath,
        schema: Any = None,
        max_encoding_length: int = 512,
        seed: int = 12345,
        multivalent_features: Iterable[FeaturePath] | None = None,
        categorical_features: Iterable[FeaturePath] | None = None,
        features_to_ignore: Iterable[FeaturePath] | None = None,
        normalize_by_max: bool = False,
        allow_invalid_partitions: bool = False,
        custom_stats_key: str = "adjusted_mutual_information",
        column_partitions: int = 1,
    ):
        del column_partitions
        known = {} if schema is None else dict(leaf_features(schema))
        if schema is None and (multivalent_features is None or categorical_features is None):
            raise ValueError("Either a schema or multivalent and categorical features are needed")
        if schema is not None and label_feature not in known:
            raise ValueError(f"the schema has no feature {label_feature}")
        if multivalent_features is None:
            multivalent_features = (path for path, one in known.items() if not _is_univalent(one))
        if categorical_features is None:
            categorical_features = (path for path, one in known.items() if is_categorical(one))
        self._label, self._key = label_feature, custom_stats_key
        self._multivalent, self._categories = {*multivalent_features}, {*categorical_features}
        self._ignored = {*(features_to_ignore or ())}
        self._columns, self._seed = max_encoding_length, seed
        self._normalized, self._lenient = normalize_by_max, allow_invalid_partitions

    def compute(self, examples: Any) -> Any:
        """Return the adjusted mutual information of each feature, as custom statistics.

        Raises:
            InvalidArgumentError: there is no label, too few rows, or numbers that are not finite.
        """
        paths = [FeaturePath([name]) for name in examples.schema.names]
        if self._label not in paths:
            raise invalid(f"MutualInformation: there is no label {self._label} among {paths}")
        lists = {
            path: _flat(column)
            for path, column in zip(paths, examples.columns, strict=True)
            if path not in self._ignored and kind_of(column.type) != "STRUCT"
        }
        lists.setdefault(self._label, _flat(examples.column(paths.index(self._label))))
        label = lists[self._label]
        others = [path for path in lists if path != self._label]
        if label.is_unique and self._is_category(self._label):
            return self._told(dict.fromkeys(others, 0.0))
        if examples.num_rows < NEIGHBORS:
            if not self._lenient:
                raise invalid(
                    f"MutualInformation: {examples.num_rows} rows, and at least {NEIGHBORS} are "
                    "needed; allow_invalid_partitions=True leaves such parts of the data out"
                )
            text = "MutualInformation: a part of the data with %d rows was left out"
            get_logger().log(logging.WARNING, text, examples.num_rows)
            return self._told({})
        side = self._side(self._label, label)
        found = {path: self._of(path, lists[path], side) for path in others}
        if self._normalized:
            most = self._of(self._label, label, side)
            found = {path: one / most if most > 0 else 0.0 for path, one in found.items()}
        return self._told(found)

    def _is_category(self, path: FeaturePath) -> bool:
        """Whether a feature is compared as it is, with one value in each row."""
        return path in self._categories and path not in self._multivalent

    def _told(self, found: dict[FeaturePath, float]) -> Any:
        return custom_statistics({path: {self._key: one} for path, one in found.items()})

    def _of(self, path: FeaturePath, lists: _Lists, label: Side) -> float:
        # What is never there, or another one in each row, foretells nothing.
        if not lists.has_values or (lists.is_unique and self._is_category(path)):
            return 0.0
        side = self._side(path, lists)
        try:
            return adjusted_mutual_information(label, side, self._seed)
        except ValueError as error:
            raise invalid(f"MutualInformation of {path} and {self._label}: {error}") from None

    def _side(self, path: FeaturePath, lists: _Lists) -> Side:
        if self._is_category(path):
            return Side([], [lists.last(lists.codes.astype(np.float64), -1.0).astype(np.int64)])
        if path in self._categories:
            return Side(list(lists.bag(self._columns).T), [])
        numbers = lists.numbers(path)
        if path not in self._multivalent:
            return Side([lists.last(numbers, np.nan)], [])
        return Side(list(lists.histograms(numbers, self._columns).T), [])


@dataclass(frozen=True)
class _Lists:
    """The values of a feature, in lists for each row.

    Args:
        rows: how many there are.
        values: of all lists, an Arrow array.
        row_of: of each value, int64.
    """

    rows: int
    values: Any
    row_of: np.ndarray

    @property
    def there(self) -> np.ndarray:
        """Which values are neither null nor NaN, bool."""
        import pyarrow.compute as pc

        return np.asarray(pc.is_null(self.values, nan_is_null=True).cast("uint8")) == 0

    @property
    def has_values(self) -> bool:
        """Whether there is any."""
        return bool(self.there.any())

    @property
    def codes(self) -> np.ndarray:
        """A number for each value, in their order; -1 for null and NaN."""
        found = np.full(len(self.values), -1)
        there = self.there
        plain = self.values.to_pylist()
        chosen = [value for value, is_there in zip(plain, there, strict=True) if is_there]
        order = {value: code for code, value in enumerate(sorted(set(chosen)))}
        found[there] = [order[value] for value in chosen]
        return found

    @property
    def is_unique(self) -> bool:
        """Whether no two rows have the same value, or none."""
        last = self.last(self.codes.astype(np.float64), -1.0)
        return len(np.unique(last)) == len(last)

    def numbers(self, path: FeaturePath) -> np.ndarray:
        """The values as float64; NaN for null.

        Raises:
            InvalidArgumentError: they are no numbers, or infinite.
        """
        kind = kind_of(self.values.type)
        if kind == "STRING":
            raise invalid(f"MutualInformation: {path} is no category, and holds strings")
        found = np.full(len(self.values), np.nan)
        there = self.there
        if there.any():
            import pyarrow as pa

            found[there] = numbers_of(self.values.filter(pa.array(there)))
        if np.isinf(found).any():
            raise invalid(
                f"MutualInformation: {path} has infinite values; leave it out with "
                "features_to_ignore, or clip it"
            )
        return found

    def last(self, values: np.ndarray, missing: float) -> np.ndarray:
        """One value for each row."""
        found = np.full(self.rows, missing)
        there = self.there
        found[self.row_of[there]] = values[there]
        return found

    def bag(self, columns: int) -> np.ndarray:
        """How often each row has each of the most frequent values, the last column all others."""
        codes, there = self.codes, self.there
        counts = np.bincount(codes[there], minlength=1)
        order = np.argsort(-counts, kind="stable")
        width = min(columns, len(counts))
        place = np.full(len(counts), width - 1)
        place[order[: columns - 1]] = np.arange(len(order[: columns - 1]))
        return self._counted(self.row_of[there], place[codes[there]], width)

    def histograms(self, numbers: np.ndarray, columns: int) -> np.ndarray:
        """How many numbers of each row lie in each of some ranges of equal width."""
        there = ~np.isnan(numbers)
        bounds = np.histogram_bin_edges(numbers[there], columns - 1)
        places = np.digitize(numbers[there], bounds) - 1
        return self._counted(self.row_of[there], places, columns)

    def _counted(self, rows: np.ndarray, places: np.ndarray, width: int) -> np.ndarray:
        found = np.bincount(rows * width + places, minlength=self.rows * width)
        table = found.reshape(self.rows, width).astype(np.float64)
        table[np.bincount(self.row_of, minlength=self.rows) == 0] = np.nan
        return table


def _flat(array: Any) -> _Lists:
    import pyarrow as pa
    import pyarrow.compute as pc

    rows, row_of = len(array), np.arange(len(array))
    while pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        lengths = np.asarray(pc.list_value_length(array).fill_null(0)).astype(np.int64)
        row_of = np.repeat(row_of, lengths)
        array = pc.list_flatten(array)
    return _Lists(rows, array, row_of)


def _is_univalent(feature: Any) -> bool:
    dims = feature.shape.dim
    return (len(dims) == 1 and dims[0].size == 1) or feature.value_count.max == 1
