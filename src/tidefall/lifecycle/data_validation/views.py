"""Statistics by name: views of the messages, and look-ups in them."""

from __future__ import annotations

from collections.abc import Iterable, KeysView, Sequence
from typing import Any

from tidefall.lifecycle.data_validation.options import DEFAULT_SLICE
from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.protos import check_type

FeatureId = str | FeaturePath | Iterable[str]


def _path(feature: FeatureId) -> FeaturePath:
    if isinstance(feature, FeaturePath):
        return feature
    return FeaturePath([feature] if isinstance(feature, str) else feature)


class FeatureView:
    """The statistics of one feature.

    Args:
        stats_proto: a `FeatureNameStatistics`.
    """

    def __init__(self, stats_proto: Any):
        self._message = stats_proto

    def proto(self) -> Any:
        """The message."""
        return self._message

    def custom_statistic(self, name: str) -> Any:
        """A `CustomStatistic` by name; None without.

        Raises:
            ValueError: there are several.
        """
        found = [stat for stat in self._message.custom_stats if stat.name == name]
        if len(found) > 1:
            raise ValueError(f"Duplicate custom_stats for name {name}")
        return found[0] if found else None

    def _of_kind(self, kind: str) -> Any:
        return getattr(self._message, kind) if self._message.WhichOneof("stats") == kind else None

    def numeric_statistics(self) -> Any:
        """Of a numeric feature; None of others."""
        return self._of_kind("num_stats")

    def string_statistics(self) -> Any:
        """Of a feature of strings, or categories; None of others."""
        return self._of_kind("string_stats")

    def bytes_statistics(self) -> Any:
        """Of a feature of bytes; None of others."""
        return self._of_kind("bytes_stats")

    def struct_statistics(self) -> Any:
        """Of a structure; None of others."""
        return self._of_kind("struct_stats")

    def common_statistics(self) -> Any:
        """Presence and valency; None where nothing is said."""
        which = self._message.WhichOneof("stats")
        return None if which is None else getattr(self._message, which).common_stats


class CrossFeatureView:
    """The statistics of a pair of features.

    Args:
        stats_proto: a `CrossFeatureStatistics`.
    """

    def __init__(self, stats_proto: Any):
        self._message = stats_proto

    def proto(self) -> Any:
        """The message."""
        return self._message


class DatasetView:
    """The statistics of one data set, or slice of one.

    Args:
        stats_proto: a `DatasetFeatureStatistics`.

    Raises:
        ValueError: of its methods: a feature stands twice, or some have names and some paths.
    """

    def __init__(self, stats_proto: Any):
        self._message = stats_proto
        self._features: dict[FeaturePath, Any] | None = None

    def proto(self) -> Any:
        """The message."""
        return self._message

    def _index(self) -> dict[FeaturePath, Any]:
        if self._features is None:
            found: dict[FeaturePath, Any] = {}
            if len({feature.WhichOneof("field_id") for feature in self._message.features}) > 1:
                raise ValueError(
                    "Features must be specified with either path or name within a Dataset."
                )
            for feature in self._message.features:
                steps = list(feature.path.step) or [feature.name]
                path = FeaturePath(steps)
                if path in found:
                    raise ValueError(f"Duplicate feature {path}")
                found[path] = feature
            self._features = found
        return self._features

    def _crosses(self) -> dict[tuple[FeaturePath, FeaturePath], Any]:
        return {
            (FeaturePath.from_proto(one.path_x), FeaturePath.from_proto(one.path_y)): one
            for one in self._message.cross_features
        }

    def get_feature(self, feature_id: FeatureId) -> FeatureView | None:
        """A feature by name, path, or steps; None without."""
        found = self._index().get(_path(feature_id))
        return None if found is None else FeatureView(found)

    def get_cross_feature(self, x_path: FeatureId, y_path: FeatureId) -> CrossFeatureView | None:
        """A pair of features; None without."""
        found = self._crosses().get((_path(x_path), _path(y_path)))
        return None if found is None else CrossFeatureView(found)

    def list_features(self) -> KeysView[FeaturePath]:
        """The paths of all features."""
        return self._index().keys()

    def list_cross_features(self) -> KeysView[tuple[FeaturePath, FeaturePath]]:
        """The paths of all pairs."""
        return self._crosses().keys()

    def get_derived_feature(
        self, deriver_name: str, source_paths: Sequence[FeaturePath]
    ) -> FeatureView | None:
        """The feature that was derived from others in some way; None without.

        Raises:
            ValueError: there are several.
        """
        found = []
        for feature in self._message.features:
            source = feature.validation_derived_source
            paths = [FeaturePath.from_proto(path) for path in source.source_path]
            if source.deriver_name == deriver_name and paths == list(source_paths):
                found.append(feature)
        if len(found) > 1:
            raise ValueError(f"Ambiguous result, {len(found)} features matched")
        return FeatureView(found[0]) if found else None


class DatasetListView:
    """The statistics of several data sets, or slices of one.

    Args:
        stats_proto: a `DatasetFeatureStatisticsList`.
    """

    def __init__(self, stats_proto: Any):
        self._message = stats_proto

    def proto(self) -> Any:
        """The message."""
        return self._message

    def _slices(self) -> dict[str, DatasetView]:
        found: dict[str, DatasetView] = {}
        for dataset in self._message.datasets:
            if dataset.name in found:
                raise ValueError(f"Duplicate slice name {dataset.name}")
            found[dataset.name] = DatasetView(dataset)
        return found

    def get_slice(self, slice_key: str) -> DatasetView | None:
        """A slice by name; None without."""
        return self._slices().get(slice_key)

    def get_default_slice(self) -> DatasetView | None:
        """The slice of all rows, or the only one; None without."""
        slices = self._slices()
        if len(slices) == 1:
            return next(iter(slices.values()))
        return slices.get(DEFAULT_SLICE)

    def get_default_slice_or_die(self) -> DatasetView:
        """The slice of all rows, or the only one.

        Raises:
            ValueError: there is none.
        """
        found = self.get_default_slice()
        if found is None:
            raise ValueError("Missing default slice")
        return found

    def list_slices(self) -> KeysView[str]:
        """The names of all slices."""
        return self._slices().keys()


def get_feature_stats(stats: Any, feature_path: FeaturePath) -> Any:
    """Return the `FeatureNameStatistics` of a feature.

    Raises:
        TypeError: `stats` is no DatasetFeatureStatistics.
        ValueError: there is no such feature.
    """
    check_type(stats, "DatasetFeatureStatistics", "statistics")
    for feature in stats.features:
        if feature_path == FeaturePath.from_proto(feature.path):
            return feature
    raise ValueError(f"Feature {feature_path} not found in the dataset statistics.")


def get_custom_stats(feature_stats: Any, custom_stats_name: str) -> Any:
    """Return a custom statistic of a feature: a number, text, or histogram.

    Raises:
        TypeError: `feature_stats` is no FeatureNameStatistics.
        ValueError: there is none of that name.
    """
    check_type(feature_stats, "FeatureNameStatistics", "feature_stats")
    for stat in feature_stats.custom_stats:
        if stat.name == custom_stats_name:
            return getattr(stat, stat.WhichOneof("val"))
    raise ValueError(f"Custom statistics {custom_stats_name} not found in the feature statistics.")


def get_slice_stats(stats: Any, slice_key: str) -> Any:
    """Return the statistics of one slice, as a list of one.

    Raises:
        ValueError: there is no such slice.
    """
    for dataset in stats.datasets:
        if dataset.name == slice_key:
            result = type(stats)()
            result.datasets.add().CopyFrom(dataset)
            return result
    raise ValueError(f"Invalid slice key {slice_key!r}.")


def merge_features(parts: Iterable[Any]) -> Any:
    """Statistics whose features stand in several messages, in one.

    Raises:
        ValueError: parts say different numbers of rows.
    """
    from tidefall.proto import metadata

    result = metadata.DatasetFeatureStatisticsList()
    merged: dict[str, Any] = {}
    for part in parts:
        for dataset in part.datasets:
            mine = merged.get(dataset.name)
            if mine is None:
                mine = merged[dataset.name] = result.datasets.add()
                mine.CopyFrom(dataset)
                continue
            if dataset.num_examples not in (0, mine.num_examples):
                raise ValueError(
                    f"slice {dataset.name!r}: {mine.num_examples} rows in one part, and "
                    f"{dataset.num_examples} in another; these are no parts of one data set"
                )
            mine.features.extend(dataset.features)
            mine.cross_features.extend(dataset.cross_features)
    return result
