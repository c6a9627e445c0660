"""Rules of what values mean: images, natural language; and domains that statistics found."""

from __future__ import annotations

from typing import Any

from tidefall.lifecycle.data_validation.rules.reasons import Reason, short_number, to_float32
from tidefall.lifecycle.data_validation.rules.views import FeatureView


def take_found_domain(view: FeatureView, feature: Any) -> bool:
    """Give a feature without a domain the one that its statistics found; whether there was one."""
    from google.protobuf import text_format

    from tidefall.proto import metadata
    from tidefall.proto.registry import pool

    found = [stat.str for stat in view.message.custom_stats if stat.name == "domain_info"]
    if len(found) != 1 or not found[0] or feature.WhichOneof("domain_info") is not None:
        return False
    try:
        said = text_format.Parse(found[0], metadata.Feature(), descriptor_pool=pool())
    except text_format.ParseError:
        return False
    fields = [field for field, _ in said.ListFields()]
    oneof = fields[0].containing_oneof if len(fields) == 1 else None
    if oneof is None or oneof.name != "domain_info":
        return False
    feature.MergeFrom(said)
    return True


# --- images ---------------------------------------------------------------------------------------


def check_images(view: FeatureView, feature: Any) -> list[Reason]:
    """Whether enough values are images, and none is too large."""
    reasons, domain = [], feature.image_domain
    formats = view.custom("image_format_histogram")
    if domain.HasField("minimum_supported_image_fraction") and formats is not None:
        counts = {b.label: b.sample_count for b in formats.rank_histogram.buckets}
        total = sum(counts.values())
        known = to_float32((total - counts.get("UNKNOWN", 0.0)) / total) if total else 1.0
        demanded = domain.minimum_supported_image_fraction
        if known < demanded:
            domain.minimum_supported_image_fraction = known
            reasons.append(
                Reason(
                    "LOW_SUPPORTED_IMAGE_FRACTION",
                    "Low supported image fraction",
                    f"Fraction of values containing TensorFlow supported images: {known:f} is "
                    f"lower than the threshold set in the Schema: {demanded:f}.",
                )
            )
    if domain.HasField("max_image_byte_size"):
        largest, allowed = view.message.bytes_stats.max_num_bytes_int, domain.max_image_byte_size
        if largest > allowed:
            domain.max_image_byte_size = largest
            reasons.append(
                Reason(
                    "MAX_IMAGE_BYTE_SIZE_EXCEEDED",
                    "Num bytes exceeds the max byte size.",
                    f"The largest image has bytes: {largest}. The max allowed byte size is: "
                    f"{allowed}.",
                )
            )
    return reasons


# --- natural language -----------------------------------------------------------------------------

_NO_STATISTICS = Reason(
    "STATS_NOT_AVAILABLE",
    "Natural language stats are not computed.",
    "Constraints specified in natural language domain cannot be verified because natural language "
    "stats have not been computed.",
)


def check_language(view: FeatureView, feature: Any) -> list[Reason]:
    """Whether tokens are known, long enough, and as frequent as they should be."""
    from tidefall.proto import metadata

    domain, coverage = feature.natural_language_domain, feature.natural_language_domain.coverage
    statistics = metadata.NaturalLanguageStatistics()
    found = view.custom("nl_statistics")
    if found is not None and not found.any.Unpack(statistics):
        return []
    demands = (
        coverage.HasField("min_coverage")
        or coverage.HasField("min_avg_token_length")
        or len(domain.token_constraints)
    )
    if demands and found is None:
        feature.ClearField("natural_language_domain")
        return [_NO_STATISTICS]
    reasons = _check_coverage(statistics, coverage)
    told = {getattr(t, t.WhichOneof("token")): t for t in statistics.token_statistics}
    for constraint in domain.token_constraints:
        which = constraint.WhichOneof("value")
        if which is None:
            continue
        token = getattr(constraint, which)
        if token not in told:
            feature.ClearField("natural_language_domain")
            return [*reasons, _NO_STATISTICS]
        reasons += _check_token(told[token], str(token), constraint)
    return reasons


def _check_coverage(statistics: Any, coverage: Any) -> list[Reason]:
    reasons = []
    share, least = statistics.feature_coverage, coverage.min_coverage
    if coverage.HasField("min_coverage") and least > share:
        reasons.append(
            Reason(
                "FEATURE_COVERAGE_TOO_LOW",
                "Feature coverage is too low.",
                f"Fraction of tokens in the vocabulary: {short_number(share)} is lower than the "
                f"threshold set in the Schema: {short_number(least)}.",
            )
        )
        coverage.min_coverage = share
    length, least = statistics.avg_token_length, coverage.min_avg_token_length
    if coverage.HasField("min_avg_token_length") and length < least:
        reasons.append(
            Reason(
                "FEATURE_COVERAGE_TOO_SHORT_AVG_TOKEN_LENGTH",
                "Average token length is too short.",
                f"Average token length is: {short_number(length)} which is lower than the "
                f"threshold set in the Schema: {short_number(least)}.",
            )
        )
        coverage.min_avg_token_length = length
    return reasons


def _check_token(told: Any, token: str, constraint: Any) -> list[Reason]:
    reasons = []
    share = told.fraction_of_sequences
    for field, wrong, kind, size, side in (
        ("min_fraction_of_sequences", share < constraint.min_fraction_of_sequences,
         "SEQUENCE_VALUE_TOO_SMALL_FRACTION", "small", "lower"),
        ("max_fraction_of_sequences", share > constraint.max_fraction_of_sequences,
         "SEQUENCE_VALUE_TOO_LARGE_FRACTION", "large", "higher"),
    ):  # fmt: skip
        if constraint.HasField(field) and wrong:
            reasons.append(
                Reason(
                    kind,
                    f"Value occurs in too {size} a fraction of sequences.",
                    f"Fraction of sequences with value: {token} is: {short_number(share)} which is "
                    f"{side} than the threshold set in the Schema: "
                    f"{short_number(getattr(constraint, field))}.",
                )
            )
            setattr(constraint, field, share)
    for field, told_field, sign, kind, amount, side in (
        ("min_per_sequence", "per_sequence_min_frequency", -1,
         "SEQUENCE_VALUE_TOO_FEW_OCCURRENCES", ("few", "least"), "lower"),
        ("max_per_sequence", "per_sequence_max_frequency", 1,
         "SEQUENCE_VALUE_TOO_MANY_OCCURRENCES", ("many", "most"), "higher"),
    ):  # fmt: skip
        count, demanded = getattr(told, told_field), getattr(constraint, field)
        if constraint.HasField(field) and sign * (count - demanded) > 0:
            reasons.append(
                Reason(
                    kind,
                    f"Value has too {amount[0]} per-sequence occurrences.",
                    f"Value: {token} occurs at {amount[1]}: {short_number(count)} times within a "
                    f"sequence, which is {side} than the threshold set in the Schema: {demanded}.",
                )
            )
            setattr(constraint, field, int(count))
    return reasons
