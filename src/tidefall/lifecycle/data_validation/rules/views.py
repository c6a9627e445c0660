"""Statistics as rules see them: by path, by weight where rows have weights."""

from __future__ import annotations

from typing import Any

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.paths import FeaturePath


class FeatureView:
    """The statistics of one feature.

    Args:
        message: its FeatureNameStatistics.
        path: where it is.
        table: the statistics of the table.
    """

    def __init__(self, message: Any, path: FeaturePath, table: TableView):
        self.message, self.path, self.table = message, path, table
        self.children: list[FeatureView] = []
        self.is_root = True

    @property
    def kind(self) -> str:
        """INT, FLOAT, STRING, BYTES or STRUCT."""
        return self.message.Type.Name(self.message.type)

    @property
    def schema_type(self) -> str:
        """What a schema calls the kind."""
        return "BYTES" if self.kind == "STRING" else self.kind

    @property
    def common(self) -> Any:
        """Presence and valency."""
        which = self.message.WhichOneof("stats")
        if which is None:
            from tidefall.proto import metadata

            return metadata.CommonStatistics()
        return getattr(self.message, which).common_stats

    @property
    def present(self) -> float:
        """Rows that have the feature."""
        if self.table.by_weight:
            return self.common.weighted_common_stats.num_non_missing
        return self.common.num_non_missing

    @property
    def missing(self) -> float:
        """Rows that do not."""
        if self.table.by_weight:
            return self.common.weighted_common_stats.num_missing
        return self.common.num_missing

    @property
    def nested_missing(self) -> list[float]:
        """The same at each level of lists."""
        name = "presence_and_valency_stats"
        levels = getattr(self.common, f"weighted_{name}" if self.table.by_weight else name)
        return [level.num_missing for level in levels] or [self.missing]

    @property
    def fraction_present(self) -> float | None:
        """The share of rows that have the feature; None without rows."""
        if self.table.rows <= 0:
            return None
        return 1.0 if self.missing == 0 else self.present / self.table.rows

    @property
    def value_ranges(self) -> list[tuple[int, int]]:
        """Fewest and most values at each level of lists."""
        levels = self.common.presence_and_valency_stats or [self.common]
        return [(level.min_num_values, level.max_num_values) for level in levels]

    @property
    def is_nested(self) -> bool:
        """Whether values are in lists of lists."""
        return len(self.value_ranges) > 1

    @property
    def total_values(self) -> float:
        """All values of all rows."""
        if self.table.by_weight:
            return self.common.weighted_common_stats.tot_num_values
        common = self.common
        return common.tot_num_values or common.num_non_missing * common.avg_num_values

    @property
    def value_counts(self) -> dict[str, float]:
        """Strings, or categories of integers, and how often each occurs; ordered by value."""
        strings = self.message.string_stats
        if self.table.by_weight:
            strings = strings.weighted_string_stats
        found: dict[str, float] = {}
        for bucket in strings.rank_histogram.buckets:
            found.setdefault(bucket.label, bucket.sample_count)
        return dict(sorted(found.items(), key=lambda item: item[0].encode()))

    @property
    def has_invalid_utf8(self) -> bool:
        """Whether some strings are no UTF-8."""
        return self.message.string_stats.invalid_utf8_count > 0

    @property
    def unique(self) -> int | None:
        """How many distinct values there are; None where they were not counted."""
        if self.message.WhichOneof("stats") != "string_stats":
            return None
        return self.message.string_stats.unique

    def histogram(self, kind: str) -> Any:
        """The STANDARD or QUANTILES histogram of numbers; None without."""
        if self.message.WhichOneof("stats") != "num_stats":
            return None
        numbers = self.message.num_stats
        source = numbers.weighted_numeric_stats if self.table.by_weight else numbers
        for histogram in source.histograms:
            if histogram.HistogramType.Name(histogram.type) == kind:
                return histogram
        return None

    def custom(self, name: str) -> Any:
        """A custom statistic by name; None without."""
        return next((one for one in self.message.custom_stats if one.name == name), None)

    @property
    def previous(self) -> FeatureView | None:
        """The same feature in the span before."""
        return None if self.table.previous is None else self.table.previous.get(self.path)

    @property
    def serving(self) -> FeatureView | None:
        """The same feature in the data that is served."""
        return None if self.table.serving is None else self.table.serving.get(self.path)


class TableView:
    """The statistics of a table.

    Args:
        message: its DatasetFeatureStatistics.
        by_weight: whether weighted counts are what counts; by default, whether all features have
            them.
        environment: for which the schema is asked.
        previous, serving, version: of the span before, of the data that is served, and of the
            version before.

    Raises:
        InvalidArgumentError: some features have names, and some paths.
    """

    def __init__(
        self,
        message: Any,
        by_weight: bool | None = None,
        environment: str | None = None,
        previous: TableView | None = None,
        serving: TableView | None = None,
        version: TableView | None = None,
    ):
        self.message, self.environment = message, environment
        self.previous, self.serving, self.version = previous, serving, version
        self.features = self._views()
        self._by_path = {view.path: view for view in self.features}
        for view in self.features:
            parent = self._by_path.get(view.path.parent()) if len(view.path) > 1 else None
            if parent is not None:
                parent.children.append(view)
                view.is_root = False
        self.by_weight = self._is_weighted() if by_weight is None else by_weight

    def _views(self) -> list[FeatureView]:
        told = [f for f in self.message.features if f.WhichOneof("stats") or f.custom_stats]
        named = [f.WhichOneof("field_id") != "path" for f in told]
        if any(named) and not all(named):
            raise invalid("statistics: some features have a name, and some a path")
        if not any(named):
            return [FeatureView(f, FeaturePath.from_proto(f.path), self) for f in told]
        # A name that begins with that of a structure is a feature of it.
        structures: list[tuple[str, FeaturePath]] = []
        found: dict[int, FeatureView] = {}
        for index, feature in sorted(enumerate(told), key=lambda pair: pair[1].name):
            name = feature.name
            around = [(s, p) for s, p in structures if name.startswith(s) and len(name) > len(s)]
            path = FeaturePath([name])
            if around:
                parent_name, parent = max(around, key=lambda pair: len(pair[0]))
                path = parent.child(name[len(parent_name) + 1 :])
            found[index] = FeatureView(feature, path, self)
            if found[index].kind == "STRUCT":
                structures.append((name, path))
        return [found[index] for index in range(len(told))]

    def _is_weighted(self) -> bool:
        if not self.message.weighted_num_examples:
            return False
        for view in self.features:
            common = view.common
            levels = len(common.presence_and_valency_stats)
            if not common.HasField("weighted_common_stats") or levels != len(
                common.weighted_presence_and_valency_stats
            ):
                return False
        return True

    @property
    def rows(self) -> float:
        """How many there are, by weight where rows have weights."""
        message = self.message
        return message.weighted_num_examples if self.by_weight else message.num_examples

    @property
    def roots(self) -> list[FeatureView]:
        """Features that are in no structure."""
        return [view for view in self.features if view.is_root]

    def get(self, path: FeaturePath) -> FeatureView | None:
        """The feature at a path."""
        return self._by_path.get(path)
