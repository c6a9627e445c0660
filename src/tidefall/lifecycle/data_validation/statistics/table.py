"""All that is gathered about a table: its features, and what they have to do with each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.options import DEFAULT_SLICE, StatsOptions
from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.statistics.columns import Column, columns_of
from tidefall.lifecycle.data_validation.statistics.crosses import Companions, Crosses
from tidefall.lifecycle.data_validation.statistics.features import (
    FeatureStatistics,
    univalent_numbers,
)
from tidefall.lifecycle.data_validation.statistics.generators.gathered import OwnStatistics
from tidefall.lifecycle.data_validation.statistics.messages import feature_message
from tidefall.lifecycle.data_validation.statistics.order import Order
from tidefall.lifecycle.data_validation.statistics.roles import Roles, roles_of
from tidefall.lifecycle.data_validation.statistics.slices import slicers_of


class SliceStatistics:
    """What is known of the rows of one slice.

    Args:
        options: what to gather.
        roles: what the schema says.
        features: how many features share the memory.
        name: of the slice; "" for that of all rows.
    """

    def __init__(self, options: StatsOptions, roles: Roles, features: int, name: str):
        self.rows = 0
        self.weight = 0.0
        self.features: dict[FeaturePath, FeatureStatistics] = {}
        self._options, self._roles, self._count = options, roles, features
        self.crosses = Crosses(options.cross_features, options.label_feature or "")
        self.companions = Companions(roles)
        self.order = Order(options.order_features)
        self.own = OwnStatistics(options.generators or (), name or DEFAULT_SLICE)

    def add(self, batch: Any) -> None:
        """Take in the rows of an Arrow record batch."""
        rows = batch.num_rows
        options = self._options
        weights = _weights(batch, options)
        own = weights.get(options.weight_feature or "")
        self.rows += rows
        if own is not None:
            self.weight += float(own.sum())
        columns: list[Column] = []
        names: list[str] = []
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            path = FeaturePath([name])
            if not options.allows(path):
                continue
            names.append(name)
            if not options.add_default_generators:
                continue
            weight_name = options.weight_of(path)
            weight = weights.get(weight_name or "")
            columns += (c for c in columns_of(array, path, weight) if options.allows(c.path))
        for column in columns:
            feature = self.features.get(column.path)
            if feature is None:
                feature = self.features[column.path] = self._new(column.path)
            feature.add(column)
        self.crosses.add(columns, rows)
        self.companions.add(columns, rows)
        self.order.add(columns, rows)
        if options.generators:
            self.own.add(batch.select(names))

    def _new(self, path: FeaturePath) -> FeatureStatistics:
        options = self._options
        weighted = options.weight_of(FeaturePath(path.steps()[:1])) is not None
        return FeatureStatistics(path, options, self._roles, weighted, self._count)

    def merge(self, other: SliceStatistics) -> None:
        """Take in what another one has seen; it is used up by that."""
        self.rows += other.rows
        self.weight += other.weight
        for path, theirs in other.features.items():
            mine = self.features.get(path)
            if mine is None:
                self.features[path] = theirs
            else:
                mine.merge(theirs)
        self.crosses.merge(other.crosses)
        self.companions.merge(other.companions)
        self.order.merge(other.order)
        self.own.merge(other.own)

    def fill(self, message: Any) -> None:
        """Say all of it in a DatasetFeatureStatistics."""
        message.num_examples = self.rows
        message.weighted_num_examples = self.weight
        for path, feature in self.features.items():
            parent = self.features.get(path.parent())
            message.features.append(
                feature_message(feature, parent, self.rows, self.weight, self._options, self._roles)
            )
        self.crosses.fill(message)
        self.companions.fill(message)
        self.order.fill(message)
        self.own.fill(message)

    def state(self) -> dict[str, Any]:
        """What `restore` takes."""
        return {
            "rows": self.rows,
            "weight": self.weight,
            "features": [feature.state() for feature in self.features.values()],
            "crosses": self.crosses.state(),
            "companions": self.companions.state(),
            "order": self.order.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take in what `state` said."""
        self.rows, self.weight = state["rows"], state["weight"]
        for one in state["features"]:
            feature = FeatureStatistics.from_state(one, self._options, self._roles)
            self.features[feature.path] = feature
        self.crosses.restore(state["crosses"])
        self.companions.restore(state["companions"])
        self.order.restore(state["order"])


class TableStatistics:
    """What is known of a table, whole and by slice: merged over batches, shards and machines.

    Args:
        options: what to gather.
        features: how many features share the memory.

    Attributes:
        slices: by name; "" is that of all rows.
        skipped: torn rows that were left out of all of it.

    >>> import pyarrow as pa
    >>> from tidefall.lifecycle.data_validation.options import StatsOptions
    >>> table = TableStatistics(StatsOptions())
    >>> table.add(pa.record_batch({"age": [31, None, 54]}))
    >>> table.message().datasets[0].features[0].num_stats.mean
    42.5
    """

    def __init__(self, options: StatsOptions, features: int = 1):
        self._options = options
        self._roles = roles_of(options.schema, options.vocab_paths)
        self._count = features
        self._slicers = slicers_of(options)
        self._random = np.random.default_rng(options.seed)
        self.slices: dict[str, SliceStatistics] = {"": self._new("")}
        self.skipped = 0

    def _new(self, name: str) -> SliceStatistics:
        return SliceStatistics(self._options, self._roles, self._count, name)

    @property
    def whole(self) -> SliceStatistics:
        """The slice that holds every row."""
        return self.slices[""]

    def add(self, batch: Any, seed: int | None = None) -> None:
        """Take in the rows of an Arrow record batch.

        Args:
            batch: the rows.
            seed: of the sample of this batch, so that it does not depend on the order of batches.
        """
        rate = self._options.sample_rate
        if rate is not None and rate < 1:
            import pyarrow as pa

            random = self._random if seed is None else np.random.default_rng([seed, 1])
            batch = batch.filter(pa.array(random.random(batch.num_rows) < rate))
        size = self._options.desired_batch_size or batch.num_rows or 1
        for start in range(0, batch.num_rows, size):
            self._add(batch.slice(start, size))

    def _add(self, batch: Any) -> None:
        self.whole.add(batch)
        for slicer in self._slicers:
            for name, part in slicer(batch):
                if name not in self.slices:
                    self.slices[name] = self._new(name)
                self.slices[name].add(part)

    def settle(self) -> None:
        """Do the work that waits, in the thread that has made it."""
        for one in self.slices.values():
            for feature in one.features.values():
                if feature.texts is not None:
                    feature.texts.counts.settle()

    def merge(self, other: TableStatistics) -> None:
        """Take in what another one has seen; it is used up by that."""
        self.skipped += other.skipped
        for name, theirs in other.slices.items():
            mine = self.slices.get(name)
            if mine is None:
                self.slices[name] = theirs
            else:
                mine.merge(theirs)

    def message(self) -> Any:
        """All of it as a DatasetFeatureStatisticsList; the whole first, then slices by name."""
        from tidefall.proto import metadata

        result = metadata.DatasetFeatureStatisticsList()
        for name in sorted(self.slices):
            dataset = result.datasets.add()
            if self._slicers:
                dataset.name = name or DEFAULT_SLICE
            self.slices[name].fill(dataset)
        return result

    def errors(self) -> Mapping[str, Mapping[str, float]]:
        """How wrong what is told of each feature may be; see `FeatureStatistics.errors`."""
        return {str(path): feature.errors() for path, feature in self.whole.features.items()}

    def state(self) -> dict[str, Any]:
        """What `restore` takes."""
        slices = [[name, one.state()] for name, one in self.slices.items()]
        return {"slices": slices, "skipped": self.skipped}

    def restore(self, state: dict[str, Any]) -> None:
        """Take in what `state` said, in place of what was there."""
        self.slices, self.skipped = {}, state["skipped"]
        for name, one in state["slices"]:
            self.slices[name] = self._new(name)
            self.slices[name].restore(one)


def _weights(batch: Any, options: StatsOptions) -> dict[str, np.ndarray]:
    """The weights of the rows by the feature that holds them.

    Raises:
        InvalidArgumentError: a row lacks its weight, has several, or one that is negative.
    """
    names = {*(options.per_feature_weight_override or {}).values()}
    if options.weight_feature:
        names.add(options.weight_feature)
    found: dict[str, np.ndarray] = {}
    for name in names:
        if name not in batch.schema.names:
            raise invalid(f"weight feature {name!r} is not in the data: {batch.schema.names}")
        array = batch.column(batch.schema.names.index(name))
        column = next(columns_of(array, FeaturePath([name]), None))
        weights = univalent_numbers(column, batch.num_rows)
        wrong = ~(np.isfinite(weights) & (weights >= 0))
        if wrong.any():
            raise invalid(
                f"weight feature {name!r}: each row needs one number that is not negative; "
                f"{int(wrong.sum())} of {len(wrong)} rows have none, the first is number "
                f"{int(np.argmax(wrong))} of its batch"
            )
        found[name] = weights
    return found
