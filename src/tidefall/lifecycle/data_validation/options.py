"""What statistics are to be made, and of which rows."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tidefall.lifecycle.data_validation.failures import unimplemented
from tidefall.lifecycle.data_validation.paths import FeaturePath, as_path

DEFAULT_SLICE = "All Examples"
"""The name of the slice that holds every row."""

MEBIBYTE = 1 << 20
SliceFunction = Callable[[Any], Iterable[tuple[str, Any]]]
"""An Arrow record batch to slices of it, each with its name."""


class PerFeatureStatsConfig:
    """For which features histograms and medians are made.

    Args:
        histogram_paths: paths of features.
        histogram_mode: "include" for these only, "exclude" for all but these.
    """

    INCLUDE, EXCLUDE = "include", "exclude"

    def __init__(self, histogram_paths: Iterable[FeaturePath], histogram_mode: str):
        if histogram_mode not in (self.INCLUDE, self.EXCLUDE):
            raise ValueError(f"unknown histogram_mode {histogram_mode!r}: 'include' or 'exclude'")
        self._paths, self._mode = frozenset(histogram_paths), histogram_mode

    @classmethod
    def default(cls) -> PerFeatureStatsConfig:
        """Histograms for all."""
        return cls([], cls.EXCLUDE)

    def should_compute_histograms(self, path: FeaturePath) -> bool:
        """Whether a feature gets them."""
        return (path in self._paths) == (self._mode == self.INCLUDE)


@dataclasses.dataclass(frozen=True)
class SlicingSpec:
    """One way to cut rows into slices.

    Args:
        feature_keys: a slice for each combination of these features' values.
        feature_values: only where these features have these values.
    """

    feature_keys: Sequence[str] = ()
    feature_values: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class SlicingConfig:
    """Ways to cut rows into slices, each by itself."""

    slicing_specs: Sequence[SlicingSpec] = ()


@dataclasses.dataclass
class StatsOptions:
    """How statistics are made. The names are those of TensorFlow Data Validation.

    Args:
        generators: statistics of one's own beside ours: `CombinerStatsGenerator` and
            `CombinerFeatureStatsGenerator`. What they gather stays in this process: not with
            `on="ray"`, nor with a `work_folder`.
        schema: says which features are categories, bytes, images, text, sparse or weighted.
        label_feature: the label; the correlation of each numeric feature with it is told, which
            hints of leakage look at.
        weight_feature: the feature that holds each row's weight.
        slice_functions: functions from a batch to named slices of it.
        sample_rate: the share of rows to look at, in (0, 1]; all by default.
        num_top_values: how many frequent values are told.
        frequency_threshold: how often a value must occur to be told.
        weighted_frequency_threshold: the same for weights.
        num_rank_histogram_buckets: how many values the rank histogram holds.
        num_values_histogram_buckets: buckets of the histogram of how many values rows have.
        num_histogram_buckets: buckets of equal width.
        num_quantiles_histogram_buckets: buckets of equal weight.
        epsilon: the largest error of quantiles, as a share of all weight.
        infer_type_from_schema: columns of CSV files have the schema's types; a cell that does not
            fit is an error. Otherwise types follow from the cells.
        desired_batch_size: rows that are looked at together.
        enable_semantic_domain_stats: also look for text, images, times and identifiers.
        semantic_domain_stats_sample_rate: the share of rows that is done for.
        per_feature_weight_override: weight features by path of the feature.
        vocab_paths: files of vocabularies by name, one token a line, for natural language.
        add_default_generators: False for the statistics of `generators` alone.
        feature_allowlist: names or paths; all features by default.
        experimental_use_sketch_based_topk_uniques: the same as the next.
        use_sketch_based_topk_uniques: keep `num_rank_histogram_buckets` values while counting.
            Otherwise counts are exact up to `exact_values`.
        experimental_slice_functions: another name of `slice_functions`.
        experimental_result_partitions: accepted for TFDV's sake; there is one result.
        experimental_num_feature_partitions: accepted for TFDV's sake.
        slicing_config: slices by features' values.
        experimental_filter_read_paths: read only the allowed features, where the file can do it.
        per_feature_stats_config: which features get histograms.
        cross_features: pairs of numeric features whose covariance and correlation are told; True
            for all pairs.
        order_features: features, such as times, that should not fall from row to row; the custom
            statistic `num_out_of_order` says how many rows have less than the row before.
        memory_budget: bytes that a scan may use beyond what the libraries take.
        exact_values: distinct values of a feature that are counted exactly.
        threads: how many; all cores by default.
        on: who reads: "threads" of this process, or "ray", the machines of the Ray cluster that
            this process belongs to (one is started if there is none). Parts of CSV files and
            records are sent there; Parquet files must be where all machines see them.
        seed: of the sample.
        on_bad_row: "fail", or "skip" and count rows that have too many or too few cells.
    """

    generators: list[Any] | None = None
    schema: Any = None
    label_feature: str | None = None
    weight_feature: str | None = None
    slice_functions: list[SliceFunction] | None = None
    sample_rate: float | None = None
    num_top_values: int = 20
    frequency_threshold: int = 1
    weighted_frequency_threshold: float = 1.0
    num_rank_histogram_buckets: int = 1000
    num_values_histogram_buckets: int = 10
    num_histogram_buckets: int = 10
    num_quantiles_histogram_buckets: int = 10
    epsilon: float = 0.01
    infer_type_from_schema: bool = False
    desired_batch_size: int | None = None
    enable_semantic_domain_stats: bool = False
    semantic_domain_stats_sample_rate: float | None = None
    per_feature_weight_override: Mapping[FeaturePath, str] | None = None
    vocab_paths: Mapping[str, str] | None = None
    add_default_generators: bool = True
    feature_allowlist: Sequence[str | FeaturePath] | None = None
    experimental_use_sketch_based_topk_uniques: bool | None = None
    use_sketch_based_topk_uniques: bool | None = None
    experimental_slice_functions: list[SliceFunction] | None = None
    experimental_result_partitions: int = 1
    experimental_num_feature_partitions: int = 1
    slicing_config: SlicingConfig | None = None
    experimental_filter_read_paths: bool = False
    per_feature_stats_config: PerFeatureStatsConfig | None = None
    cross_features: bool | Sequence[tuple[str, str]] = False
    order_features: Sequence[str] = ()
    memory_budget: int = 256 * MEBIBYTE
    exact_values: int = 1 << 16
    threads: int | None = None
    on: str = "threads"
    seed: int = 0
    on_bad_row: str = "fail"

    def __post_init__(self) -> None:
        if self.generators:
            from tidefall.lifecycle.data_validation.statistics.generators.interface import (
                checked_generators,
            )

            checked_generators(self.generators)
            if self.on == "ray":
                raise unimplemented("StatsOptions(generators=..., on='ray')")
        elif not self.add_default_generators:
            raise ValueError("add_default_generators=False needs generators")
        if self.slice_functions and self.experimental_slice_functions:
            raise ValueError("give slice_functions or experimental_slice_functions, not both")
        self._check_numbers()
        if self.infer_type_from_schema and self.schema is None:
            raise ValueError("infer_type_from_schema=True needs a schema")
        if self.on not in ("threads", "ray"):
            raise ValueError(f"on: expected 'threads' or 'ray', received {self.on!r}")
        if self.on_bad_row not in ("fail", "skip"):
            raise ValueError(f"on_bad_row: expected 'fail' or 'skip', received {self.on_bad_row!r}")

    def _check_numbers(self) -> None:
        for name in ("sample_rate", "semantic_domain_stats_sample_rate"):
            rate = getattr(self, name)
            if rate is not None and not 0 < rate <= 1:
                raise ValueError(f"Invalid {name} {rate}: it must be above 0 and at most 1")
        for name in (
            "num_values_histogram_buckets",
            "num_histogram_buckets",
            "num_quantiles_histogram_buckets",
            "num_rank_histogram_buckets",
            "exact_values",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"Invalid {name} {getattr(self, name)}: it must be at least 1")
        if not 0 < self.epsilon < 1:
            raise ValueError(f"Invalid epsilon {self.epsilon}: it must be between 0 and 1")
        if self.desired_batch_size is not None and self.desired_batch_size < 1:
            raise ValueError(f"Invalid desired_batch_size {self.desired_batch_size}")
        if self.memory_budget < 16 * MEBIBYTE:
            raise ValueError(f"memory_budget: at least 16 MiB, received {self.memory_budget} bytes")

    @property
    def slicers(self) -> list[SliceFunction]:
        """The functions that were given, under either name."""
        return list(self.slice_functions or self.experimental_slice_functions or [])

    @property
    def is_sketched(self) -> bool:
        """Whether counts of values are sketches from the start."""
        return bool(
            self.use_sketch_based_topk_uniques or self.experimental_use_sketch_based_topk_uniques
        )

    @property
    def columns_are_independent(self) -> bool:
        """Whether what is gathered of a column does not depend on another one, or on a draw."""
        schema = self.schema
        return not (
            self.slicers
            or self.slicing_config is not None
            or self.weight_feature
            or self.per_feature_weight_override
            or self.cross_features
            or self.label_feature
            or self.generators
            or (self.sample_rate is not None and self.sample_rate < 1)
            or (schema is not None and (schema.sparse_feature or schema.weighted_feature))
        )

    def weight_of(self, path: FeaturePath) -> str | None:
        """The feature that holds the weights for another one."""
        override = self.per_feature_weight_override or {}
        return override.get(path, self.weight_feature)

    def has_histograms(self, path: FeaturePath) -> bool:
        """Whether a feature gets histograms."""
        config = self.per_feature_stats_config
        return config is None or config.should_compute_histograms(path)

    def allows(self, path: FeaturePath) -> bool:
        """Whether a feature, or something inside it, is among those to look at."""
        if self.feature_allowlist is None:
            return True
        steps = path.steps()
        for allowed in map(as_path, self.feature_allowlist):
            shared = min(len(allowed), len(steps))
            if allowed.steps()[:shared] == steps[:shared]:
                return True
        return False

    def to_json(self) -> str:
        """As JSON, for `from_json`.

        Raises:
            ValueError: they hold functions.
        """
        if self.slicers:
            raise ValueError("slice functions cannot be written as JSON; use slicing_config")
        if self.generators:
            raise ValueError("generators cannot be written as JSON")
        if self.per_feature_stats_config is not None:
            raise ValueError("per_feature_stats_config cannot be written as JSON")
        said = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        }
        if self.schema is not None:
            from google.protobuf import json_format

            said["schema"] = json_format.MessageToDict(self.schema)
        if self.slicing_config is not None:
            specs = self.slicing_config.slicing_specs
            said["slicing_config"] = [
                {"feature_keys": [*s.feature_keys], "feature_values": dict(s.feature_values)}
                for s in specs
            ]
        for name in ("per_feature_weight_override", "feature_allowlist"):
            if name in said:
                said[name] = _with_text_paths(said[name])
        return json.dumps(said)

    @classmethod
    def from_json(cls, text: str) -> StatsOptions:
        """The options that `to_json` wrote."""
        said = json.loads(text)
        if "schema" in said:
            from google.protobuf import json_format

            from tidefall.proto import metadata

            said["schema"] = json_format.ParseDict(said["schema"], metadata.Schema())
        if "slicing_config" in said:
            said["slicing_config"] = SlicingConfig(
                [SlicingSpec(**s) for s in said["slicing_config"]]
            )
        if "per_feature_weight_override" in said:
            said["per_feature_weight_override"] = {
                FeaturePath(steps): name for steps, name in said["per_feature_weight_override"]
            }
        if "feature_allowlist" in said:
            said["feature_allowlist"] = [FeaturePath(steps) for steps in said["feature_allowlist"]]
        if "cross_features" in said and said["cross_features"] is not True:
            said["cross_features"] = [tuple(pair) for pair in said["cross_features"]]
        return cls(**said)

    def replace(self, **changes: Any) -> StatsOptions:
        """A copy with other values."""
        other = copy.copy(self)
        for name, value in changes.items():
            setattr(other, name, value)
        other.__post_init__()
        return other


def _with_text_paths(given: Any) -> list[Any]:
    if isinstance(given, Mapping):
        return [[as_path(path).steps(), name] for path, name in given.items()]
    return [as_path(path).steps() for path in given]
