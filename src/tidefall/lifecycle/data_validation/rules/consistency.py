"""Rules that a schema's feature must keep by itself, whatever the data are."""

from __future__ import annotations

from typing import Any

from tidefall.lifecycle.data_validation.rules.reasons import Reason
from tidefall.lifecycle.data_validation.rules.tree import SchemaTree, deprecate, is_deprecated

_TYPES = {
    "domain": ("BYTES",),
    "bool_domain": ("INT", "BYTES", "FLOAT"),
    "int_domain": ("INT", "BYTES"),
    "float_domain": ("FLOAT", "BYTES"),
    "string_domain": ("BYTES",),
    "struct_domain": ("STRUCT",),
    "natural_language_domain": ("BYTES", "INT"),
    "image_domain": ("BYTES",),
    "mid_domain": ("BYTES",),
    "url_domain": ("BYTES",),
    "time_domain": ("INT", "BYTES"),
}
"""The types that go with each domain; any type with others."""
_UNCHECKED = ("audio_domain", "video_domain", "content_chunk_domain", "time_of_day_domain")
_BAD_SCHEMA, _BAD_DOMAIN = "INVALID_SCHEMA_SPECIFICATION", "INVALID_DOMAIN_SPECIFICATION"


def check_feature(tree: SchemaTree, feature: Any) -> list[Reason]:
    """What contradicts itself in a feature; it is mended."""
    if is_deprecated(feature):
        return []
    if not feature.HasField("name"):
        deprecate(feature)
        return [
            Reason(
                "FEATURE_MISSING_NAME",
                "unspecified name (maybe meant to be the empty string): find name rather than "
                "deprecating.",
            )
        ]
    reasons = _check_type(feature)
    if is_deprecated(feature):
        return reasons
    reasons += _check_presence(feature)
    reasons += _check_counts(feature)
    if any(dim.size <= 0 for dim in feature.shape.dim):
        feature.ClearField("shape")
        reasons.append(Reason(_BAD_SCHEMA, "Shape.dim.size must be a positive integer"))
    return reasons + _check_domain(tree, feature)


def _check_type(feature: Any) -> list[Reason]:
    from tidefall.proto.metadata import FeatureType

    if feature.HasField("type"):
        return []
    if feature.WhichOneof("domain_info") in ("domain", "string_domain"):
        feature.type = FeatureType.BYTES
        return [
            Reason(
                "FEATURE_MISSING_TYPE",
                "unspecified type: inferring the type to be BYTES, given the domain specified.",
            )
        ]
    deprecate(feature)
    return [
        Reason(
            "FEATURE_MISSING_TYPE",
            "unspecified type: determine the type and set it, rather than deprecating.",
        )
    ]


def _check_presence(feature: Any) -> list[Reason]:
    fraction = feature.presence.min_fraction
    if fraction < 0:
        feature.presence.ClearField("min_fraction")
        return [Reason(_BAD_SCHEMA, "min_fraction should not be negative: clear is equal to zero")]
    if fraction > 1:
        feature.presence.min_fraction = 1.0
        return [Reason(_BAD_SCHEMA, "min_fraction should not greater than 1")]
    return []


def _check_counts(feature: Any) -> list[Reason]:
    reasons = []
    if feature.value_count.min < 0:
        feature.value_count.ClearField("min")
        reasons.append(Reason(_BAD_SCHEMA, "ValueCount.min should not be negative"))
    if _is_reversed(feature.value_count):
        feature.value_count.max = feature.value_count.min
        reasons.append(Reason(_BAD_SCHEMA, "ValueCount.max should not be less than min"))
    for level, count in enumerate(feature.value_counts.value_count):
        if count.min < 0:
            count.ClearField("min")
            reasons.append(
                Reason(
                    _BAD_SCHEMA,
                    "ValueCounts.min should not be negative",
                    f"ValueCounts.min at level {level} should not be negative.",
                )
            )
        if _is_reversed(count):
            count.max = count.min
            reasons.append(
                Reason(
                    _BAD_SCHEMA,
                    "ValueCounts.max should not be less than min",
                    f"ValueCounts.max at level {level} should not be less than min.",
                )
            )
    return reasons


def _is_reversed(count: Any) -> bool:
    return count.HasField("max") and count.max < count.min


def _check_domain(tree: SchemaTree, feature: Any) -> list[Reason]:
    from tidefall.proto.metadata import FeatureType

    reasons = []
    domain = feature.WhichOneof("domain_info")
    kind = FeatureType.Name(feature.type)
    if domain in _TYPES and kind not in _TYPES[domain]:
        reasons.append(
            Reason(
                "DOMAIN_INVALID_FOR_TYPE",
                "The domain does not match the type",
                f'The domain "{domain}" does not match the type: {kind}',
            )
        )
        feature.ClearField(domain)
        domain = None
    if domain in _UNCHECKED:
        feature.ClearField(domain)
        return [*reasons, Reason(_BAD_DOMAIN, "internal issue: unknown domain_info type")]
    if domain == "domain":
        if tree.string_domain(feature.domain) is None:
            name = feature.domain
            feature.ClearField("domain")
            reasons.append(Reason(_BAD_DOMAIN, f"missing domain: {name}"))
    elif domain == "string_domain":
        _drop_repeated(feature.string_domain)
    elif feature.HasField("distribution_constraints"):
        feature.ClearField("distribution_constraints")
        reasons.append(Reason(_BAD_SCHEMA, _no_distribution(domain)))
    if domain == "bool_domain":
        truth = feature.bool_domain
        both = truth.HasField("true_value") and truth.HasField("false_value")
        if both and truth.true_value == truth.false_value:
            truth.ClearField("false_value")
    return reasons


def _no_distribution(domain: str | None) -> str:
    if domain is None:
        return "distribution constraints require domain or string domain."
    plain = {"bool_domain": "bool", "int_domain": "int", "float_domain": "float"}
    plain["struct_domain"] = "struct"
    return f"distribution constraints not supported for {plain.get(domain, 'semantic')} domains."


def _drop_repeated(domain: Any) -> None:
    once = list(dict.fromkeys(domain.value))
    if len(once) < len(domain.value):
        del domain.value[:]
        domain.value.extend(once)
