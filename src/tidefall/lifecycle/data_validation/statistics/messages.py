"""What was gathered about a feature, as TensorFlow Metadata's FeatureNameStatistics."""

from __future__ import annotations

from typing import Any

from tidefall.lifecycle.data_validation.options import StatsOptions
from tidefall.lifecycle.data_validation.statistics import histograms as h
from tidefall.lifecycle.data_validation.statistics.features import FeatureStatistics
from tidefall.lifecycle.data_validation.statistics.language import LanguageStatistics
from tidefall.lifecycle.data_validation.statistics.numbers import NumberStatistics
from tidefall.lifecycle.data_validation.statistics.presence import Presence
from tidefall.lifecycle.data_validation.statistics.roles import Roles
from tidefall.lifecycle.data_validation.statistics.texts import TextStatistics


def feature_message(
    feature: FeatureStatistics,
    parent: FeatureStatistics | None,
    rows: int,
    weight: float,
    options: StatsOptions,
    roles: Roles,
) -> Any:
    """The message of one feature.

    Args:
        feature: what was gathered.
        parent: the structure around it, if there is one.
        rows: how many there were.
        weight: theirs together.
        options: how many buckets.
        roles: what the schema says.
    """
    from tidefall.proto import metadata

    kinds = metadata.FeatureNameStatistics
    result = metadata.FeatureNameStatistics(path=feature.path.to_proto())
    kind = feature.kind or "STRING"
    if kind == "STRING" and roles.is_bytes(feature.path):
        kind = "BYTES"
    result.type = kinds.Type.Value(kind)
    common = _common(feature, parent, rows, weight, options)
    category = kind == "INT" and roles.is_category(feature.path)
    if kind == "BYTES":
        result.bytes_stats.common_stats.CopyFrom(common)
        _fill_bytes(result.bytes_stats, feature.texts, common.tot_num_values)
    elif kind == "STRING" or category:
        result.string_stats.common_stats.CopyFrom(common)
        _fill_strings(result.string_stats, feature, common.tot_num_values, options)
    elif kind == "STRUCT":
        result.struct_stats.common_stats.CopyFrom(common)
    else:
        result.num_stats.common_stats.CopyFrom(common)
        if feature.numbers is not None:
            _fill_numbers(result.num_stats, feature.numbers, options)
    if len(feature.levels) > 1:
        _add_nested_lengths(result, feature.levels, options)
    _add_meanings(result, feature, kind, options)
    return result


def _common(
    feature: FeatureStatistics,
    parent: FeatureStatistics | None,
    rows: int,
    weight: float,
    options: StatsOptions,
) -> Any:
    from tidefall.proto import metadata

    common = metadata.CommonStatistics()
    levels = feature.levels
    if parent is not None and parent.levels:
        above, above_weight = parent.levels[-1].total, parent.levels[-1].total_weight
    else:
        above, above_weight = rows, weight
    if not levels:
        common.num_missing = above
        return common
    if len(levels) > 1:
        for outer, level in zip([above, *(one.total for one in levels)], levels, strict=False):
            nested = common.presence_and_valency_stats.add(
                num_missing=outer - level.present, num_non_missing=level.present
            )
            if level.present:
                nested.min_num_values = level.low or 0
                nested.max_num_values = level.high
                nested.tot_num_values = level.total
    common.num_non_missing = levels[0].present
    common.num_missing = above - levels[0].present
    common.tot_num_values = levels[-1].total
    if levels[0].present:
        common.min_num_values, common.max_num_values = feature.values_per_row
        common.avg_num_values = levels[-1].total / levels[0].present
        common.num_values_histogram.CopyFrom(
            h.lengths_histogram(feature.lengths, options.num_values_histogram_buckets)
        )
    if feature.weighted:
        _fill_weighted(common, levels, above_weight)
    return common


def _fill_weighted(common: Any, levels: list[Presence], above: float) -> None:
    if len(levels) > 1:
        for outer, level in zip(
            [above, *(one.total_weight for one in levels)], levels, strict=False
        ):
            nested = common.weighted_presence_and_valency_stats.add(
                num_missing=outer - level.present_weight,
                num_non_missing=level.present_weight,
                tot_num_values=level.total_weight,
            )
            if level.present_weight > 0:
                nested.avg_num_values = level.total_weight / level.present_weight
    weighted = common.weighted_common_stats
    weighted.num_non_missing = levels[0].present_weight
    weighted.num_missing = above - levels[0].present_weight
    weighted.tot_num_values = levels[-1].total_weight
    if levels[0].present_weight:
        weighted.avg_num_values = levels[-1].total_weight / levels[0].present_weight


def _fill_bytes(message: Any, texts: TextStatistics | None, values: int) -> None:
    if texts is None or not values:
        return
    message.avg_num_bytes = texts.bytes / values
    message.min_num_bytes = texts.shortest or 0
    message.max_num_bytes = message.max_num_bytes_int = texts.longest


def _fill_strings(
    message: Any, feature: FeatureStatistics, values: int, options: StatsOptions
) -> None:
    texts = feature.texts
    if texts is None:
        return
    if values:
        message.avg_length = texts.bytes / values
    message.invalid_utf8_count = texts.invalid
    message.unique = texts.counts.unique
    _fill_ranks(message, texts, options, by_weight=False)
    if feature.weighted:
        _fill_ranks(message.weighted_string_stats, texts, options, by_weight=True)


def _fill_ranks(
    message: Any, texts: TextStatistics, options: StatsOptions, by_weight: bool
) -> None:
    least = options.weighted_frequency_threshold if by_weight else options.frequency_threshold
    most = max(options.num_rank_histogram_buckets, options.num_top_values)
    for rank, (value, count) in enumerate(texts.ranked(most, by_weight)):
        if count < least:
            break
        if rank < options.num_top_values:
            message.top_values.add(value=value, frequency=count)
        if rank < options.num_rank_histogram_buckets:
            message.rank_histogram.buckets.add(
                low_rank=rank, high_rank=rank, label=value, sample_count=count
            )


def _fill_numbers(message: Any, numbers: NumberStatistics, options: StatsOptions) -> None:
    from tidefall.proto import metadata

    if not numbers.moments.weight:
        # Only NaN: nothing is known but how many.
        for kind in (metadata.Histogram.STANDARD, metadata.Histogram.QUANTILES):
            if numbers.nans:
                message.histograms.add(type=kind, num_nan=numbers.nans)
        return
    message.mean = numbers.moments.mean
    message.std_dev = numbers.moments.standard_deviation
    message.num_zeros = numbers.zeros
    message.min, message.max = numbers.low, numbers.high
    _fill_histograms(message, numbers, numbers.quantiles, numbers.infinite, options)
    if numbers.weighted_moments is not None:
        weighted = message.weighted_numeric_stats
        weighted.mean = numbers.weighted_moments.mean
        weighted.std_dev = numbers.weighted_moments.standard_deviation
        quantiles = numbers.weighted_quantiles
        if quantiles is None or quantiles.weight:
            _fill_histograms(weighted, numbers, quantiles, numbers.infinite_weight, options)


def _fill_histograms(
    message: Any, numbers: NumberStatistics, quantiles: Any, infinite: float, options: StatsOptions
) -> None:
    if quantiles is None:
        message.median = float("nan")
        return
    fine = quantiles.quantiles(h.FINE * options.num_quantiles_histogram_buckets)
    message.median = h.median(fine[0])
    standard = h.standard_histogram(
        *fine, numbers.finite_low, numbers.finite_high, options.num_histogram_buckets, infinite
    )
    for histogram in (standard, h.quantiles_histogram(*h.coarse(*fine))):
        histogram.num_nan = numbers.nans
        message.histograms.append(histogram)


def _add_nested_lengths(message: Any, levels: list[Presence], options: StatsOptions) -> None:
    buckets = options.num_values_histogram_buckets
    for number, level in enumerate(levels[1:], 2):
        if not level.present:
            continue
        fine = level.lengths.quantiles(buckets)
        name = f"level_{number}_value_list_length"
        message.custom_stats.add(name=f"{name}_quantiles", histogram=h.quantiles_histogram(*fine))
        standard = h.standard_histogram(*fine, level.low or 0, level.high, buckets, 0)
        message.custom_stats.add(name=f"{name}_standard", histogram=standard)


def _add_meanings(
    message: Any, feature: FeatureStatistics, kind: str, options: StatsOptions
) -> None:
    semantic = feature.semantic
    if semantic is None:
        return
    if options.enable_semantic_domain_stats:
        domain, evidence = semantic.domain(kind)
        if domain:
            message.custom_stats.add(name="domain_info", str=domain)
        for name, value in evidence.items():
            message.custom_stats.add(name=name, num=value)
    if kind == "BYTES" or (semantic.values and semantic.formats[""] < semantic.values / 5):
        histogram = message.custom_stats.add(name="image_format_histogram").rank_histogram
        for name, count in sorted(semantic.formats.items()):
            histogram.buckets.add(label=name or "UNKNOWN", sample_count=count)
    if semantic.language is not None:
        packed = message.custom_stats.add(name="nl_statistics")
        packed.any.Pack(_language(semantic.language, options))


def _language(language: LanguageStatistics, options: StatsOptions) -> Any:
    from tidefall.proto import metadata

    result = metadata.NaturalLanguageStatistics()
    if language.tokens:
        result.feature_coverage = language.known / language.tokens
    result.avg_token_length = language.token_moments.mean
    buckets = options.num_quantiles_histogram_buckets
    if language.known:
        lengths = language.token_lengths.quantiles(buckets)
        result.token_length_histogram.CopyFrom(h.quantiles_histogram(*lengths))
    if language.sequences:
        result.min_sequence_length = int(language.lengths.low)
        result.max_sequence_length = int(language.lengths.high)
        lengths = language.lengths.quantiles(buckets)
        result.sequence_length_histogram.CopyFrom(h.quantiles_histogram(*lengths))
    ranked = sorted(language.occurrences.items(), key=lambda pair: (-pair[1], pair[0]))
    for rank, (token, count) in enumerate(ranked[: options.num_rank_histogram_buckets]):
        result.rank_histogram.buckets.add(
            low_rank=rank, high_rank=rank, label=token, sample_count=count
        )
    for token, (count, sequences, low, high) in language.watched.items():
        told = result.token_statistics.add()
        if isinstance(token, str):
            told.string_token = token
        else:
            told.int_token = token
        if sequences:
            told.frequency = count
            told.fraction_of_sequences = sequences / language.sequences
            told.per_sequence_min_frequency, told.per_sequence_max_frequency = low, high
            told.per_sequence_avg_frequency = count / sequences
    return result
